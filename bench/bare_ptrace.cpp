// The same operations as rsp_load's, made with ptrace alone and no protocol: what the kernel costs, and the
// least a server can take.
//
// bare_ptrace OPERATION COUNT [NAME=VALUE...] [-- PROGRAM ARGS...]; what it prints is the same as rsp_load's.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

constexpr unsigned char breakpoint_byte = 0xcc;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bare_ptrace: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

struct Run {
  pid_t pid = 0;
  long count = 0;
  int memory = -1;  // /proc/PID/mem
  std::map<std::string, std::string> parameters;

  [[nodiscard]] std::uintptr_t address(const std::string& name) const {
    auto found = parameters.find(name);
    if (found == parameters.end()) fail("no address of " + name);
    return std::stoul(found->second, nullptr, 16);
  }
};

void measure(long operations, const std::function<void()>& work) {
  std::string line;
  std::cout << "ready\n" << std::flush;
  std::getline(std::cin, line);
  const auto begin = std::chrono::steady_clock::now();
  work();
  const auto taken = std::chrono::steady_clock::now() - begin;
  std::cout << "done " << std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count() << ' '
            << operations << '\n'
            << std::flush;
  std::getline(std::cin, line);
}

// A resume and the stop that follows it; the wait status.
int go(const Run& run, int request) {
  int status = 0;
  if (ptrace(static_cast<__ptrace_request>(request), run.pid, nullptr, nullptr) != 0) fail("resume");
  if (waitpid(run.pid, &status, __WALL) != run.pid || !WIFSTOPPED(status)) fail("wait");
  return status;
}

user_regs_struct registers(const Run& run) {
  user_regs_struct values{};
  if (ptrace(PTRACE_GETREGS, run.pid, nullptr, &values) != 0) fail("registers");
  return values;
}

unsigned char swap_byte(const Run& run, std::uintptr_t address, unsigned char byte) {
  unsigned char old = 0;
  if (pread(run.memory, &old, 1, static_cast<off_t>(address)) != 1) fail("read");
  if (pwrite(run.memory, &byte, 1, static_cast<off_t>(address)) != 1) fail("write");
  return old;
}

void write_byte(const Run& run, std::uintptr_t address, unsigned char byte) {
  if (pwrite(run.memory, &byte, 1, static_cast<off_t>(address)) != 1) fail("write");
}

// Runs to a breakpoint that is there this once.
void run_to(const Run& run, const std::string& symbol) {
  const std::uintptr_t place = run.address(symbol);
  const unsigned char old = swap_byte(run, place, breakpoint_byte);
  go(run, PTRACE_CONT);
  user_regs_struct values = registers(run);
  values.rip = place;
  if (ptrace(PTRACE_SETREGS, run.pid, nullptr, &values) != 0) fail("registers");
  write_byte(run, place, old);
}

void step(Run& run) {
  run_to(run, "row_begin");
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      go(run, PTRACE_SINGLESTEP);
      registers(run);
    }
  });
}

void range_step(Run& run) {
  run_to(run, "row_begin");
  const long rows = run.count / 1000 + 1;
  const std::uintptr_t begin = run.address("row_begin");
  const std::uintptr_t end = run.address("row_end");
  measure(rows * 1000, [&] {
    for (long i = 0; i < rows; ++i) {
      std::uintptr_t pc = begin;
      while (pc >= begin && pc < end) {
        go(run, PTRACE_SINGLESTEP);
        pc = registers(run).rip;
      }
      run_to(run, "row_begin");
    }
  });
}

// Over the breakpoint and on to its next hit: nine requests a round.
void breakpoint_round(Run& run) {
  const std::uintptr_t place = run.address("site");
  run_to(run, "site");
  const unsigned char old = swap_byte(run, place, breakpoint_byte);
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      write_byte(run, place, old);
      go(run, PTRACE_SINGLESTEP);
      write_byte(run, place, breakpoint_byte);
      go(run, PTRACE_CONT);
      user_regs_struct values = registers(run);
      values.rip = place;
      if (ptrace(PTRACE_SETREGS, run.pid, nullptr, &values) != 0) fail("registers");
    }
  });
}

void caught_system_call(Run& run) {
  go(run, PTRACE_SYSCALL);
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      go(run, PTRACE_SYSCALL);
      registers(run);
    }
  });
}

// Two stops for each call: the kernel cannot be asked for some calls only (but by a filter installed before).
void other_system_call(Run& run) {
  go(run, PTRACE_SYSCALL);
  measure(run.count, [&] {
    for (long i = 0; i < 2 * run.count; ++i) {
      go(run, PTRACE_SYSCALL);
      registers(run);
    }
  });
}

void set_debug_register(const Run& run, std::size_t number, std::uintptr_t value) {
  const std::size_t offset = offsetof(struct user, u_debugreg) + number * sizeof(long);
  if (ptrace(PTRACE_POKEUSER, run.pid, offset, value) != 0) fail("debug register");
}

void watch_hit(Run& run) {
  set_debug_register(run, 0, run.address("watched"));
  set_debug_register(run, 7, 0x1U | 0x1U << 16U | 0x2U << 18U);  // local, writes, eight bytes
  go(run, PTRACE_CONT);
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      go(run, PTRACE_CONT);
      registers(run);
      ptrace(PTRACE_PEEKUSER, run.pid, offsetof(struct user, u_debugreg) + 6 * sizeof(long), nullptr);
    }
  });
}

void transfer(Run& run, std::size_t size, bool write) {
  std::vector<char> bytes(size, 0x5a);
  const auto place = static_cast<off_t>(run.address("buffer"));
  measure(run.count, [&] {
    for (long i = 0; i < run.count; ++i) {
      const ssize_t done = write ? pwrite(run.memory, bytes.data(), size, place)
                                 : pread(run.memory, bytes.data(), size, place);
      if (done != static_cast<ssize_t>(size)) fail("memory");
    }
  });
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> found;
  DIR* directory = opendir(("/proc/" + std::to_string(pid) + "/task").c_str());
  if (directory == nullptr) fail("task list");
  while (dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') found.push_back(std::atoi(entry->d_name));
  }
  closedir(directory);
  return found;
}

void attach(Run& run) {
  const pid_t pid = std::stoi(run.parameters.at("pid"));
  measure(1, [&] {
    const std::vector<pid_t> threads = threads_of(pid);
    for (pid_t thread : threads) {
      if (ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) fail("seize");
      if (ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) fail("interrupt");
    }
    for (pid_t thread : threads) {
      int status = 0;
      if (waitpid(thread, &status, __WALL) != thread) fail("wait");
    }
  });
}

// Children are detached as soon as they are there.
void fork_storm(Run& run) {
  if (ptrace(PTRACE_SETOPTIONS, run.pid, nullptr, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL) != 0)
    fail("options");
  measure(run.count, [&] {
    int signal = 0;
    for (;;) {
      if (ptrace(PTRACE_CONT, run.pid, nullptr, signal) != 0) fail("resume");
      int status = 0;
      if (waitpid(run.pid, &status, __WALL) != run.pid) fail("wait");
      if (!WIFSTOPPED(status)) return;
      signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
      if (status >> 16 != PTRACE_EVENT_FORK) continue;
      unsigned long child = 0;
      if (ptrace(PTRACE_GETEVENTMSG, run.pid, nullptr, &child) != 0) fail("message");
      if (waitpid(static_cast<pid_t>(child), &status, __WALL) < 0) fail("child");
      if (ptrace(PTRACE_DETACH, static_cast<pid_t>(child), nullptr, nullptr) != 0) fail("detach");
    }
  });
}

void launch(Run& run, char** arguments) {
  run.pid = fork();
  if (run.pid == 0) {
    personality(ADDR_NO_RANDOMIZE);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execv(arguments[0], arguments);
    _exit(127);
  }
  int status = 0;
  if (waitpid(run.pid, &status, 0) != run.pid || !WIFSTOPPED(status))
    fail(std::string("launch of ") + arguments[0]);
  run.memory = open(("/proc/" + std::to_string(run.pid) + "/mem").c_str(), O_RDWR | O_CLOEXEC);
  if (run.memory < 0) fail("memory");
  run_to(run, "begin");
}

const std::map<std::string, std::function<void(Run&)>> all_operations{
    {"step", step},
    {"step_and_registers", step},
    {"range_step", range_step},
    {"breakpoint_round", breakpoint_round},
    {"continue_from_site", breakpoint_round},
    {"caught_system_call", caught_system_call},
    {"other_system_call", other_system_call},
    {"watch_hit", watch_hit},
    {"read_64", [](Run& run) { transfer(run, 64, false); }},
    {"read_4096", [](Run& run) { transfer(run, 4096, false); }},
    {"write_64", [](Run& run) { transfer(run, 64, true); }},
    {"write_4096", [](Run& run) { transfer(run, 4096, true); }},
    {"attach", attach},
    {"fork_storm", fork_storm},
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  Run run;
  if (argc < 3) fail("usage: bare_ptrace OPERATION COUNT [NAME=VALUE...] [-- PROGRAM ARGS...]");
  const auto operation = all_operations.find(argv[1]);
  if (operation == all_operations.end()) {
    std::cout << "skip there is no such thing without a client\n" << std::flush;
    return 0;
  }
  run.count = std::atol(argv[2]);
  int at = 3;
  for (; at < argc && std::strcmp(argv[at], "--") != 0; ++at) {
    const std::string word = argv[at];
    run.parameters[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  }
  if (at < argc) launch(run, argv + at + 1);
  operation->second(run);
  // The program is in an endless loop of its own, or was only attached to.
  if (run.pid != 0) kill(run.pid, SIGKILL);
  return 0;
}
