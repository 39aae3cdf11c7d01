#include "unit/native/debugging.h"

#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/proc.h"
#include "native/elf_symbols.h"

namespace cotrace::native {

namespace {

struct Pipe {
  base::Fd read, write;
};

Pipe make_pipe() {
  int ends[2]{-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  return {base::Fd(ends[0]), base::Fd(ends[1])};
}

}  // namespace

std::string program(const std::string& name) {
  return std::string(COTRACE_PROGRAMS) + "/" + name;
}

Debugger::Debugger(trace::Core& core, base::Reactor& reactor, TargetOptions options)
    : target(core, reactor, [&] {
        options.observer = this;
        return std::move(options);
      }()) {
  target.set_listener(this);
  target.event_options()->want(
      {.fork = false, .vfork = false, .exec = false, .swbreak = true, .no_resumed = true});
}

Debugging::Debugging() {
  sigset_t child{};
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &child, nullptr);
  reactor = std::move(*base::Reactor::create());
  core = std::move(*trace::Core::create(*reactor, {.kill_on_exit = true}));
}

Debugging::~Debugging() {
  // The end of the core lets its programs go; those of a test that did not see theirs end would run on.
  for (const auto& [pid, started] : launched_) {
    const auto now = sys::start_time_of(leader_of(pid));
    if (now && *now == started) ::kill(pid.value, SIGKILL);
  }
  core.reset();
  for (const Child& child : children_) {
    ::kill(child.pid.value, SIGKILL);
    ::waitpid(child.pid.value, nullptr, 0);
  }
}

std::unique_ptr<Debugger> Debugging::debugger(TargetOptions options) {
  options.foreground = false;
  return std::make_unique<Debugger>(*core, *reactor, std::move(options));
}

bool Debugging::until(const std::function<bool()>& so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    reactor->run_once(std::chrono::milliseconds(100));
  }
  return true;
}

void Debugging::drain() {
  while (reactor->run_once(std::chrono::milliseconds(30))) {
  }
}

Result<session::ThreadRef> Debugging::try_launch(Debugger& client, std::vector<std::string> arguments) {
  std::optional<Result<session::ThreadRef>> answer;
  client.target.processes()->launch({std::move(arguments)},
                                    [&](Result<session::ThreadRef> result) { answer = std::move(result); });
  if (!until([&] { return answer.has_value(); })) return fail(Errc::system, "no answer to the launch");
  if (answer->has_value()) {
    const Pid pid = (*answer)->pid;
    launched_.emplace_back(pid, sys::start_time_of(leader_of(pid)).value_or(0));
  }
  return *answer;
}

session::ThreadRef Debugging::launch(Debugger& client, std::vector<std::string> arguments) {
  arguments[0] = program(arguments[0]);
  const auto there = try_launch(client, std::move(arguments));
  EXPECT_TRUE(there.has_value()) << there.error().text;
  return there.value_or(session::ThreadRef{});
}

Result<session::ThreadRef> Debugging::try_attach(Debugger& client, Pid pid, bool hold) {
  std::optional<Result<session::ThreadRef>> answer;
  client.target.processes()->attach(pid, hold,
                                    [&](Result<session::ThreadRef> result) { answer = std::move(result); });
  if (!until([&] { return answer.has_value(); })) return fail(Errc::system, "no answer to the attach");
  return *answer;
}

Pid Debugging::start(std::vector<std::string> arguments) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  arguments[0] = program(arguments[0]);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(in.read.get(), 0);
    ::dup2(out.write.get(), 1);
    sigset_t none{};
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  out.write.close();
  char byte = 0;
  while (::read(out.read.get(), &byte, 1) == 1 && byte != '\n') {
  }
  EXPECT_EQ(byte, '\n') << "the program did not get ready";
  children_.push_back({Pid{pid}, std::move(in.write)});
  return Pid{pid};
}

Result<> Debugging::finish(const std::function<void(std::move_only_function<void(Result<>)>)>& begin) {
  std::optional<Result<>> answer;
  begin([&](Result<> result) { answer = std::move(result); });
  if (!until([&] { return answer.has_value(); })) return fail(Errc::system, "no answer");
  return *answer;
}

Result<> Debugging::kill(Debugger& client, Pid pid) {
  return finish([&](auto done) { client.target.processes()->kill(pid, std::move(done)); });
}

Result<> Debugging::detach(Debugger& client, Pid pid) {
  return finish([&](auto done) { client.target.processes()->detach(pid, std::move(done)); });
}

void Debugging::halt(Debugger& client) {
  const int before = client.halted;
  client.target.halt();
  EXPECT_TRUE(until([&] { return client.halted > before; })) << "the halt never ended";
}

session::StopReport Debugging::next_stop(Debugger& client) {
  if (!until([&] { return !client.stops.empty(); })) {
    ADD_FAILURE() << "no stop came";
    return {};
  }
  const auto report = client.stops.front();
  client.stops.pop_front();
  return report;
}

Addr Debugging::symbol(Pid pid, const std::string& name) {
  const auto path = sys::executable_of(leader_of(pid));
  const auto symbols = ElfSymbols::open(path.value_or(""));
  const auto maps = sys::maps_of(leader_of(pid));
  if (!symbols || !maps || !symbols->find(name)) {
    ADD_FAILURE() << "no symbol " << name;
    return {};
  }
  for (const auto& mapping : *maps) {
    if (mapping.path == *path) return mapping.start + (*symbols->find(name) - symbols->first_address());
  }
  ADD_FAILURE() << "the program is not mapped";
  return {};
}

Addr Debugging::breakpoint(Debugger& client, session::ThreadRef thread, const std::string& function) {
  const Addr at = symbol(thread.pid, function);
  const auto set = client.target.points()->insert(
      thread,
      {.type = session::PointType::software, .address = at, .kind = 1, .conditions = {}, .commands = {}});
  EXPECT_TRUE(set.has_value()) << set.error().text;
  return at;
}

std::uint64_t Debugging::pc(Debugger& client, session::ThreadRef thread) {
  constexpr int rip = 16;
  const auto value = client.target.read_register(thread, rip);
  EXPECT_TRUE(value.has_value()) << value.error().text;
  std::uint64_t out = 0;
  if (value) std::memcpy(&out, value->data(), sizeof out);
  return out;
}

void Debugging::poke(Debugger& client, session::ThreadRef thread, const std::string& variable,
                     std::int32_t value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  EXPECT_TRUE(client.target.write_memory(thread, symbol(thread.pid, variable), bytes).has_value());
}

int Debugging::tracer_of(Pid pid) {
  const auto status = sys::task_status(leader_of(pid));
  return status ? status->tracer.value : -1;
}

}  // namespace cotrace::native
