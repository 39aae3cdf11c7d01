// A target that does what the test says, and writes down what the session asks of it.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "session/target.h"

namespace cotrace::session::test {

inline ThreadRef ref(int pid, int tid) {
  return {Pid{pid}, Tid{tid}};
}

inline std::string text(ThreadRef thread) {
  return fmt::format("{}.{}", thread.pid.value, thread.tid.value);
}

inline std::string text(const ThreadPattern& who) {
  return fmt::format("{}.{}", who.pid ? std::to_string(who.pid->value) : "*",
                     who.tid ? std::to_string(who.tid->value) : "*");
}

inline std::string text(const ThreadAction& action) {
  std::string what;
  if (const auto* c = std::get_if<act::Continue>(&action.what)) what = fmt::format("c{}", c->signal);
  if (const auto* s = std::get_if<act::Step>(&action.what)) what = fmt::format("s{}", s->signal);
  if (const auto* r = std::get_if<act::RangeStep>(&action.what)) {
    what = fmt::format("r{:x},{:x}", r->start.value, r->end.value);
  }
  if (std::holds_alternative<act::Stop>(action.what)) what = "t";
  return text(action.who) + ":" + what;
}

inline std::vector<std::byte> bytes_of(std::string_view chars) {
  const auto bytes = std::as_bytes(std::span(chars));
  return {bytes.begin(), bytes.end()};
}

using Calls = std::vector<std::string>;

struct FakeProcesses final : Processes {
  explicit FakeProcesses(Calls& log) : calls(log) {}
  void launch(const LaunchRequest& request, Done done) override {
    std::string words;
    for (const auto& word : request.arguments) words += " [" + word + "]";
    calls.push_back("launch" + words);
    pending_start = std::move(done);
    if (answer_start) std::exchange(pending_start, {})(*answer_start);
  }
  void attach(Pid pid, bool hold, Done done) override {
    calls.push_back(fmt::format("attach {} {}", pid.value, hold ? "hold" : "run"));
    pending_start = std::move(done);
    if (answer_start) std::exchange(pending_start, {})(*answer_start);
  }
  void attach_by_name(const std::string& program, Which which, bool hold, Done done) override {
    const char* when = which == Which::running ? "running" : which == Which::next ? "next" : "or next";
    calls.push_back(fmt::format("attach [{}] {} {}", program, when, hold ? "hold" : "run"));
    pending_start = std::move(done);
    if (answer_start) std::exchange(pending_start, {})(*answer_start);
  }
  void kill(Pid pid, std::move_only_function<void(Result<>)> done) override {
    calls.push_back(fmt::format("kill {}", pid.value));
    end(pid, std::move(done));
  }
  void detach(Pid pid, std::move_only_function<void(Result<>)> done) override {
    calls.push_back(fmt::format("detach {}", pid.value));
    end(pid, std::move(done));
  }
  std::vector<Pid> list() override { return pids; }
  bool was_attached(Pid pid) override { return pid == Pid{2}; }
  [[nodiscard]] bool any_dying() const override { return dying; }
  void set_environment(std::string name, std::optional<std::string> value) override {
    calls.push_back("env " + name + (value ? "=" + *value : " unset"));
  }
  void reset_environment() override { calls.push_back("env reset"); }
  void set_working_directory(std::string directory) override { calls.push_back("cwd " + directory); }
  [[nodiscard]] std::string working_directory() const override { return "/cwd"; }
  void set_stream(int descriptor, std::string path) override {
    calls.push_back(fmt::format("stream {} [{}]", descriptor, path));
  }
  void set_startup_with_shell(bool on) override { calls.push_back(on ? "shell on" : "shell off"); }
  void set_disable_randomization(bool on) override { calls.push_back(on ? "aslr off" : "aslr on"); }

  void end(Pid pid, std::move_only_function<void(Result<>)> done) {
    if (std::ranges::find(pids, pid) == pids.end()) {
      return done(fail(Errc::no_such_process, fmt::format("No process {}.", pid.value)));
    }
    std::erase(pids, pid);
    if (on_end) on_end(pid);
    if (delay_end) {
      pending_end.push_back(std::move(done));
    } else {
      done({});
    }
  }

  Calls& calls;
  std::vector<Pid> pids;
  bool dying{false};
  std::optional<Result<ThreadRef>> answer_start;  // at once; nothing: the test calls pending_start
  Done pending_start;
  bool delay_end{false};
  std::vector<std::move_only_function<void(Result<>)>> pending_end;
  std::function<void(Pid)> on_end;
};

struct FakePoints final : Points {
  explicit FakePoints(Calls& log) : calls(log) {}
  [[nodiscard]] bool supports(PointType type) const override { return types.contains(type); }
  Result<> insert(ThreadRef thread, PointRequest request) override {
    if (error) return std::unexpected(*error);
    calls.push_back(fmt::format("insert {} {} {:x} {} cond={} cmds={}{}", text(thread),
                                static_cast<int>(request.type), request.address.value, request.kind,
                                request.conditions.size(), request.commands.size(),
                                request.persist ? " persist" : ""));
    last = std::move(request);
    return {};
  }
  Result<> remove(ThreadRef thread, PointType type, Addr address, std::uint64_t kind) override {
    if (error) return std::unexpected(*error);
    calls.push_back(
        fmt::format("remove {} {} {:x} {}", text(thread), static_cast<int>(type), address.value, kind));
    return {};
  }
  Calls& calls;
  std::set<PointType> types{PointType::software, PointType::hardware, PointType::write_watch,
                            PointType::access_watch};
  PointRequest last{};
  std::optional<Error> error;
};

struct FakeSyscalls final : SyscallCatching {
  explicit FakeSyscalls(Calls& log) : calls(log) {}
  Result<> catch_syscalls(Pid pid, std::optional<std::vector<std::uint64_t>> numbers) override {
    calls.push_back(fmt::format("catch {} {}", pid.value,
                                numbers ? fmt::format("[{}]", fmt::join(*numbers, ",")) : "off"));
    return {};
  }
  Calls& calls;
};

struct FakeEvents final : EventOptions {
  explicit FakeEvents(Calls& log) : calls(log) {}
  void want(const Events& e) override {
    calls.push_back(fmt::format("want{}{}{}{}{}", e.fork ? " fork" : "", e.vfork ? " vfork" : "",
                                e.exec ? " exec" : "", e.swbreak ? " swbreak" : "",
                                e.no_resumed ? " no_resumed" : "") +
                    (e.pc_at_break ? " pc_at_break" : ""));
  }
  void pass_signals(std::vector<int> numbers) override {
    calls.push_back(fmt::format("pass {}", fmt::join(numbers, ",")));
  }
  void program_signals(std::vector<int> numbers) override {
    calls.push_back(fmt::format("program {}", fmt::join(numbers, ",")));
  }
  void thread_events(bool on) override { calls.push_back(on ? "events on" : "events off"); }
  void thread_options(ThreadPattern who, unsigned options) override {
    calls.push_back(fmt::format("options {} {}", text(who), options));
  }
  Calls& calls;
};

struct FakeFacts final : ProgramFacts {
  Result<std::vector<std::byte>> auxv(Pid pid) override {
    if (!auxv_of.contains(pid)) return fail(Errc::unsupported, "No vector.");
    return bytes_of(auxv_of[pid]);
  }
  Result<std::string> exec_file(Pid pid) override {
    if (!exec_of.contains(pid)) return fail(Errc::no_such_process, "No such process.");
    return exec_of[pid];
  }
  Result<std::string> libraries_svr4(Pid pid, std::string_view annex) override {
    return fmt::format("<libraries pid=\"{}\" annex=\"{}\"/>", pid.value, annex);
  }
  Result<std::string> osdata(std::string_view type) override {
    if (type == "bad") return fail(Errc::not_found, "No such table.");
    return fmt::format("<osdata type=\"{}\"/>", type);
  }
  Result<Offsets> offsets(Pid) override {
    if (!offsets_known) return fail(Errc::unsupported, "Not known.");
    return Offsets{0x1000, 0x2000};
  }
  std::map<Pid, std::string> auxv_of;
  std::map<Pid, std::string> exec_of;
  bool offsets_known{false};
};

struct FakeSignalInfo final : SignalInfo {
  Result<std::vector<std::byte>> read(ThreadRef) override {
    if (error) return std::unexpected(*error);
    return info;
  }
  Result<> write(ThreadRef, std::span<const std::byte> bytes) override {
    info.assign(bytes.begin(), bytes.end());
    return {};
  }
  std::vector<std::byte> info = std::vector<std::byte>(16);
  std::optional<Error> error;
};

struct FakeThreadFacts final : ThreadFacts {
  std::string name(ThreadRef thread) override { return names.contains(thread) ? names[thread] : ""; }
  std::optional<int> core(ThreadRef) override { return on_core; }
  std::string extra_info(ThreadRef) override { return extra; }
  std::vector<std::byte> handle(ThreadRef) override { return pthread; }
  std::map<ThreadRef, std::string> names;
  std::optional<int> on_core;
  std::string extra;
  std::vector<std::byte> pthread;
};

struct FakeLocals final : ThreadLocals {
  Result<Addr> tls_address(ThreadRef thread, std::uint64_t offset, Addr link_map) override {
    if (link_map == Addr{0}) return fail(Errc::not_found, "No such module.");
    return link_map + offset + static_cast<std::uint64_t>(thread.tid.value);
  }
};

struct FakeSystem final : SystemFacts {
  Result<Machine> host() override { return machine; }
  Result<Identity> process(Pid pid) override {
    if (pid != Pid{1}) return fail(Errc::no_such_process, "no such process");
    return Identity{.parent = Pid{16}, .uid = 1, .gid = 2, .euid = 3, .egid = 4, .machine = machine};
  }
  // One mapping, from 0x1000 to 0x3000.
  Result<Region> region(Pid, Addr address) override {
    if (address < Addr{0x1000}) return Region{.start = Addr{0}, .end = Addr{0x1000}};
    if (address >= Addr{0x3000}) return fail(Errc::unsupported, "unknown");
    return Region{.start = Addr{0x1000},
                  .end = Addr{0x3000},
                  .mapped = true,
                  .read = true,
                  .write = false,
                  .execute = true,
                  .name = "/a"};
  }
  Machine machine{.triple = "x", .system = "linux", .pointer_size = 8, .big_endian = false};
};

struct FakePlatform final : HostPlatform {
  explicit FakePlatform(Calls& log) : calls(log) {}
  std::vector<Pid> processes() override { return {Pid{1}, Pid{2}, Pid{3}, Pid{4}}; }
  // 2 has ended meanwhile; 4 is somebody else's.
  Result<ProcessFacts> facts(Pid pid) override {
    if (pid == Pid{2} || pid > Pid{4}) return fail(Errc::gone, "gone");
    return ProcessFacts{.pid = pid,
                        .parent = Pid{1},
                        .uid = 10,
                        .gid = 11,
                        .euid = 12,
                        .egid = 13,
                        .program = "/bin/p" + std::to_string(pid.value),
                        .arguments = {"a", "", "b"},
                        .machine = {.triple = "x", .system = "linux"},
                        .ours = pid != Pid{4}};
  }
  std::optional<std::string> user_name(std::uint32_t uid) override {
    return uid == 0 ? std::optional<std::string>("root") : std::nullopt;
  }
  std::optional<std::string> group_name(std::uint32_t) override { return "g"; }
  void shell(const ShellRequest& request, ShellDone done) override {
    calls.push_back(fmt::format("shell [{}] in {} {}", request.command, request.directory,
                                request.at_most ? request.at_most->count() : -1));
    pending = std::move(done);
  }
  Result<> make_directory(const std::string& path, std::uint32_t mode) override {
    calls.push_back(fmt::format("mkdir {} {:o}", path, mode));
    if (path == "/there") return std::unexpected(Error{Errc::system, EEXIST, "there"});
    return {};
  }
  Result<> change_mode(const std::string& path, std::uint32_t mode) override {
    calls.push_back(fmt::format("chmod {} {:o}", path, mode));
    return {};
  }
  Result<> symlink(const std::string& target, const std::string& link) override {
    calls.push_back(fmt::format("symlink {} {}", target, link));
    return {};
  }
  std::vector<std::string> complete(const std::string& path, bool only_directories) override {
    return only_directories ? std::vector{path + "d/"} : std::vector{path + "d/", path + "f"};
  }
  Calls& calls;
  ShellDone pending;
};

struct FakeMemory final : ProgramMemory {
  explicit FakeMemory(Calls& log) : calls(log) {}
  void allocate(ThreadRef thread, std::uint64_t size, Rights rights,
                std::move_only_function<void(Result<Addr>)> done) override {
    calls.push_back(fmt::format("allocate {} {:x} {}{}{}", text(thread), size, rights.read ? "r" : "",
                                rights.write ? "w" : "", rights.execute ? "x" : ""));
    if (size > 0x10000) return done(fail(Errc::no_resources, "no memory"));
    done(Addr{0x7000});
  }
  void deallocate(ThreadRef, Addr address, std::move_only_function<void(Result<>)> done) override {
    if (address != Addr{0x7000}) return done(fail(Errc::not_found, "not here"));
    done({});
  }
  Calls& calls;
};

struct FakeConsole final : Console {
  Result<std::string> run(std::string_view command) override {
    if (command == "silent") return "";
    if (command == "long") return std::string(100'000, 'x');
    if (command == "hello") return "world\n";
    return fail(Errc::unsupported, "Unknown monitor command.\n");
  }
};

struct FakeFiles final : HostFiles {
  explicit FakeFiles(Calls& log) : calls(log) {}
  static std::unexpected<Error> no(int number) { return std::unexpected(Error{Errc::system, number, "no"}); }
  Result<> set_filesystem(std::optional<Pid> pid) override {
    if (pid && *pid != Pid{1}) return no(ENOENT);
    calls.push_back(pid ? "setfs 1" : "setfs own");
    return {};
  }
  Result<int> open(const std::string& path, int flags, std::uint32_t mode) override {
    calls.push_back(fmt::format("open {} {:o} {:o}", path, flags, mode));
    if (path != "/file") return no(ENOENT);
    return 5;
  }
  Result<> close(int handle) override {
    if (handle != 5) return no(EBADF);
    return {};
  }
  Result<std::vector<std::byte>> pread(int handle, std::size_t count, std::uint64_t offset) override {
    if (handle != 5) return no(EBADF);
    asked = count;
    if (offset >= content.size()) return std::vector<std::byte>{};
    return bytes_of(std::string_view(content).substr(offset, count));
  }
  Result<std::size_t> pwrite(int handle, std::span<const std::byte> bytes, std::uint64_t offset) override {
    if (handle != 5) return no(EBADF);
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
    std::ranges::transform(bytes, content.begin() + static_cast<std::ptrdiff_t>(offset),
                           [](std::byte b) { return static_cast<char>(b); });
    return bytes.size();
  }
  Result<Stat> fstat(int handle) override {
    if (handle != 5) return no(EBADF);
    Stat s{};
    s.mode = 0100644;
    s.size = content.size();
    return s;
  }
  Result<Stat> stat(const std::string& path) override {
    if (path != "/file") return no(ENAMETOOLONG);
    return fstat(5);
  }
  Result<> unlink(const std::string& path) override {
    calls.push_back("unlink " + path);
    if (path != "/file") return no(EACCES);
    return {};
  }
  Result<std::string> readlink(const std::string& path) override {
    if (path != "/link") return no(EINVAL);
    return "/file";
  }
  Calls& calls;
  std::string content{"0123456789"};
  std::size_t asked{0};
};

// Registers: rax (8 bytes), eflags (4), rip (8): 20 bytes. rip is expedited.
class FakeTarget final : public Target {
 public:
  FakeTarget() {
    process_part.on_end = [this](Pid pid) {
      std::erase_if(threads_, [&](auto& t) { return t.first.pid == pid; });
    };
  }

  // --- for the test ---
  struct Thread {
    bool stopped{true};
    std::array<std::byte, 20> registers{};
  };
  void add(ThreadRef thread, bool is_stopped = true) {
    threads_[thread].stopped = is_stopped;
    if (std::ranges::find(process_part.pids, thread.pid) == process_part.pids.end()) {
      process_part.pids.push_back(thread.pid);
    }
  }
  void lose(ThreadRef thread) { threads_.erase(thread); }
  void lose(Pid pid) {
    std::erase_if(threads_, [&](auto& t) { return t.first.pid == pid; });
    std::erase(process_part.pids, pid);
  }
  void set_stopped(ThreadRef thread, bool on) { threads_.at(thread).stopped = on; }
  Thread& at(ThreadRef thread) { return threads_.at(thread); }
  // A report as the target's event loop gives it.
  void report(ThreadRef thread, StopReason reason) {
    if (const auto found = threads_.find(thread); found != threads_.end()) found->second.stopped = true;
    if (listener_ != nullptr) listener_->on_stop({thread, std::move(reason)});
  }
  void halted() {
    for (auto& [thread, state] : threads_) state.stopped = true;
    if (listener_ != nullptr) listener_->on_halted();
  }
  void console_text(std::string_view chars) {
    if (listener_ != nullptr) listener_->on_console(chars);
  }
  // What was asked since the last time.
  Calls take_calls() { return std::exchange(calls, {}); }

  // --- Target ---
  void set_listener(StopListener* listener) override { listener_ = listener; }
  std::vector<ThreadRef> threads() override {
    std::vector<ThreadRef> all;
    for (const auto& [thread, state] : threads_) all.push_back(thread);
    return all;
  }
  bool alive(ThreadRef thread) override { return threads_.contains(thread); }
  bool stopped(ThreadRef thread) override { return threads_.contains(thread) && threads_.at(thread).stopped; }

  Result<RegisterSet> register_set(ThreadRef thread) override {
    if (!alive(thread)) return fail(Errc::gone, "gone");
    static constexpr std::array<RegisterField, 3> fields{
        RegisterField{"rax", 64, 0}, RegisterField{"eflags", 32, 8}, RegisterField{"rip", 64, 12}};
    static constexpr std::array<int, 1> expedited{2};
    return RegisterSet{target_xml, fields, 20, expedited};
  }
  Result<> read_registers(ThreadRef thread, std::span<std::byte> block, std::vector<bool>& valid) override {
    if (register_error) return std::unexpected(*register_error);
    std::ranges::copy(threads_.at(thread).registers, block.begin());
    for (const int number : unavailable) valid[static_cast<std::size_t>(number)] = false;
    calls.push_back("read all " + text(thread));
    return {};
  }
  Result<> write_registers(ThreadRef thread, std::span<const std::byte> block) override {
    if (register_error) return std::unexpected(*register_error);
    std::ranges::copy(block, threads_.at(thread).registers.begin());
    return {};
  }
  Result<std::vector<std::byte>> read_register(ThreadRef thread, int number) override {
    if (register_error) return std::unexpected(*register_error);
    if (unavailable.contains(number)) return fail(Errc::unsupported, "not available");
    if (!alive(thread)) return fail(Errc::gone, "gone");
    const auto field = register_set(thread)->fields[static_cast<std::size_t>(number)];
    const auto all = std::span(threads_.at(thread).registers).subspan(field.offset, field.bits / 8U);
    ++register_reads;
    return std::vector<std::byte>(all.begin(), all.end());
  }
  Result<> write_register(ThreadRef thread, int number, std::span<const std::byte> value) override {
    if (register_error) return std::unexpected(*register_error);
    const auto field = register_set(thread)->fields[static_cast<std::size_t>(number)];
    std::ranges::copy(value, threads_.at(thread).registers.begin() + field.offset);
    return {};
  }

  // Memory: `memory` begins at 0x1000, nothing else is mapped.
  Result<std::size_t> read_memory(ThreadRef, Addr address, std::span<std::byte> out) override {
    if (address.value < 0x1000 || address.value >= 0x1000 + memory.size())
      return fail(Errc::unmapped, "unmapped");
    const std::size_t offset = address.value - 0x1000;
    const std::size_t count = std::min(out.size(), memory.size() - offset);
    std::memcpy(out.data(), memory.data() + offset, count);
    return count;
  }
  Result<> write_memory(ThreadRef thread, Addr address, std::span<const std::byte> bytes) override {
    if (address.value < 0x1000 || address.value + bytes.size() > 0x1000 + memory.size()) {
      return fail(Errc::unmapped, "unmapped");
    }
    std::memcpy(memory.data() + (address.value - 0x1000), bytes.data(), bytes.size());
    calls.push_back(fmt::format("write {} {:x} {}", text(thread), address.value, bytes.size()));
    return {};
  }

  void resume(std::span<const ThreadAction> actions) override {
    std::string words = "resume";
    for (const auto& action : actions) words += " " + text(action);
    calls.push_back(words);
    for (auto& [thread, state] : threads_) {
      for (const auto& action : actions) {
        if (!action.who.matches(thread)) continue;
        if (!std::holds_alternative<act::Stop>(action.what)) state.stopped = false;
        break;
      }
    }
  }
  void halt() override { calls.push_back("halt"); }
  void begin_non_stop() override { calls.push_back("non-stop"); }
  void interrupt() override { calls.push_back("interrupt"); }
  bool still_true(const StopReport& r) override { return !untrue.contains(r.thread); }
  void withdraw(const StopReport& r) override { calls.push_back("withdraw " + text(r.thread)); }

  Processes* processes() override { return have_processes ? &process_part : nullptr; }
  Points* points() override { return have_parts ? &point_part : nullptr; }
  SyscallCatching* syscalls() override { return have_parts ? &syscall_part : nullptr; }
  HostFiles* files() override { return have_parts ? &file_part : nullptr; }
  ProgramFacts* facts() override { return have_parts ? &fact_part : nullptr; }
  SignalInfo* signal_info() override { return have_parts ? &signal_part : nullptr; }
  ThreadFacts* thread_facts() override { return have_parts ? &thread_part : nullptr; }
  ThreadLocals* thread_locals() override { return have_parts ? &local_part : nullptr; }
  SystemFacts* system_facts() override { return have_parts ? &system_part : nullptr; }
  HostPlatform* platform() override { return have_parts ? &platform_part : nullptr; }
  ProgramMemory* program_memory() override { return have_parts ? &memory_part : nullptr; }
  Console* console() override { return have_parts ? &console_part : nullptr; }
  EventOptions* event_options() override { return have_parts ? &event_part : nullptr; }

  Calls calls;
  std::string memory = std::string(256, 'm');
  std::string target_xml = "<target/>";
  std::set<int> unavailable;
  std::optional<Error> register_error;
  int register_reads{0};
  std::set<ThreadRef> untrue;  // threads whose held-back reports are true no more
  bool have_processes{true};
  bool have_parts{true};
  FakeProcesses process_part{calls};
  FakePoints point_part{calls};
  FakeSyscalls syscall_part{calls};
  FakeFiles file_part{calls};
  FakeFacts fact_part;
  FakeSignalInfo signal_part;
  FakeThreadFacts thread_part;
  FakeLocals local_part;
  FakeSystem system_part;
  FakePlatform platform_part{calls};
  FakeMemory memory_part{calls};
  FakeConsole console_part;
  FakeEvents event_part{calls};

 private:
  std::map<ThreadRef, Thread> threads_;
  StopListener* listener_{nullptr};
};

}  // namespace cotrace::session::test
