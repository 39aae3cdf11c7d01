// Every packet that a client can send and that is known here, as one closed type.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <variant>

#include "rsp/command_event.h"
#include "rsp/command_file.h"
#include "rsp/command_launch.h"
#include "rsp/command_lldb.h"
#include "rsp/command_memory.h"
#include "rsp/command_platform.h"
#include "rsp/command_point.h"
#include "rsp/command_process.h"
#include "rsp/command_query.h"
#include "rsp/command_register.h"
#include "rsp/command_resume.h"
#include "rsp/command_session.h"
#include "rsp/command_thread.h"
#include "rsp/packet_name.h"

namespace cotrace::rsp {

using Command =
    std::variant<Supported, StartNoAckMode, ExtendedMode, HaltReason, NonStop, MonitorCommand,           //
                 SelectThread, ThreadAlive, CurrentThread, FirstThreads, NextThreads, ThreadExtraInfo,   //
                 TlsAddress, ThreadEvents, ThreadOptions,                                                //
                 ReadRegisters, WriteRegisters, ReadRegister, WriteRegister,                             //
                 ReadMemory, ReadMemoryBinary, WriteMemory, WriteMemoryBinary, SearchMemory, MemoryCrc,  //
                 Continue, ContinueWithSignal, Step, StepWithSignal, ResumeThreads, ResumeSupported,     //
                 InterruptTarget, NextStop,                                                              //
                 Run, Attach, Kill, KillAll, Detach, Restart, Attached, DisableRandomization,            //
                 StartupWithShell, SetEnvironment, UnsetEnvironment, ResetEnvironment,
                 SetWorkingDirectory,                                                             //
                 InsertPoint, RemovePoint,                                                        //
                 PassSignals, ProgramSignals, CatchSyscalls,                                      //
                 XferRead, XferWrite, SectionOffsets, Symbol,                                     //
                 FileSetfs, FileOpen, FileClose, FilePread, FilePwrite, FileFstat, FileStatPath,  //
                 FileLstatPath, FileUnlink, FileReadlink,                                         //
                 ThreadSuffix, HostInfo, ProcessInfo, MemoryRegionInfo, ThreadStopInfo, ListThreads,
                 ThreadsInfo, ErrorStrings, Echo, SaveRegisters, RestoreRegisters, AllocateMemory,
                 DeallocateMemory,  //
                 LaunchArguments, LaunchSuccess, LaunchArch, PlainEnvironment, DisableAslr, DetachOnError,
                 SetStandardInput, SetStandardOutput, SetStandardError, WorkingDirectory, AttachName,
                 AttachWait, AttachOrWait, AttachOrWaitSupported,  //
                 LaunchGdbServer, ProcessInfoOf, FirstProcess, NextProcess, UserName, GroupName, Shell,
                 MakeDirectory, ChangeMode, CompletePath, FileSize, FileMode, FileExists, FileSymlink>;

// Why a payload is no command.
enum class ParseError : std::uint8_t {
  unknown,    // no such packet: the answer is the empty reply
  malformed,  // a known packet with arguments that make no sense: the answer is an error
};

// A payload with its escapes undone (framing.h). A qXfer of any object parses; which objects there are is the
// session's to know, as is which of the packets are served at all. A table that binds names to handlers needs
// only split_name() and the parse() of each struct.
std::expected<Command, ParseError> parse_command(std::string_view payload);

}  // namespace cotrace::rsp
