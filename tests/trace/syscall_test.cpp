// System calls: entry and exit once each, for those who asked; calls aborted and results changed.

#include <sys/syscall.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

const EventMask with_syscalls = everything | EventMask{EventKind::syscall_entry, EventKind::syscall_exit};

class Syscalls : public Tracing {
 protected:
  static int entries_of(const Diary& engine, std::uint64_t number) {
    int n = 0;
    for (const auto& entry : engine.entries) {
      const auto* call = std::get_if<event::SyscallEntry>(&entry.event);
      n += call != nullptr && call->number == number ? 1 : 0;
    }
    return n;
  }
};

TEST_F(Syscalls, EachOnceForTheEngineThatAskedAndNoneForTheOther) {
  Diary engine, other;
  auto program = launch(engine, {"syscalls", "25", "2"}, with_syscalls);
  ASSERT_TRUE(core->attach(program.task, other, {everything, false, true}));
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(entries_of(engine, SYS_getppid), 25 * 3);
  EXPECT_EQ(other.count<event::SyscallEntry>(), 0);
  EXPECT_EQ(status_of(engine).code, 0) << program.rest();
}

TEST_F(Syscalls, ACallCanBeAbortedAndItsResultChosen) {
  Diary engine;
  auto program = launch(engine, {"syscalls", "3"}, with_syscalls);
  // getppid does not happen, and says 4711; the program wants a positive number.
  std::vector<std::int64_t> seen;
  engine.behave([&](TaskId, const Event& event) {
    Verdict verdict;
    if (const auto* entry = std::get_if<event::SyscallEntry>(&event);
        entry != nullptr && entry->number == SYS_getppid) {
      verdict.syscall = SyscallVerdict{true, 4711};
    }
    if (const auto* exit = std::get_if<event::SyscallExit>(&event);
        exit != nullptr && exit->number == SYS_getppid) {
      seen.push_back(exit->result);
    }
    return verdict;
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(seen, (std::vector<std::int64_t>{4711, 4711, 4711}));
  EXPECT_EQ(status_of(engine).code, 0);
}

TEST_F(Syscalls, AFailureInjectedAtTheExitReachesTheProgram) {
  Diary engine;
  auto program = launch(engine, {"syscalls", "1"}, with_syscalls);
  engine.behave([&](TaskId, const Event& event) {
    Verdict verdict;
    if (const auto* exit = std::get_if<event::SyscallExit>(&event);
        exit != nullptr && exit->number == SYS_getppid) {
      verdict.syscall_result = -5;
    }
    return verdict;
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task); }));
  EXPECT_EQ(status_of(engine).code, 1) << "the program checks that getppid succeeds";
}

TEST_F(Syscalls, TheLastEngineAttachedIsAskedFirstAtTheEntryAndLastAtTheExit) {
  Diary first, second;
  std::string order;
  auto program = launch(first, {"syscalls", "1"}, with_syscalls);
  ASSERT_TRUE(core->attach(program.task, second, {with_syscalls, false, true}));
  auto note = [&order](char who) {
    return [&order, who](TaskId, const Event& event) {
      const auto* entry = std::get_if<event::SyscallEntry>(&event);
      if (entry != nullptr && entry->number == SYS_getppid) order += who;
      const auto* exit = std::get_if<event::SyscallExit>(&event);
      if (exit != nullptr && exit->number == SYS_getppid) order += who;
      return Verdict{};
    };
  };
  first.behave(note('1'));
  second.behave(note('2'));
  resume(first, program.task);
  ASSERT_TRUE(until([&] { return died(first, program.task); }));
  EXPECT_EQ(order, "2112");
}

TEST_F(Syscalls, WhichTableTheNumberIsOfIsTold) {
  constexpr std::uint64_t getppid_of_32_bits = 64;  // semget in the other table
  Diary engine, engine_32;
  auto program = launch(engine, {"syscalls", "3"}, with_syscalls);
  auto program_32 = launch(engine_32, {"syscalls_32", "3"}, with_syscalls);
  resume(engine, program.task);
  resume(engine_32, program_32.task);
  ASSERT_TRUE(until([&] { return died(engine, program.task) && died(engine_32, program_32.task); }));
  const auto calls_of = [](const Diary& diary, bool compat) {
    int n = 0;
    for (const auto& entry : diary.entries) {
      if (const auto* call = std::get_if<event::SyscallEntry>(&entry.event))
        n += call->compat == compat ? 1 : 0;
      if (const auto* call = std::get_if<event::SyscallExit>(&entry.event))
        n += call->compat == compat ? 1 : 0;
    }
    return n;
  };
  EXPECT_EQ(calls_of(engine, true), 0);
  EXPECT_EQ(entries_of(engine_32, getppid_of_32_bits), 3);
  // Of the exec that began before the program did, only the end is seen, and by then the task is what it has
  // become.
  EXPECT_EQ(calls_of(engine_32, false), 0);
}

TEST_F(Syscalls, SteppingThroughATracedCallReportsTheCallAndOneStep) {
  Diary stepper, log;
  auto program = launch(stepper, {"odd_steps", "1"});
  ASSERT_TRUE(core->attach(program.task, log, {with_syscalls, false, true}));
  stepper.behave([&](TaskId, const Event& event) {
    const bool step =
        std::holds_alternative<event::StepDone>(event) || std::holds_alternative<event::BreakpointHit>(event);
    return step ? Verdict{ResumeAction::single_step, {}, {}, {}} : Verdict{};
  });
  ASSERT_TRUE(core->add_breakpoint(program.task, stepper, symbol(program.task, "system_call")));
  resume(stepper, program.task);
  ASSERT_TRUE(until([&] { return died(stepper, program.task); }));
  EXPECT_GE(entries_of(log, SYS_getpid), 2);
  EXPECT_EQ(log.count<event::StepDone>(), 0);
  EXPECT_EQ(status_of(stepper).code, 0) << program.rest();
}

}  // namespace
}  // namespace cotrace::test
