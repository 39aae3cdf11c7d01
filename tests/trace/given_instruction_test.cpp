// An engine has a task carry out an instruction of its own, as if it stood in memory.

#include <array>
#include <signal.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

const EventMask with_syscalls = everything | EventMask{EventKind::syscall_entry, EventKind::syscall_exit};

using Code = std::vector<unsigned char>;

class GivenInstructions : public Tracing {
 protected:
  // A program that spins in more threads than one, each of which the engine holds.
  Program spinning(Diary& engine) {
    auto program = start({"spin", "1", "wait"});
    EXPECT_EQ(program.line().rfind("ready", 0), 0U);
    tasks = attach_holding(engine, program);
    at = symbol(tasks.front(), "turn_once");
    memory = raw_memory(program.pid, at, 16);
    engine.behave([this](TaskId, const Event& event) {
      if (!std::holds_alternative<event::StepDone>(event)) return Verdict{};
      ++steps;
      return holding;
    });
    return program;
  }
  void begin(Diary& engine, TaskId task, const Code& code, std::uint64_t rax) {
    auto regs = core->general_regs(task);
    ASSERT_TRUE(regs.has_value());
    regs->rip = at.value;
    regs->rax = rax;
    ASSERT_TRUE(core->set_general_regs(task, *regs).has_value());
    const auto bytes = std::as_bytes(std::span(code));
    trace::GivenInstruction given{at, {bytes.begin(), bytes.end()}};
    // As gdb writes it, with something else behind it.
    given.code.resize(16, std::byte{0x90});
    ASSERT_TRUE(core->control(task, engine, {ResumeAction::single_step, std::nullopt, 0, given}));
  }
  std::uint64_t rax(TaskId task) { return core->general_regs(task)->rax; }

  std::vector<TaskId> tasks;
  Addr at;
  std::vector<std::byte> memory;
  int steps{0};
};

TEST_F(GivenInstructions, TwoTasksCarryOutTheirsAtOneAddressAndTheMemoryStaysAsItIs) {
  Diary engine;
  auto program = spinning(engine);
  ASSERT_GE(tasks.size(), 2U);
  struct Pair {
    Code first, second;
    std::uint64_t of_first, of_second;
  };
  const Pair pairs[] = {
      {{0x89, 0xc0}, {0xb8, 7, 0, 0, 0}, 0x01020304, 7},        // mov eax,eax; mov eax,7: emulated
      {{0x0f, 0xc8}, {0xf3, 0x0f, 0xb8, 0xc0}, 0x04030201, 5},  // bswap; popcnt: stepped in a copy
      {{0x0f, 0xc8}, {0xb8, 9, 0, 0, 0}, 0x04030201, 9},        // one of each
  };
  for (const auto& [first, second, of_first, of_second] : pairs) {
    steps = 0;
    begin(engine, tasks[0], first, 0x01020304);
    begin(engine, tasks[1], second, 0x01020304);
    EXPECT_EQ(raw_memory(program.pid, at, memory.size()), memory);
    ASSERT_TRUE(until([&] { return steps == 2; }));
    EXPECT_EQ(rax(tasks[0]), of_first);
    EXPECT_EQ(rax(tasks[1]), of_second);
    EXPECT_EQ(pc(tasks[0]), at.value + first.size());
    EXPECT_EQ(pc(tasks[1]), at.value + second.size());
  }
  EXPECT_EQ(raw_memory(program.pid, at, memory.size()), memory);
}

TEST_F(GivenInstructions, OneThatCannotBeCopiedIsSteppedInPlaceAndTakenOutAgain) {
  Diary engine;
  auto program = spinning(engine);
  ASSERT_GE(tasks.size(), 2U);
  // The others run through it all the time, and must never meet what is put there.
  for (std::size_t i = 1; i < tasks.size(); ++i) resume(engine, tasks[i]);
  const Code stack_segment{0x8e, 0xd0};  // mov ss,eax; the trap comes one instruction later
  for (int i = 1; i <= 20; ++i) {
    begin(engine, tasks[0], stack_segment, core->general_regs(tasks[0])->ss);
    ASSERT_TRUE(until([&] { return steps == i; }));
    EXPECT_EQ(pc(tasks[0]), at.value + 3);
    EXPECT_EQ(raw_memory(program.pid, at, memory.size()), memory);
  }
  const auto turns = variable(tasks[0], "turns");
  EXPECT_TRUE(until([&] { return variable(tasks[0], "turns") != turns; }));
}

TEST_F(GivenInstructions, TheTrapFlagIsTheProgramsIfTheGivenInstructionBringsIt) {
  Diary engine;
  auto program = spinning(engine);
  const TaskId task = tasks.front();
  int wanted = 0;
  for (const bool brings : {false, true}) {
    auto regs = *core->general_regs(task);
    regs.rsp -= 256;
    const std::uint64_t flags = brings ? 0x302 : 0x202;
    ASSERT_TRUE(core->write_memory(task, Addr{regs.rsp}, std::as_bytes(std::span(&flags, 1))).has_value());
    ASSERT_TRUE(core->set_general_regs(task, regs).has_value());
    begin(engine, task, {0x9d}, 0);  // popf
    ASSERT_TRUE(until([&] { return steps == wanted + 1; }));
    ++wanted;
    EXPECT_EQ(core->general_regs(task)->eflags & 0x100, brings ? 0x100U : 0U);
    EXPECT_EQ(pc(task), at.value + 1);
  }
}

TEST_F(GivenInstructions, ASystemCallIsReportedToWhoeverTracesIt) {
  Diary engine, log;
  auto program = spinning(engine);
  const TaskId task = tasks[0];
  for (const bool traced : {false, true}) {
    if (traced) {
      ASSERT_TRUE(core->attach(task, log, {with_syscalls, false, true}));
    }
    steps = 0;
    begin(engine, task, {0x0f, 0x05}, SYS_getppid);
    ASSERT_TRUE(until([&] { return steps == 1; }));
    EXPECT_EQ(rax(task), static_cast<std::uint64_t>(::getpid()));
    EXPECT_EQ(pc(task), at.value + 2);
    EXPECT_EQ(log.count<event::SyscallEntry>(), traced ? 1 : 0);
    EXPECT_EQ(log.count<event::SyscallExit>(), traced ? 1 : 0);
  }
}

TEST_F(GivenInstructions, InTheMiddleOfACallAStepEndsWithItsReturn) {
  for (const char* kind : {"fork", "vfork_exit"}) {
    Diary engine;
    auto program = launch(engine, {"forks", kind, "1"});
    at = symbol(program.task, "landmark");
    bool forked = false;
    steps = 0;
    engine.behave([&](TaskId task, const Event& event) {
      if (task.serial != program.task.serial) return Verdict{};
      // Still not out of the call.
      if (std::holds_alternative<event::VforkDone>(event))
        return Verdict{ResumeAction::single_step, {}, {}, {}};
      const bool clone = std::holds_alternative<event::Cloned>(event);
      const bool stepped = std::holds_alternative<event::StepDone>(event);
      forked = forked || clone;
      steps += stepped ? 1 : 0;
      return clone || stepped ? holding : Verdict{};
    });
    resume(engine, program.task);
    ASSERT_TRUE(until([&] { return forked; }));
    const auto before = *core->general_regs(program.task);
    begin(engine, program.task, {0xb8, 7, 0, 0, 0}, before.rax);
    ASSERT_TRUE(until([&] { return steps == 1; }));
    EXPECT_EQ(pc(program.task), at.value) << kind;
    EXPECT_NE(rax(program.task), 7U) << kind;
    // The next one is carried out.
    const auto returned = core->general_regs(program.task)->rax;
    begin(engine, program.task, {0x0f, 0xc8}, returned);
    ASSERT_TRUE(until([&] { return steps == 2; }));
    EXPECT_EQ(pc(program.task), at.value + 2) << kind;
    auto after = before;
    after.rax = returned;
    ASSERT_TRUE(core->set_general_regs(program.task, after).has_value());
    engine.behave(nullptr);
    resume(engine, program.task);
    ASSERT_TRUE(until([&] { return died(engine, program.task); }));
    EXPECT_EQ(program.rest(), std::string("forks kind=") + kind + " parent=1 child=1\n");
  }
}

TEST_F(GivenInstructions, ASignalThatWaitsIsDeliveredAfterIt) {
  Diary engine;
  auto program = start({"signal_report", "busy"});
  EXPECT_EQ(program.line().rfind("ready", 0), 0U);
  const TaskId task = attach_holding(engine, program).front();
  at = symbol(task, "turn");
  bool stands = false;
  engine.behave([&](TaskId, const Event& event) {
    const bool signal = std::holds_alternative<event::Signal>(event);
    stands = stands || signal;
    steps += std::holds_alternative<event::StepDone>(event) ? 1 : 0;
    return signal || std::holds_alternative<event::StepDone>(event) ? holding : Verdict{};
  });
  resume(engine, task);
  ASSERT_EQ(::kill(program.pid.value, SIGUSR1), 0);
  ASSERT_TRUE(until([&] { return stands; }));
  const auto before = *core->general_regs(task);
  begin(engine, task, {0x0f, 0xc8}, 0x01020304);
  ASSERT_TRUE(until([&] { return steps == 1; }));
  EXPECT_EQ(rax(task), 0x04030201U);
  EXPECT_EQ(pc(task), at.value + 2) << "not the handler";
  ASSERT_TRUE(core->set_general_regs(task, before).has_value());
  engine.behave(nullptr);
  resume(engine, task);
  std::string line;
  std::thread reader([&] { line = program.line(); });
  ASSERT_EQ(::kill(program.pid.value, SIGTERM), 0);
  ASSERT_TRUE(until([&] { return died(engine, task); }));
  reader.join();
  EXPECT_EQ(line.rfind("signal 10 value", 0), 0U) << line;
}

// Not given, but passed by the same means: a breakpoint on a system call's own instruction.
TEST_F(GivenInstructions, ABreakpointOnASystemCallDoesNotHideTheCall) {
  Diary engine;
  auto program = launch(engine, {"syscalls", "5"}, with_syscalls);
  int calls = 0, hits = 0;
  Addr after;
  const Verdict go_on{};
  engine.behave([&](TaskId task, const Event& event) {
    if (std::holds_alternative<event::BreakpointHit>(event)) ++hits;
    const auto* entry = std::get_if<event::SyscallEntry>(&event);
    if (entry == nullptr || entry->number != SYS_getppid) return go_on;
    if (++calls > 1) return go_on;
    after = Addr{core->general_regs(task)->rip};
    return holding;
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return calls == 1; }));
  ASSERT_TRUE(core->add_breakpoint(program.task, engine, after - 2));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine).code, 0) << program.rest();
  EXPECT_EQ(calls, 5);
  EXPECT_GE(hits, 4);
}

}  // namespace
}  // namespace cotrace::test
