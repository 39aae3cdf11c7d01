// What a protocol session debugs, as the session sees it: no ptrace, no sockets.
//
// One required interface and small optional ones; a feature of the protocol is advertised exactly if its
// interface is there (the accessor does not return nullptr). A Target belongs to one Session: it is that
// client's view. All calls are made on one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

namespace cotrace::session {

// A thread of a process; in a target without processes, pid 1.
struct ThreadRef {
  Pid pid;
  Tid tid;
  friend constexpr auto operator<=>(const ThreadRef&, const ThreadRef&) = default;
};

// Which threads: one, all of a process, or all there are.
struct ThreadPattern {
  std::optional<Pid> pid;  // nothing: every process
  std::optional<Tid> tid;  // nothing: every thread of it
  [[nodiscard]] bool matches(ThreadRef t) const { return (!pid || *pid == t.pid) && (!tid || *tid == t.tid); }
};

// Why a thread stands, or what became of a process: what one stop reply tells.
namespace stop {
struct Quiet {};        // stopped because asked to (vCont;t, all-stop's own halt): T00
struct Interrupted {};  // by the client's Ctrl-C: T02
struct Signal {
  int number;
};  // the target's own signal number (Linux's)
struct Step {};
struct SoftwareBreak {};
struct HardwareBreak {};
enum class Access : std::uint8_t { write, read, any };
struct Watch {
  Access access;
  Addr address;
};
struct Fork {
  ThreadRef child;
};
struct Vfork {
  ThreadRef child;
};
struct Clone {
  ThreadRef child;
};  // only where QThreadOptions asked for it
struct VforkDone {};
struct Exec {
  std::string path;
};
struct SyscallEntry {
  std::uint64_t number;
};
struct SyscallReturn {
  std::uint64_t number;
};
struct ThreadCreated {};
struct ThreadExited {
  int code;
};  // no thread stops: w
struct Exited {
  int code;
  bool others_live;
};  // the process is gone: W
struct Killed {
  int signal;
  bool others_live;
};  // X
struct NoResumed {};  // N
}  // namespace stop
using StopReason =
    std::variant<stop::Quiet, stop::Interrupted, stop::Signal, stop::Step, stop::SoftwareBreak,
                 stop::HardwareBreak, stop::Watch, stop::Fork, stop::Vfork, stop::Clone, stop::VforkDone,
                 stop::Exec, stop::SyscallEntry, stop::SyscallReturn, stop::ThreadCreated, stop::ThreadExited,
                 stop::Exited, stop::Killed, stop::NoResumed>;

struct StopReport {
  ThreadRef thread;
  StopReason reason;
};

// What a thread shall do. The leftmost ThreadAction whose pattern matches a thread counts.
namespace act {
struct Continue {
  int signal{0};
};  // target's own number, 0 none
struct Step {
  int signal{0};
};
struct RangeStep {
  Addr start, end;
};  // step until pc leaves [start, end)
struct Stop {};
}  // namespace act
struct ThreadAction {
  ThreadPattern who;
  std::variant<act::Continue, act::Step, act::RangeStep, act::Stop> what;
};

// The session's side of a target: where reports go. Called from the target's event loop, never from within a
// call that the session makes.
class StopListener {
 public:
  virtual ~StopListener() = default;
  // A thread that the client believes running has stopped, or a process is gone. The thread stays stopped (in
  // the client's view) until the session resumes it.
  virtual void on_stop(const StopReport& report) = 0;
  // Everything asked for by halt() stands now.
  virtual void on_halted() = 0;
  // Text of the target for the client's console.
  virtual void on_console(std::string_view text) = 0;
};

// Registers as the protocol numbers them.
struct RegisterField {
  std::string_view name;
  std::uint16_t bits;
  std::uint32_t offset;  // in the g block, bytes
};
struct RegisterSet {
  std::string_view target_xml;
  std::span<const RegisterField> fields;
  std::size_t block_size;
  std::span<const int> expedited;
  // The same registers described for lldb, where it wants more said than gdb does. Empty: nothing more.
  std::string_view lldb_xml{};
};

class Processes;
class Points;
class SyscallCatching;
class HostFiles;
class ProgramFacts;
class SignalInfo;
class ThreadFacts;
class ThreadLocals;
class SystemFacts;
class HostPlatform;
class ProgramMemory;
class Console;
class EventOptions;

class Target {
 public:
  virtual ~Target() = default;
  virtual void set_listener(StopListener* listener) = 0;

  // --- threads: looking stops nobody ---
  // Every thread of this client's view. Children of forks not yet reported to the client are left out.
  virtual std::vector<ThreadRef> threads() = 0;
  virtual bool alive(ThreadRef thread) = 0;
  // Stopped in this client's view.
  virtual bool stopped(ThreadRef thread) = 0;

  // --- registers: of a thread that is stopped ---
  virtual Result<RegisterSet> register_set(ThreadRef thread) = 0;
  // The whole block; `valid[i]` false: register i cannot be had (it goes out as xx).
  virtual Result<> read_registers(ThreadRef thread, std::span<std::byte> block, std::vector<bool>& valid) = 0;
  virtual Result<> write_registers(ThreadRef thread, std::span<const std::byte> block) = 0;
  virtual Result<std::vector<std::byte>> read_register(ThreadRef thread, int number) = 0;
  virtual Result<> write_register(ThreadRef thread, int number, std::span<const std::byte> value) = 0;

  // --- memory of the thread's process; the count may be short, nothing at all is an error ---
  virtual Result<std::size_t> read_memory(ThreadRef thread, Addr address, std::span<std::byte> out) = 0;
  virtual Result<> write_memory(ThreadRef thread, Addr address, std::span<const std::byte> bytes) = 0;

  // --- running ---
  // Applies to threads that are stopped in this client's view (Stop: running ones). A thread with no matching
  // action stays as it is.
  virtual void resume(std::span<const ThreadAction> actions) = 0;
  // Stops every running thread of this view without any report; then on_halted(). Reports that arise
  // meanwhile come through on_stop before on_halted. If all stand already, on_halted comes all the same (not
  // from within the call).
  virtual void halt() = 0;
  // From now on the client is told of each stop by itself. Threads that stand for no other reason than that
  // their process was attached to before the client came run on, but for one of each process: as with
  // gdbserver, and as gdb expects (gdb.server/attach-flag.exp).
  virtual void begin_non_stop() {}
  // The client's Ctrl-C: one thread reports Interrupted, at once if another client holds everything.
  virtual void interrupt() = 0;
  // Is a report that was held back still true? A breakpoint hit whose breakpoint is gone, or whose thread's
  // pc was moved, is not.
  virtual bool still_true(const StopReport& report) = 0;
  // The session drops a report unseen (a step nobody waits for, a hit that will be hit again).
  virtual void withdraw(const StopReport& report) = 0;
  // What a thread that has just been attached to stands with, if it is more than the attach itself; it is
  // told then, and not again.
  virtual std::optional<StopReason> take_standing(ThreadRef /*thread*/) { return std::nullopt; }

  // --- optional parts ---
  virtual Processes* processes() { return nullptr; }
  virtual Points* points() { return nullptr; }
  virtual SyscallCatching* syscalls() { return nullptr; }
  virtual HostFiles* files() { return nullptr; }
  virtual ProgramFacts* facts() { return nullptr; }
  virtual SignalInfo* signal_info() { return nullptr; }
  virtual ThreadFacts* thread_facts() { return nullptr; }
  virtual ThreadLocals* thread_locals() { return nullptr; }
  virtual SystemFacts* system_facts() { return nullptr; }
  virtual HostPlatform* platform() { return nullptr; }
  virtual ProgramMemory* program_memory() { return nullptr; }
  virtual Console* console() { return nullptr; }
  virtual EventOptions* event_options() { return nullptr; }
};

struct LaunchRequest {
  std::vector<std::string> arguments;  // [0] the program; empty: the one launched last
};

// Processes come and go (extended mode).
class Processes {
 public:
  virtual ~Processes() = default;
  using Done = std::move_only_function<void(Result<ThreadRef>)>;
  // Both answer later through `done`: the first thread, stopped at the first instruction or by the attach (in
  // non-stop an attached process keeps running: `hold` false).
  virtual void launch(const LaunchRequest& request, Done done) = 0;
  virtual void attach(Pid pid, bool hold, Done done) = 0;
  // By the file name of the program that it runs: the only process that does (not_found, or invalid if there
  // are several), or the next one to do so.
  enum class Which : std::uint8_t { running, next, running_or_next };
  virtual void attach_by_name(const std::string& program, Which which, bool hold, Done done) = 0;
  // Ended when the function is called. Unreported fork children of it go along.
  virtual void kill(Pid pid, std::move_only_function<void(Result<>)> done) = 0;
  virtual void detach(Pid pid, std::move_only_function<void(Result<>)> done) = 0;
  virtual std::vector<Pid> list() = 0;
  virtual bool was_attached(Pid pid) = 0;  // else launched
  // The end of one of them is on its way and will be reported, whether threads of it are still listed or not.
  [[nodiscard]] virtual bool any_dying() const { return false; }
  // How launch() starts programs from now on.
  virtual void set_environment(std::string name, std::optional<std::string> value) = 0;  // nothing: unset
  virtual void reset_environment() = 0;
  virtual void set_working_directory(std::string directory) = 0;  // empty: the server's own
  [[nodiscard]] virtual std::string working_directory() const = 0;
  // A file that a program has for its standard input or one of the outputs (0, 1, 2); empty: the server's
  // own.
  virtual void set_stream(int descriptor, std::string path) = 0;
  virtual void set_startup_with_shell(bool on) = 0;
  virtual void set_disable_randomization(bool on) = 0;
};

// Bytecode that comes with a breakpoint (gdb manual, "Agent Expressions").
using Bytecode = std::vector<std::byte>;

enum class PointType : std::uint8_t {
  software = 0,
  hardware = 1,
  write_watch = 2,
  read_watch = 3,
  access_watch = 4
};
struct PointRequest {
  PointType type;
  Addr address;
  std::uint64_t kind;                // length for watchpoints
  std::vector<Bytecode> conditions;  // stop if any is true (or if there are none)
  std::vector<Bytecode> commands;    // run instead of stopping
  bool persist{false};
};
class Points {
 public:
  virtual ~Points() = default;
  [[nodiscard]] virtual bool supports(PointType type) const = 0;
  // In the memory of the thread's process. Inserting the same type, address and kind again replaces its
  // conditions and commands. Removing one that is not there is no error.
  virtual Result<> insert(ThreadRef thread, PointRequest request) = 0;
  virtual Result<> remove(ThreadRef thread, PointType type, Addr address, std::uint64_t kind) = 0;
};

class SyscallCatching {
 public:
  virtual ~SyscallCatching() = default;
  // nothing: none; empty list: all.
  virtual Result<> catch_syscalls(Pid pid, std::optional<std::vector<std::uint64_t>> numbers) = 0;
};

// Signals and events that this client cares for.
class EventOptions {
 public:
  virtual ~EventOptions() = default;
  struct Events {
    bool fork{false}, vfork{false}, exec{false};
    bool swbreak{false};      // else pc is left one past a software breakpoint ...
    bool pc_at_break{false};  // ... but not for this kind of client, which does not know the word
    bool no_resumed{false};
  };
  virtual void want(const Events& events) = 0;
  virtual void pass_signals(std::vector<int> numbers) = 0;     // delivered without a stop
  virtual void program_signals(std::vector<int> numbers) = 0;  // may be delivered at detach
  virtual void thread_events(bool on) = 0;
  virtual void thread_options(ThreadPattern who, unsigned options) = 0;  // 1 clone, 2 exit
};

// What qXfer and the small queries tell. Each may fail with unsupported: then it counts as absent for this
// process.
class ProgramFacts {
 public:
  virtual ~ProgramFacts() = default;
  virtual Result<std::vector<std::byte>> auxv(Pid pid) = 0;
  virtual Result<std::string> exec_file(Pid pid) = 0;
  // qXfer:libraries-svr4 document; `annex` as sent ("start=...;prev=..."), empty for all.
  virtual Result<std::string> libraries_svr4(Pid pid, std::string_view annex) = 0;
  virtual Result<std::string> osdata(std::string_view type) = 0;
  // Text, data, bss offsets of a relocated image.
  struct Offsets {
    std::uint64_t text, data;
  };
  virtual Result<Offsets> offsets(Pid pid) = 0;
};

// What lldb asks beyond all this.
class SystemFacts {
 public:
  virtual ~SystemFacts() = default;
  struct Machine {
    std::string triple;  // LLVM's: x86_64-pc-linux-gnu
    std::string system;  // linux
    unsigned pointer_size{8};
    bool big_endian{false};
  };
  virtual Result<Machine> host() = 0;
  struct Identity {
    Pid parent;
    std::uint32_t uid{0}, gid{0}, euid{0}, egid{0};
    Machine machine;  // what the program was built for
  };
  virtual Result<Identity> process(Pid pid) = 0;
  // The mapping at an address, or the gap between two.
  struct Region {
    Addr start, end;
    bool mapped{false};
    bool read{false}, write{false}, execute{false};
    std::string name{};  // a file, "[stack]"; empty for anonymous memory
  };
  virtual Result<Region> region(Pid pid, Addr address) = 0;
};

// The machine as lldb's "platform" sees it: processes and files that need not be debugged.
class HostPlatform {
 public:
  virtual ~HostPlatform() = default;
  struct ProcessFacts {
    Pid pid, parent;
    std::uint32_t uid{0}, gid{0}, euid{0}, egid{0};
    std::string program;  // the file, or a name where there is none (threads of the kernel)
    std::vector<std::string> arguments;
    SystemFacts::Machine machine;
    bool ours{false};  // of the server's own user, or the server may do everything
  };
  virtual std::vector<Pid> processes() = 0;
  virtual Result<ProcessFacts> facts(Pid pid) = 0;
  virtual std::optional<std::string> user_name(std::uint32_t uid) = 0;
  virtual std::optional<std::string> group_name(std::uint32_t gid) = 0;
  struct ShellRequest {
    std::string command;
    std::string directory;                        // empty: the server's own
    std::optional<std::chrono::seconds> at_most;  // nothing: as long as it takes
  };
  struct ShellOutcome {
    ExitStatus status;
    std::string output;  // both streams
  };
  using ShellDone = std::move_only_function<void(Result<ShellOutcome>)>;
  virtual void shell(const ShellRequest& request, ShellDone done) = 0;
  // Errors carry errno, as those of HostFiles.
  virtual Result<> make_directory(const std::string& path, std::uint32_t mode) = 0;
  virtual Result<> change_mode(const std::string& path, std::uint32_t mode) = 0;
  virtual Result<> symlink(const std::string& target, const std::string& link) = 0;
  // What a path may go on as; directories end in '/'.
  virtual std::vector<std::string> complete(const std::string& path, bool only_directories) = 0;
};

// Memory that a program is given beside its own, for a debugger's code and values.
class ProgramMemory {
 public:
  virtual ~ProgramMemory() = default;
  struct Rights {
    bool read{false}, write{false}, execute{false};
  };
  // Both answer later: the program itself makes the system call, by the thread named or another one that
  // stands. What has not been given back goes when the process is detached from.
  virtual void allocate(ThreadRef thread, std::uint64_t size, Rights rights,
                        std::move_only_function<void(Result<Addr>)> done) = 0;
  virtual void deallocate(ThreadRef thread, Addr address, std::move_only_function<void(Result<>)> done) = 0;
};

class SignalInfo {
 public:
  virtual ~SignalInfo() = default;
  virtual Result<std::vector<std::byte>> read(ThreadRef thread) = 0;  // the kernel's siginfo_t
  virtual Result<> write(ThreadRef thread, std::span<const std::byte> bytes) = 0;
};

class ThreadFacts {
 public:
  virtual ~ThreadFacts() = default;
  virtual std::string name(ThreadRef thread) = 0;  // empty: none
  virtual std::optional<int> core(ThreadRef thread) = 0;
  virtual std::string extra_info(ThreadRef thread) = 0;         // qThreadExtraInfo
  virtual std::vector<std::byte> handle(ThreadRef thread) = 0;  // pthread_t, empty: unknown
};

class ThreadLocals {
 public:
  virtual ~ThreadLocals() = default;
  virtual Result<Addr> tls_address(ThreadRef thread, std::uint64_t offset, Addr link_map) = 0;
};

// monitor commands. Output goes to the client's console. unsupported: the command is unknown.
class Console {
 public:
  virtual ~Console() = default;
  virtual Result<std::string> run(std::string_view command) = 0;
};

// Files as a process sees them (vFile). Errors carry Linux errno in Error::sys_errno.
class HostFiles {
 public:
  virtual ~HostFiles() = default;
  struct Stat {
    std::uint64_t dev, ino;
    std::uint32_t mode, nlink, uid, gid, rdev;
    std::uint64_t size, blksize, blocks;
    std::uint32_t atime, mtime, ctime;
  };
  virtual Result<> set_filesystem(std::optional<Pid> pid) = 0;  // nothing: the server's own
  // `flags` and `mode` as open(2) of Linux; the session translates.
  virtual Result<int> open(const std::string& path, int flags, std::uint32_t mode) = 0;
  virtual Result<> close(int handle) = 0;
  virtual Result<std::vector<std::byte>> pread(int handle, std::size_t count, std::uint64_t offset) = 0;
  virtual Result<std::size_t> pwrite(int handle, std::span<const std::byte> bytes, std::uint64_t offset) = 0;
  virtual Result<Stat> fstat(int handle) = 0;
  virtual Result<Stat> stat(const std::string& path) = 0;
  virtual Result<> unlink(const std::string& path) = 0;
  virtual Result<std::string> readlink(const std::string& path) = 0;
};

}  // namespace cotrace::session
