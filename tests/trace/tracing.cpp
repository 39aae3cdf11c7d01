#include "trace/tracing.h"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/proc.h"

namespace cotrace::test {

namespace {

constexpr auto patience = std::chrono::seconds(30);

std::vector<char> file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Value of a symbol in .symtab as the file has it, and the file's entry point.
std::pair<std::uint64_t, std::uint64_t> symbol_in_file(const std::string& path, const std::string& name) {
  const auto image = file_bytes(path);
  Elf64_Ehdr header{};
  std::memcpy(&header, image.data(), sizeof header);
  for (int i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section{};
    std::memcpy(&section, image.data() + header.e_shoff + static_cast<std::size_t>(i) * sizeof section,
                sizeof section);
    if (section.sh_type != SHT_SYMTAB) continue;
    Elf64_Shdr strings{};
    std::memcpy(&strings, image.data() + header.e_shoff + section.sh_link * sizeof strings, sizeof strings);
    for (std::uint64_t at = 0; at < section.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol{};
      std::memcpy(&symbol, image.data() + section.sh_offset + at, sizeof symbol);
      if (name == image.data() + strings.sh_offset + symbol.st_name) return {symbol.st_value, header.e_entry};
    }
  }
  ADD_FAILURE() << path << " has no symbol " << name;
  return {0, 0};
}

}  // namespace

std::string program_path(const std::string& name) {
  return std::string(COTRACE_PROGRAMS) + "/" + name;
}

std::string Program::line() {
  std::string out;
  char c = 0;
  while (::read(output.get(), &c, 1) == 1) {
    out += c;
    if (c == '\n') break;
  }
  return out;
}

std::string Program::rest() {
  std::string out;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(output.get(), buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<std::size_t>(got));
  return out;
}

void Program::go() {
  input.close();
}

Tracing::Tracing() {
  reactor = std::move(*base::Reactor::create());
  core = std::move(*trace::Core::create(*reactor, {}));
}

Tracing::~Tracing() = default;

bool Tracing::until(const std::function<bool()>& so) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    reactor->run_once(std::chrono::milliseconds(100));
  }
  return true;
}

void Tracing::drain() {
  while (reactor->run_once(std::chrono::milliseconds(20))) {
  }
}

Program Tracing::launch(Diary& engine, std::vector<std::string> arguments, EventMask events) {
  int in[2], out[2];
  EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
  arguments[0] = programs + "/" + arguments[0];
  sys::LaunchSpec spec;
  spec.arguments = std::move(arguments);
  spec.descriptors = {{0, in[0]}, {1, out[1]}};
  bool there = false;
  engine.behave([&](TaskId, const Event& event) {
    if (!std::holds_alternative<event::Execed>(event)) return Verdict{};
    there = true;
    return Verdict{ResumeAction::stop, {}, {}, {}};
  });
  auto task = core->launch(spec, engine, {events, false, true});
  EXPECT_TRUE(task) << task.error().text;
  EXPECT_TRUE(until([&] { return there; }));
  engine.behave(nullptr);
  ::close(in[0]);
  ::close(out[1]);
  return {Pid{task->tid.value}, *task, base::Fd(in[1]), base::Fd(out[0])};
}

Program Tracing::start(std::vector<std::string> arguments) {
  int in[2], out[2];
  EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
  arguments[0] = programs + "/" + arguments[0];
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  return {Pid{pid}, TaskId{Tid{pid}, 0}, base::Fd(in[1]), base::Fd(out[0])};
}

int Tracing::wait_for(const Program& program) {
  int status = 0;
  EXPECT_EQ(::waitpid(program.pid.value, &status, 0), program.pid.value);
  return status;
}

Addr Tracing::symbol(TaskId task, const std::string& name) {
  // Not by its name, which another mount namespace may have in another place or not at all.
  const auto [value, entry] = symbol_in_file("/proc/" + std::to_string(task.tid.value) + "/exe", name);
  return Addr{**sys::auxv_entry(task.tid, AT_ENTRY) - entry + value};
}

bool Tracing::died(const Diary& engine, TaskId task) const {
  for (const auto& entry : engine.entries) {
    if (entry.task.serial == task.serial && std::holds_alternative<event::Died>(entry.event)) return true;
  }
  return false;
}

ExitStatus Tracing::status_of(const Diary& engine) const {
  for (auto it = engine.entries.rbegin(); it != engine.entries.rend(); ++it) {
    const auto* death = std::get_if<event::Died>(&it->event);
    if (death != nullptr && death->process_ended) return death->status;
  }
  ADD_FAILURE() << "the process has not ended";
  return {};
}

ExitStatus Tracing::status_of(const Diary& engine, TaskId task) const {
  for (const auto& entry : engine.entries) {
    const auto* death = std::get_if<event::Died>(&entry.event);
    if (death != nullptr && entry.task == task) return death->status;
  }
  ADD_FAILURE() << "task " << task.tid.value << " has not ended";
  return {};
}

std::vector<Pid> Tracing::traced_processes() {
  std::vector<Pid> traced;
  for (Pid pid : sys::processes().value_or(std::vector<Pid>{})) {
    if (tracer_of(pid) == ::gettid()) traced.push_back(pid);
  }
  return traced;
}

TaskId Tracing::run_to(Diary& engine, const Program& program, const std::string& name) {
  auto point = core->add_breakpoint(program.task, engine, symbol(program.task, name));
  EXPECT_TRUE(point);
  std::optional<TaskId> there;
  engine.behave([&](TaskId task, const Event& event) {
    if (!std::holds_alternative<event::BreakpointHit>(event)) return Verdict{};
    there = task;
    return holding;
  });
  resume(engine, program.task);
  EXPECT_TRUE(until([&] { return there.has_value(); }));
  EXPECT_TRUE(core->remove_point(engine, *point));
  engine.behave(nullptr);
  return there.value_or(program.task);
}

void Tracing::step(Diary& engine, TaskId task) {
  bool done = false;
  engine.behave([&](TaskId, const Event& event) {
    if (!std::holds_alternative<event::StepDone>(event)) return Verdict{};
    done = true;
    return holding;
  });
  control(engine, task, ResumeAction::single_step);
  ASSERT_TRUE(until([&] { return done; }));
  engine.behave(nullptr);
}

std::vector<TaskId> Tracing::attach_holding(Diary& engine, const Program& program) {
  engine.behave([](TaskId, const Event& event) {
    const bool hold =
        std::holds_alternative<event::Quiesced>(event) || std::holds_alternative<event::Born>(event);
    return hold ? holding : Verdict{};
  });
  const auto attached = core->attach(program.pid, engine, {everything, true, true});
  EXPECT_TRUE(attached) << attached.error().text;
  EXPECT_TRUE(until([&] { return engine.count<event::Quiesced>() == static_cast<int>(attached->size()); }));
  engine.behave(nullptr);
  return core->tasks_of(program.pid);
}

void Tracing::hold_too(Diary& engine, TaskId task) {
  engine.behave([](TaskId, const Event& event) {
    return std::holds_alternative<event::Quiesced>(event) ? holding : Verdict{};
  });
  const int before = engine.count<event::Quiesced>();
  const auto attached = core->attach(task, engine, {everything, true, true});
  ASSERT_TRUE(attached) << attached.error().text;
  ASSERT_TRUE(until([&] { return engine.count<event::Quiesced>() == before + 1; }));
  engine.behave(nullptr);
}

void Tracing::as_nobody(const std::function<void()>& work) {
  // The build may be where nobody else gets to, as in root's home.
  namespace fs = std::filesystem;
  std::string folder = fs::temp_directory_path() / "cotrace-nobody-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  fs::permissions(folder, fs::perms{0755});
  for (const auto& file : fs::directory_iterator(COTRACE_PROGRAMS)) {
    if (file.is_regular_file()) fs::copy_file(file.path(), fs::path(folder) / file.path().filename());
  }
  programs = folder;
  const pid_t other = ::fork();
  if (other == 0) {
    // Not to be ended here: their descriptors are the first process's as well.
    (void)core.release();
    (void)reactor.release();
    EXPECT_EQ(::setresgid(nobody, nobody, nobody), 0);
    EXPECT_EQ(::setresuid(nobody, nobody, nobody), 0);
    // As after an exec. What it launches may be traced then.
    EXPECT_EQ(::prctl(PR_SET_DUMPABLE, 1), 0);
    reactor = std::move(*base::Reactor::create());
    core = std::move(*trace::Core::create(*reactor, {}));
    work();
    std::fflush(stdout);
    ::_exit(HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
  programs = COTRACE_PROGRAMS;
  fs::remove_all(folder);
}

std::int64_t Tracing::variable(TaskId task, const std::string& name) {
  std::int64_t value = 0;
  const auto got = core->read_memory(task, symbol(task, name), std::as_writable_bytes(std::span(&value, 1)));
  EXPECT_TRUE(got) << got.error().text;
  return value;
}

Addr Tracing::next_instruction(TaskId task, Addr address) {
  std::array<std::byte, arch::native::longest_instruction> code{};
  EXPECT_TRUE(core->read_memory(task, address, code));
  const auto instruction = arch::native::decode(arch::native::Mode::bits64, code);
  EXPECT_TRUE(instruction);
  return instruction ? address + instruction->length : address;
}

std::vector<std::byte> Tracing::raw_memory(Pid pid, Addr address, std::size_t length) {
  const base::Fd memory(
      ::open(("/proc/" + std::to_string(pid.value) + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<std::byte> bytes(length);
  const auto got = ::pread(memory.get(), bytes.data(), length, static_cast<off_t>(address.value));
  EXPECT_EQ(got, static_cast<ssize_t>(length));
  return bytes;
}

long Tracing::switches_of(Tid tid) {
  const std::string key = "voluntary_ctxt_switches:";
  std::ifstream file("/proc/" + std::to_string(tid.value) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) == 0) return std::stol(line.substr(key.size()));
  }
  return -1;
}

char Tracing::state_of(Tid tid) {
  const auto status = sys::task_status(tid);
  return status ? status->state : '-';
}

std::uint64_t Tracing::pc(TaskId task) {
  auto regs = core->general_regs(task);
  EXPECT_TRUE(regs) << regs.error().text;
  return regs ? regs->rip : 0;
}

int Tracing::tracer_of(Pid pid) {
  auto status = sys::task_status(leader_of(pid));
  return status ? status->tracer.value : -1;
}

}  // namespace cotrace::test
