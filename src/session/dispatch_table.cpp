#include "session/dispatch_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>

#include "session/handlers.h"

namespace cotrace::session {

namespace {

// The parser that belongs to a handler, and the answer to arguments that it does not take.
template <class Command, rsp::Reply (*Handler)(Conversation&, const Command&)>
rsp::Reply parsed(Conversation& talk, std::string_view arguments) {
  const auto command = Command::parse(arguments);
  if (!command) return rsp::reply::Error{};
  return Handler(talk, *command);
}

template <class Command, rsp::Reply (*Handler)(Conversation&, const Command&)>
constexpr Row row(Needs needs = Needs::nothing, Part part = Part::none, std::string_view feature = {},
                  std::string_view disabled = {}) {
  return {Command::name, &parsed<Command, Handler>, needs, part, feature, disabled};
}

// A qXfer object: several names share a parser.
template <class Command, rsp::Reply (*Handler)(Conversation&, const Command&)>
constexpr Row xfer(std::string_view name, Needs needs, Part part, std::string_view feature) {
  return {name, &parsed<Command, Handler>, needs, part, feature, {}};
}

namespace h = handlers;
using enum Needs;

constexpr auto unsorted = std::to_array<Row>({
    // the conversation
    row<rsp::Supported, h::supported>(),
    row<rsp::StartNoAckMode, h::start_no_ack_mode>(nothing, Part::none, "QStartNoAckMode+"),
    row<rsp::ExtendedMode, h::extended_mode>(nothing, Part::processes),
    row<rsp::NonStop, h::non_stop>(nothing, Part::none, "QNonStop+"),
    row<rsp::Symbol, h::symbol>(),
    // events
    row<rsp::PassSignals, h::pass_signals>(nothing, Part::event_options, "QPassSignals+"),
    row<rsp::ProgramSignals, h::program_signals>(nothing, Part::event_options, "QProgramSignals+"),
    row<rsp::CatchSyscalls, h::catch_syscalls>(process, Part::syscalls, "QCatchSyscalls+"),
    row<rsp::ThreadEvents, h::thread_events>(nothing, Part::event_options, "QThreadEvents+"),
    row<rsp::ThreadOptions, h::thread_options>(nothing, Part::event_options, "QThreadOptions=3"),
    // running
    row<rsp::HaltReason, h::halt_reason>(),
    row<rsp::ResumeSupported, h::resume_supported>(nothing, Part::none, "vContSupported+", "vCont"),
    row<rsp::ResumeThreads, h::resume_threads>(nothing, Part::none, "", "vCont"),
    row<rsp::Continue, h::go>(process),
    row<rsp::ContinueWithSignal, h::go_with_signal>(process),
    row<rsp::Step, h::step>(process),
    row<rsp::StepWithSignal, h::step_with_signal>(process),
    row<rsp::InterruptTarget, h::interrupt>(),
    row<rsp::NextStop, h::next_stop>(),
    // threads
    row<rsp::SelectThread, h::select_thread>(),
    row<rsp::ThreadAlive, h::thread_alive>(),
    row<rsp::CurrentThread, h::current_thread>(nothing, Part::none, "", "qC"),
    row<rsp::FirstThreads, h::first_threads>(nothing, Part::none, "", "qfThreadInfo"),
    row<rsp::NextThreads, h::next_threads>(nothing, Part::none, "", "qfThreadInfo"),
    row<rsp::ThreadExtraInfo, h::thread_extra_info>(nothing, Part::thread_facts),
    row<rsp::TlsAddress, h::tls_address>(nothing, Part::thread_locals),
    // registers
    row<rsp::ReadRegisters, h::read_registers>(stopped_thread),
    row<rsp::WriteRegisters, h::write_registers>(stopped_thread),
    row<rsp::ReadRegister, h::read_register>(stopped_thread),
    row<rsp::WriteRegister, h::write_register>(stopped_thread),
    // memory
    row<rsp::ReadMemory, h::read_memory>(process),
    row<rsp::ReadMemoryBinary, h::read_memory_binary>(process, Part::none, "binary-upload+"),
    row<rsp::WriteMemory, h::write_memory>(process),
    row<rsp::WriteMemoryBinary, h::write_memory_binary>(process),
    row<rsp::SearchMemory, h::search_memory>(process),
    row<rsp::MemoryCrc, h::memory_crc>(process),
    // breakpoints
    row<rsp::InsertPoint, h::insert_point>(process, Part::points,
                                           "ConditionalBreakpoints+;BreakpointCommands+"),
    row<rsp::RemovePoint, h::remove_point>(process, Part::points),
    // processes
    row<rsp::Run, h::run>(nothing, Part::processes),
    row<rsp::Attach, h::attach>(nothing, Part::processes),
    row<rsp::Kill, h::kill>(nothing, Part::processes),
    row<rsp::KillAll, h::kill_all>(),
    row<rsp::Detach, h::detach>(),
    row<rsp::Restart, h::restart>(extended, Part::processes),
    row<rsp::Attached, h::attached>(nothing, Part::processes),
    row<rsp::DisableRandomization, h::disable_randomization>(nothing, Part::processes,
                                                             "QDisableRandomization+"),
    row<rsp::StartupWithShell, h::startup_with_shell>(nothing, Part::processes, "QStartupWithShell+"),
    row<rsp::SetEnvironment, h::set_environment>(nothing, Part::processes, "QEnvironmentHexEncoded+"),
    row<rsp::UnsetEnvironment, h::unset_environment>(nothing, Part::processes, "QEnvironmentUnset+"),
    row<rsp::ResetEnvironment, h::reset_environment>(nothing, Part::processes, "QEnvironmentReset+"),
    row<rsp::SetWorkingDirectory, h::set_working_directory>(nothing, Part::processes, "QSetWorkingDir+"),
    // objects
    xfer<rsp::XferRead, h::xfer_features>("qXfer:features:read", nothing, Part::none, "qXfer:features:read+"),
    xfer<rsp::XferRead, h::xfer_threads>("qXfer:threads:read", nothing, Part::none, "qXfer:threads:read+"),
    xfer<rsp::XferRead, h::xfer_auxv>("qXfer:auxv:read", process, Part::facts, "qXfer:auxv:read+"),
    xfer<rsp::XferRead, h::xfer_exec_file>("qXfer:exec-file:read", nothing, Part::facts,
                                           "qXfer:exec-file:read+"),
    xfer<rsp::XferRead, h::xfer_libraries_svr4>("qXfer:libraries-svr4:read", process, Part::facts,
                                                "qXfer:libraries-svr4:read+;augmented-libraries-svr4-read+"),
    xfer<rsp::XferRead, h::xfer_osdata>("qXfer:osdata:read", nothing, Part::facts, "qXfer:osdata:read+"),
    xfer<rsp::XferRead, h::xfer_siginfo>("qXfer:siginfo:read", stopped_thread, Part::signal_info,
                                         "qXfer:siginfo:read+"),
    xfer<rsp::XferWrite, h::xfer_siginfo_write>("qXfer:siginfo:write", stopped_thread, Part::signal_info,
                                                "qXfer:siginfo:write+"),
    // files
    row<rsp::FileSetfs, h::file_setfs>(nothing, Part::files),
    row<rsp::FileOpen, h::file_open>(nothing, Part::files),
    row<rsp::FileClose, h::file_close>(nothing, Part::files),
    row<rsp::FilePread, h::file_pread>(nothing, Part::files),
    row<rsp::FilePwrite, h::file_pwrite>(nothing, Part::files),
    row<rsp::FileFstat, h::file_fstat>(nothing, Part::files),
    row<rsp::FileStatPath, h::file_stat>(nothing, Part::files),
    row<rsp::FileUnlink, h::file_unlink>(nothing, Part::files),
    row<rsp::FileReadlink, h::file_readlink>(nothing, Part::files),
    // lldb's
    row<rsp::ThreadSuffix, h::thread_suffix>(),
    row<rsp::HostInfo, h::host_info>(nothing, Part::system_facts),
    row<rsp::ProcessInfo, h::process_info>(process, Part::system_facts),
    row<rsp::MemoryRegionInfo, h::memory_region>(process, Part::system_facts),
    row<rsp::ThreadStopInfo, h::thread_stop_info>(),
    row<rsp::ListThreads, h::list_threads>(),
    row<rsp::ThreadsInfo, h::threads_info>(process),
    row<rsp::ErrorStrings, h::error_strings>(),
    row<rsp::Echo, h::echo>(nothing, Part::none, "qEcho+"),
    row<rsp::SaveRegisters, h::save_registers>(stopped_thread),
    row<rsp::RestoreRegisters, h::restore_registers>(stopped_thread),
    row<rsp::AllocateMemory, h::allocate_memory>(process, Part::program_memory),
    row<rsp::DeallocateMemory, h::deallocate_memory>(process, Part::program_memory),
    // lldb's way to start and to find programs
    row<rsp::LaunchArguments, h::launch_arguments>(nothing, Part::processes),
    row<rsp::LaunchSuccess, h::launch_success>(nothing, Part::processes),
    row<rsp::LaunchArch, h::launch_arch>(nothing, Part::processes),
    row<rsp::PlainEnvironment, h::plain_environment>(nothing, Part::processes),
    row<rsp::DisableAslr, h::disable_aslr>(nothing, Part::processes),
    row<rsp::DetachOnError, h::detach_on_error>(nothing, Part::processes),
    row<rsp::SetStandardInput, h::set_standard_input>(nothing, Part::processes),
    row<rsp::SetStandardOutput, h::set_standard_output>(nothing, Part::processes),
    row<rsp::SetStandardError, h::set_standard_error>(nothing, Part::processes),
    row<rsp::WorkingDirectory, h::get_working_directory>(nothing, Part::processes),
    row<rsp::AttachName, h::attach_name>(nothing, Part::processes),
    row<rsp::AttachWait, h::attach_wait>(nothing, Part::processes),
    row<rsp::AttachOrWait, h::attach_or_wait>(nothing, Part::processes),
    row<rsp::AttachOrWaitSupported, h::attach_or_wait_supported>(nothing, Part::processes),
    // lldb's platform
    row<rsp::LaunchGdbServer, h::launch_gdb_server>(nothing, Part::platform),
    row<rsp::ProcessInfoOf, h::process_info_of>(nothing, Part::platform),
    row<rsp::FirstProcess, h::first_process>(nothing, Part::platform),
    row<rsp::NextProcess, h::next_process>(nothing, Part::platform),
    row<rsp::UserName, h::user_name>(nothing, Part::platform),
    row<rsp::GroupName, h::group_name>(nothing, Part::platform),
    row<rsp::Shell, h::shell>(nothing, Part::platform),
    row<rsp::MakeDirectory, h::make_directory>(nothing, Part::platform),
    row<rsp::ChangeMode, h::change_mode>(nothing, Part::platform),
    row<rsp::CompletePath, h::complete_path>(nothing, Part::platform),
    row<rsp::FileSize, h::file_size>(nothing, Part::files),
    row<rsp::FileMode, h::file_mode>(nothing, Part::files),
    row<rsp::FileExists, h::file_exists>(nothing, Part::files),
    row<rsp::FileSymlink, h::file_symlink>(nothing, Part::platform),
    // the rest
    row<rsp::MonitorCommand, h::monitor>(nothing, Part::console),
    row<rsp::SectionOffsets, h::section_offsets>(process, Part::facts),
});

// Written by subject above, looked up by name: sorted by the compiler.
constexpr auto table = [] {
  auto rows = unsorted;
  std::ranges::sort(rows, {}, &Row::name);
  return rows;
}();
static_assert(std::ranges::adjacent_find(table, {}, &Row::name) == table.end(), "a packet has two rows");

bool has_part(Target& target, Part part) {
  switch (part) {
    case Part::none:
      return true;
    case Part::processes:
      return target.processes() != nullptr;
    case Part::points:
      return target.points() != nullptr;
    case Part::syscalls:
      return target.syscalls() != nullptr;
    case Part::files:
      return target.files() != nullptr;
    case Part::facts:
      return target.facts() != nullptr;
    case Part::signal_info:
      return target.signal_info() != nullptr;
    case Part::thread_facts:
      return target.thread_facts() != nullptr;
    case Part::thread_locals:
      return target.thread_locals() != nullptr;
    case Part::system_facts:
      return target.system_facts() != nullptr;
    case Part::platform:
      return target.platform() != nullptr;
    case Part::program_memory:
      return target.program_memory() != nullptr;
    case Part::console:
      return target.console() != nullptr;
    case Part::event_options:
      return target.event_options() != nullptr;
  }
  return false;
}

bool disabled(const SessionOptions& options, std::string_view word) {
  if (word.empty() || options.disabled_packets.empty()) return false;
  // "threads" is gdbserver's word for all that has to do with threads, but for the T of stop replies.
  return options.disabled_packets.contains(std::string(word)) || options.disabled_packets.contains("threads");
}

// Features that are no packets. The client's own wish counts for those that change what it is sent.
struct Trait {
  std::string_view text;
  bool (*there)(const Conversation&);
};

bool has_point(const Conversation& talk, PointType type) {
  const Points* points = talk.target.points();
  return points != nullptr && points->supports(type);
}

constexpr auto traits = std::to_array<Trait>({
    {"multiprocess+", [](const Conversation&) { return true; }},
    {"swbreak+", [](const Conversation& t) { return has_point(t, PointType::software); }},
    {"hwbreak+", [](const Conversation& t) { return has_point(t, PointType::hardware); }},
    {"fork-events+", [](const Conversation& t) { return t.features.fork_events; }},
    {"vfork-events+", [](const Conversation& t) { return t.features.vfork_events; }},
    {"exec-events+", [](const Conversation& t) { return t.features.exec_events; }},
    {"no-resumed+", [](const Conversation& t) { return t.features.no_resumed; }},
});

}  // namespace

std::span<const Row> dispatch_table() {
  return table;
}

const Row* find_row(std::string_view name) {
  const auto* found = std::ranges::lower_bound(table, name, {}, &Row::name);
  return found != table.end() && found->name == name ? found : nullptr;
}

bool served(const Conversation& talk, const Row& row) {
  return has_part(talk.target, row.part) && !disabled(talk.options, row.disabled);
}

// A feature is offered exactly where its packet is served, since both are one row.
std::string supported_features(const Conversation& talk) {
  std::string text = fmt::format("PacketSize={:x}", packet_size);
  for (const Row& row : unsorted) {
    if (row.feature.empty() || !served(talk, row)) continue;
    text += ';';
    text += row.feature;
  }
  for (const Trait& trait : traits) {
    if (!trait.there(talk)) continue;
    text += ';';
    text += trait.text;
  }
  return text;
}

}  // namespace cotrace::session
