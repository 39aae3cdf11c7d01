// One function a packet. Each is called with arguments that parsed, and only if what its row of the dispatch
// table needs is there. None throws; a request that fails has changed nothing.
#pragma once

#include "rsp/command.h"
#include "rsp/reply.h"
#include "session/state.h"

namespace cotrace::session::handlers {

// handlers_session.cpp
// qSupported. What is agreed on here holds for the rest of the conversation.
rsp::Reply supported(Conversation& talk, const rsp::Supported& command);
// Tells the target what has been agreed on.
void want_events(Conversation& talk);
// QStartNoAckMode
rsp::Reply start_no_ack_mode(Conversation& talk, const rsp::StartNoAckMode& command);
// `!`: the server outlives its processes, and the client may start new ones.
rsp::Reply extended_mode(Conversation& talk, const rsp::ExtendedMode& command);
// QNonStop. The threads stay as they are; gdb asks `?` next.
rsp::Reply non_stop(Conversation& talk, const rsp::NonStop& command);
// qSymbol
rsp::Reply symbol(Conversation& talk, const rsp::Symbol& command);

// handlers_events.cpp
// QPassSignals. gdb 13 empties the list before each step over a breakpoint and sets it again after.
rsp::Reply pass_signals(Conversation& talk, const rsp::PassSignals& command);
// QProgramSignals
rsp::Reply program_signals(Conversation& talk, const rsp::ProgramSignals& command);
// QCatchSyscalls, for the process of the selected thread.
rsp::Reply catch_syscalls(Conversation& talk, const rsp::CatchSyscalls& command);
// QThreadEvents
rsp::Reply thread_events(Conversation& talk, const rsp::ThreadEvents& command);
// QThreadOptions. All items are checked before any is applied.
rsp::Reply thread_options(Conversation& talk, const rsp::ThreadOptions& command);

// handlers_resume.cpp
// `?`
rsp::Reply halt_reason(Conversation& talk, const rsp::HaltReason& command);
// vCont?
rsp::Reply resume_supported(Conversation& talk, const rsp::ResumeSupported& command);
// vCont
rsp::Reply resume_threads(Conversation& talk, const rsp::ResumeThreads& command);
// c, with the address to go on from if one is given.
rsp::Reply go(Conversation& talk, const rsp::Continue& command);
// C
rsp::Reply go_with_signal(Conversation& talk, const rsp::ContinueWithSignal& command);
// s
rsp::Reply step(Conversation& talk, const rsp::Step& command);
// S
rsp::Reply step_with_signal(Conversation& talk, const rsp::StepWithSignal& command);
// vCtrlC. The stop that follows is told as any other.
rsp::Reply interrupt(Conversation& talk, const rsp::InterruptTarget& command);
// vStopped
rsp::Reply next_stop(Conversation& talk, const rsp::NextStop& command);

// handlers_threads.cpp
// H. Nothing is selected by an id that names no living thread.
rsp::Reply select_thread(Conversation& talk, const rsp::SelectThread& command);
// T. gdb also asks for threads that died long ago.
rsp::Reply thread_alive(Conversation& talk, const rsp::ThreadAlive& command);
// qC
rsp::Reply current_thread(Conversation& talk, const rsp::CurrentThread& command);
// qfThreadInfo
rsp::Reply first_threads(Conversation& talk, const rsp::FirstThreads& command);
// qsThreadInfo
rsp::Reply next_threads(Conversation& talk, const rsp::NextThreads& command);
// qThreadExtraInfo
rsp::Reply thread_extra_info(Conversation& talk, const rsp::ThreadExtraInfo& command);
// qGetTLSAddr. gdb falls back to nothing: an error is shown to the user.
rsp::Reply tls_address(Conversation& talk, const rsp::TlsAddress& command);
// qXfer:threads:read. gdb drops every thread that is not in it.
rsp::Reply xfer_threads(Conversation& talk, const rsp::XferRead& command);

// handlers_registers.cpp
// g. In the order of the target description.
rsp::Reply read_registers(Conversation& talk, const rsp::ReadRegisters& command);
// G. gdb sends its whole cache where P is not known.
rsp::Reply write_registers(Conversation& talk, const rsp::WriteRegisters& command);
// p
rsp::Reply read_register(Conversation& talk, const rsp::ReadRegister& command);
// P
rsp::Reply write_register(Conversation& talk, const rsp::WriteRegister& command);
// QSaveRegisterState, QRestoreRegisterState
rsp::Reply save_registers(Conversation& talk, const rsp::SaveRegisters& command);
rsp::Reply restore_registers(Conversation& talk, const rsp::RestoreRegisters& command);

// handlers_memory.cpp
// m. May be shorter than asked for.
rsp::Reply read_memory(Conversation& talk, const rsp::ReadMemory& command);
// x
rsp::Reply read_memory_binary(Conversation& talk, const rsp::ReadMemoryBinary& command);
// M
rsp::Reply write_memory(Conversation& talk, const rsp::WriteMemory& command);
// X
rsp::Reply write_memory_binary(Conversation& talk, const rsp::WriteMemoryBinary& command);
// qSearch:memory
rsp::Reply search_memory(Conversation& talk, const rsp::SearchMemory& command);
// qCRC, for compare-sections.
rsp::Reply memory_crc(Conversation& talk, const rsp::MemoryCrc& command);

// handlers_points.cpp
// Z. A second Z of the same place replaces conditions and commands.
rsp::Reply insert_point(Conversation& talk, const rsp::InsertPoint& command);
// z. In the child of a fork too, where the client has set nothing: the copies are the client's.
rsp::Reply remove_point(Conversation& talk, const rsp::RemovePoint& command);

// handlers_process.cpp
// vRun. Answered with the first stop, in either mode.
rsp::Reply run(Conversation& talk, const rsp::Run& command);
// vAttach
rsp::Reply attach(Conversation& talk, const rsp::Attach& command);
// vKill. No W or X follows.
rsp::Reply kill(Conversation& talk, const rsp::Kill& command);
// k. Never answered.
rsp::Reply kill_all(Conversation& talk, const rsp::KillAll& command);
// D. No W or X follows.
rsp::Reply detach(Conversation& talk, const rsp::Detach& command);
// R. Never answered.
rsp::Reply restart(Conversation& talk, const rsp::Restart& command);
// qAttached: gdb detaches at quit from what was attached to, and kills the rest.
rsp::Reply attached(Conversation& talk, const rsp::Attached& command);

// handlers_launch.cpp
// QDisableRandomization
rsp::Reply disable_randomization(Conversation& talk, const rsp::DisableRandomization& command);
// QStartupWithShell
rsp::Reply startup_with_shell(Conversation& talk, const rsp::StartupWithShell& command);
// QEnvironmentHexEncoded
rsp::Reply set_environment(Conversation& talk, const rsp::SetEnvironment& command);
// QEnvironmentUnset
rsp::Reply unset_environment(Conversation& talk, const rsp::UnsetEnvironment& command);
// QEnvironmentReset: as the server itself was started.
rsp::Reply reset_environment(Conversation& talk, const rsp::ResetEnvironment& command);
// QSetWorkingDir; empty: the server's own.
rsp::Reply set_working_directory(Conversation& talk, const rsp::SetWorkingDirectory& command);

// handlers_xfer.cpp
// target.xml. Needs a process, but no selected thread and none that stands.
rsp::Reply xfer_features(Conversation& talk, const rsp::XferRead& command);
// The aux vector. gdb 13 relocates breakpoints of a PIE with it, before the first instruction.
rsp::Reply xfer_auxv(Conversation& talk, const rsp::XferRead& command);
// The siginfo_t with which the thread stands.
rsp::Reply xfer_siginfo(Conversation& talk, const rsp::XferRead& command);
// Alters what will be delivered.
rsp::Reply xfer_siginfo_write(Conversation& talk, const rsp::XferWrite& command);
// The annex is a process id in hexadecimal, or empty.
rsp::Reply xfer_exec_file(Conversation& talk, const rsp::XferRead& command);
// The link map; the annex (start=, prev=) asks for a part of it.
rsp::Reply xfer_libraries_svr4(Conversation& talk, const rsp::XferRead& command);
// The annex is the table wanted; needs no process.
rsp::Reply xfer_osdata(Conversation& talk, const rsp::XferRead& command);

// handlers_file.cpp
// vFile:setfs
rsp::Reply file_setfs(Conversation& talk, const rsp::FileSetfs& command);
// vFile:open
rsp::Reply file_open(Conversation& talk, const rsp::FileOpen& command);
// vFile:close
rsp::Reply file_close(Conversation& talk, const rsp::FileClose& command);
// vFile:pread. Cut to what fits into a packet; gdb asks on.
rsp::Reply file_pread(Conversation& talk, const rsp::FilePread& command);
// vFile:pwrite
rsp::Reply file_pwrite(Conversation& talk, const rsp::FilePwrite& command);
// vFile:fstat
rsp::Reply file_fstat(Conversation& talk, const rsp::FileFstat& command);
// vFile:stat (gdb 16)
rsp::Reply file_stat(Conversation& talk, const rsp::FileStatPath& command);
// vFile:unlink
rsp::Reply file_unlink(Conversation& talk, const rsp::FileUnlink& command);
// vFile:readlink
rsp::Reply file_readlink(Conversation& talk, const rsp::FileReadlink& command);

// handlers_lldb.cpp
// QThreadSuffixSupported. The client is lldb; what it needs else than gdb it gets from here on.
rsp::Reply thread_suffix(Conversation& talk, const rsp::ThreadSuffix& command);
// qHostInfo
rsp::Reply host_info(Conversation& talk, const rsp::HostInfo& command);
// qProcessInfo
rsp::Reply process_info(Conversation& talk, const rsp::ProcessInfo& command);
// qMemoryRegionInfo
rsp::Reply memory_region(Conversation& talk, const rsp::MemoryRegionInfo& command);
// qThreadStopInfo
rsp::Reply thread_stop_info(Conversation& talk, const rsp::ThreadStopInfo& command);

// QListThreadsInStopReply
rsp::Reply list_threads(Conversation& talk, const rsp::ListThreads& command);
// jThreadsInfo
rsp::Reply threads_info(Conversation& talk, const rsp::ThreadsInfo& command);
// QEnableErrorStrings
rsp::Reply error_strings(Conversation& talk, const rsp::ErrorStrings& command);
// qEcho
rsp::Reply echo(Conversation& talk, const rsp::Echo& command);
// _M
rsp::Reply allocate_memory(Conversation& talk, const rsp::AllocateMemory& command);
// _m
rsp::Reply deallocate_memory(Conversation& talk, const rsp::DeallocateMemory& command);

// handlers_lldb_launch.cpp
// A. The answer says only whether it has been tried; qLaunchSuccess says what has become of it.
rsp::Reply launch_arguments(Conversation& talk, const rsp::LaunchArguments& command);
// qLaunchSuccess
rsp::Reply launch_success(Conversation& talk, const rsp::LaunchSuccess& command);
// QLaunchArch
rsp::Reply launch_arch(Conversation& talk, const rsp::LaunchArch& command);
// QEnvironment
rsp::Reply plain_environment(Conversation& talk, const rsp::PlainEnvironment& command);
// QSetDisableASLR
rsp::Reply disable_aslr(Conversation& talk, const rsp::DisableAslr& command);
// QSetDetachOnError
rsp::Reply detach_on_error(Conversation& talk, const rsp::DetachOnError& command);
// QSetSTDIN, QSetSTDOUT, QSetSTDERR
rsp::Reply set_standard_input(Conversation& talk, const rsp::SetStandardInput& command);
rsp::Reply set_standard_output(Conversation& talk, const rsp::SetStandardOutput& command);
rsp::Reply set_standard_error(Conversation& talk, const rsp::SetStandardError& command);
// qGetWorkingDir
rsp::Reply get_working_directory(Conversation& talk, const rsp::WorkingDirectory& command);
// vAttachName, vAttachWait, vAttachOrWait, qVAttachOrWaitSupported
rsp::Reply attach_name(Conversation& talk, const rsp::AttachName& command);
rsp::Reply attach_wait(Conversation& talk, const rsp::AttachWait& command);
rsp::Reply attach_or_wait(Conversation& talk, const rsp::AttachOrWait& command);
rsp::Reply attach_or_wait_supported(Conversation& talk, const rsp::AttachOrWaitSupported& command);

// handlers_platform.cpp
// qLaunchGDBServer. Nothing is launched: the same server takes the next connection.
rsp::Reply launch_gdb_server(Conversation& talk, const rsp::LaunchGdbServer& command);
// qProcessInfoPID
rsp::Reply process_info_of(Conversation& talk, const rsp::ProcessInfoOf& command);
// qfProcessInfo, qsProcessInfo. An error: no (further) process.
rsp::Reply first_process(Conversation& talk, const rsp::FirstProcess& command);
rsp::Reply next_process(Conversation& talk, const rsp::NextProcess& command);
// qUserName, qGroupName
rsp::Reply user_name(Conversation& talk, const rsp::UserName& command);
rsp::Reply group_name(Conversation& talk, const rsp::GroupName& command);
// qPlatform_shell
rsp::Reply shell(Conversation& talk, const rsp::Shell& command);
// qPlatform_mkdir, qPlatform_chmod
rsp::Reply make_directory(Conversation& talk, const rsp::MakeDirectory& command);
rsp::Reply change_mode(Conversation& talk, const rsp::ChangeMode& command);
// qPathComplete
rsp::Reply complete_path(Conversation& talk, const rsp::CompletePath& command);
// vFile:size, vFile:mode, vFile:exists, vFile:symlink
rsp::Reply file_size(Conversation& talk, const rsp::FileSize& command);
rsp::Reply file_mode(Conversation& talk, const rsp::FileMode& command);
rsp::Reply file_exists(Conversation& talk, const rsp::FileExists& command);
rsp::Reply file_symlink(Conversation& talk, const rsp::FileSymlink& command);

// handlers_query.cpp
// qRcmd
rsp::Reply monitor(Conversation& talk, const rsp::MonitorCommand& command);
// qOffsets
rsp::Reply section_offsets(Conversation& talk, const rsp::SectionOffsets& command);

}  // namespace cotrace::session::handlers
