#include "engines/crash_catcher/crash_catcher.h"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <fmt/format.h>
#include <map>
#include <set>
#include <utility>

#include "base/overloaded.h"
#include "engines/crash_catcher/case.h"
#include "engines/crash_catcher/collect.h"
#include "engines/followed.h"
#include "engines/shown_text.h"
#include "engines/signal_text.h"
#include "linux/proc_file.h"
#include "linux/signals.h"

namespace cotrace::engines {

namespace {

// How long threads have to stop: each that can, does so at once.
constexpr std::chrono::milliseconds patience{2000};
// How long the other threads wait for the death of which the report is.
constexpr std::chrono::milliseconds time_to_die{100};

Verdict stop() {
  return {.action = ResumeAction::stop};
}

// The first process of a pid namespace: what others send it does not end it unless it asks for it
// (pid_namespaces(7)).
bool first_of_namespace(Tid task) {
  const auto status = sys::read_proc(task, "status");
  const auto ids =
      status ? sys::words_of(sys::status_value(*status, "NStgid")) : std::vector<std::string_view>{};
  return !ids.empty() && ids.back() == "1";
}

class CrashCatcher final : public Job, public Engine {
 public:
  CrashCatcher(const JobContext& context, const CrashCatcherOptions& options)
      : context_(context),
        options_(options),
        report_(options.format == CrashCatcherOptions::Format::json ? make_json_report()
                                                                    : make_text_report()),
        followed_(context.tracer, *this, mask()) {}

  std::string name() const override { return "crash catcher"; }
  Result<Pid> launch(const LaunchOptions& program) override;
  Result<> attach(Pid process) override;
  void finish() override;
  Verdict on_event(TaskId task, const Event& event) override;

 private:
  // A report whose outcome is not known yet.
  struct Reported {
    std::uint64_t number{0};
    std::vector<int> signals;
  };
  struct Member {
    std::shared_ptr<const CrashProgram> program;
    // The last fault for which the program has a handler, and whose it was.
    std::optional<std::pair<TaskId, SigInfo>> handled;
    std::unique_ptr<CrashCase> crash;
    bool written{false};  // the report on it
    std::optional<Reported> reported;
    std::set<std::pair<std::uint64_t, std::string>> holds;  // by other engines: task and name
    // Where the last report was about: a process that cannot die of its fault has it again at once.
    std::uint64_t last_task{0}, last_pc{0};
    int last_signal{0};
  };

  [[nodiscard]] EventMask mask() const;
  Member* member_of(TaskId task);

  Verdict on_signal(TaskId task, Member& member, const SigInfo& info);
  void on_cloned(Member& member, const event::Cloned& event);
  Verdict on_execed(TaskId task, Member& member);
  void on_died(TaskId task, const event::Died& event);
  void on_hold(TaskId task, Member& member, const event::HoldChanged& event);

  [[nodiscard]] bool deadly(TaskId task, const SigInfo& info);
  [[nodiscard]] bool wanted(int signal) const;
  bool same_again(TaskId task, Member& member, const SigInfo& info);
  void begin_crash(TaskId task, Member& member, const SigInfo& info);
  void go_on(Pid process);
  void later(Pid process, std::chrono::milliseconds delay, void (CrashCatcher::*work)(Pid, Member&));
  void do_step(Pid process, Member& member);
  void lose_patience(Pid process, Member& member);
  void write_report(Member& member);
  void write_core_result(Member& member);
  void after_report(Pid process, Member& member);
  void hold_ends(Pid process, Member& member);
  void end_crash(Pid process, Member& member);
  void death_does_not_come(Pid process, Member& member);
  void let_go(Member& member);
  void cut_short(Member& member, const std::string& why);
  void outcome(Pid process, Member& member, bool died, const std::string& text);
  void process_ended(Pid process, Member& member, const ExitStatus& status);

  JobContext context_;
  CrashCatcherOptions options_;
  std::unique_ptr<ReportFormat> report_;
  std::map<Pid, Member> members_;
  std::uint64_t reports_{0};
  bool ended_{false};
  // What has been posted finds out by it that the catcher is gone.
  std::shared_ptr<char> alive_{std::make_shared<char>()};
  Followed followed_;  // ends first: no event comes to what is half destroyed
};

EventMask CrashCatcher::mask() const {
  const EventMask mask{EventKind::signal, EventKind::clone, EventKind::exec, EventKind::death};
  return options_.hold ? mask.with(EventKind::hold) : mask;
}

Result<Pid> CrashCatcher::launch(const LaunchOptions& program) {
  const auto task = followed_.launch(program);
  if (!task) return std::unexpected(task.error());
  members_[Pid{task->tid.value}].program =
      std::make_shared<CrashProgram>(CrashProgram{"", program.arguments});
  return Pid{task->tid.value};
}

Result<> CrashCatcher::attach(Pid process) {
  const auto tasks = followed_.attach(process);
  if (!tasks) return std::unexpected(tasks.error());
  if (!tasks->empty())
    members_[process].program = std::make_shared<CrashProgram>(program_now(Tid{process.value}));
  return {};
}

void CrashCatcher::finish() {
  for (auto& [process, member] : members_) {
    cut_short(member, "the catcher was told to finish");
    outcome(process, member, false, "was alive when the catcher left");
  }
  followed_.leave_all();
  members_.clear();
}

CrashCatcher::Member* CrashCatcher::member_of(TaskId task) {
  const auto process = context_.tracer.process_of(task);
  const auto at = process ? members_.find(*process) : members_.end();
  return at == members_.end() ? nullptr : &at->second;
}

Verdict CrashCatcher::on_event(TaskId task, const Event& event) {
  if (const auto* death = std::get_if<event::Died>(&event)) {
    on_died(task, *death);
    return {};
  }
  Member* member = member_of(task);
  if (member == nullptr) return {};
  followed_.saw(task, event);
  if (member->crash && member->crash->has_left(task) && !std::holds_alternative<event::HoldChanged>(event))
    let_go(*member);
  const auto process = *context_.tracer.process_of(task);
  // All of its threads are to stand, whatever comes of them.
  const Verdict kept = member->crash ? stop() : Verdict{};
  const auto stands = [&] {
    if (member->crash) member->crash->stands(task);
    return kept;
  };
  const Verdict verdict =
      std::visit(base::Overloaded{
                     [&](const event::Signal& what) { return on_signal(task, *member, what.info); },
                     [&](const event::Execed&) { return on_execed(task, *member); },
                     [&](const event::Cloned& what) {
                       on_cloned(*member, what);
                       return stands();
                     },
                     [&](const event::Born&) {
                       if (member->crash) member->crash->thread_began(task);
                       return kept;
                     },
                     [&](const event::HoldChanged& what) {
                       on_hold(task, *member, what);
                       return Verdict{};
                     },
                     [&](const auto&) { return stands(); },
                 },
                 event);
  go_on(process);
  return verdict;
}

// Of what is dealt with here every process has many, and most have none that ends them: the cheapest question
// comes first.
bool CrashCatcher::deadly(TaskId task, const SigInfo& info) {
  if (!wanted(info.si_signo)) return false;
  const auto disposition = context_.tracer.disposition(task, info.si_signo);
  if (!disposition || *disposition == SignalDisposition::ignored || *disposition == SignalDisposition::stop)
    return false;
  Member* member = member_of(task);
  if (*disposition == SignalDisposition::handled) {
    if (member != nullptr && info.si_code > 0) member->handled = {task, info};
    return false;
  }
  return info.si_code > 0 || !first_of_namespace(task.tid);
}

bool CrashCatcher::wanted(int signal) const {
  const auto by_default = sys::default_disposition(signal);
  return by_default == SignalDisposition::core ||
         (by_default == SignalDisposition::terminate && options_.deadly == CrashCatcherOptions::Deadly::all);
}

Verdict CrashCatcher::on_signal(TaskId task, Member& member, const SigInfo& info) {
  if (member.crash) {
    // It waits for its verdict until the threads are let go.
    if (deadly(task, info)) {
      member.crash->crashes(task, info);
    } else {
      member.crash->stands(task);
    }
    return stop();
  }
  if (!deadly(task, info) || same_again(task, member, info)) return {};
  begin_crash(task, member, info);
  return stop();
}

bool CrashCatcher::same_again(TaskId task, Member& member, const SigInfo& info) {
  user_regs_struct regs{};
  // Sent signals end what they are sent to, or somebody has suppressed them; faults come again at their
  // place.
  if (!context_.tracer.registers(task, regs) || info.si_code <= 0) return false;
  const bool same = member.reported && member.last_task == task.serial && member.last_pc == regs.rip &&
                    member.last_signal == info.si_signo;
  member.last_task = task.serial;
  member.last_pc = regs.rip;
  member.last_signal = info.si_signo;
  return same;
}

void CrashCatcher::begin_crash(TaskId task, Member& member, const SigInfo& info) {
  const auto process = *context_.tracer.process_of(task);
  outcome(process, member, false, "went on");
  Crash crash{.number = ++reports_, .date = std::time(nullptr), .process = process};
  crash.program = program_now(task.tid);
  if (crash.program.arguments.empty()) crash.program = *member.program;
  crash.threads.push_back({.task = task, .signal = info});
  const auto handled = std::exchange(member.handled, std::nullopt);
  if (handled && handled->first == task) crash.before = handled->second;
  member.written = false;
  member.crash = std::make_unique<CrashCase>(context_.tracer, *this, options_, std::move(crash));
  member.crash->gather();
  later(process, patience, &CrashCatcher::lose_patience);
}

// The next step, not within this call: other tasks have their events, too.
void CrashCatcher::go_on(Pid process) {
  const auto at = members_.find(process);
  if (at == members_.end() || !at->second.crash || !at->second.crash->ready()) return;
  later(process, std::chrono::milliseconds(0), &CrashCatcher::do_step);
}

void CrashCatcher::later(Pid process, std::chrono::milliseconds delay,
                         void (CrashCatcher::*work)(Pid, Member&)) {
  const auto at = members_.find(process);
  if (at == members_.end() || !at->second.crash) return;
  auto call = [this, alive = std::weak_ptr(alive_), process, work,
               number = at->second.crash->crash().number] {
    if (alive.expired()) return;
    const auto member = members_.find(process);
    // Of an earlier crash.
    if (member == members_.end() || !member->second.crash || member->second.crash->crash().number != number)
      return;
    (this->*work)(process, member->second);
  };
  if (delay.count() == 0) {
    context_.tracer.post(std::move(call));
  } else {
    context_.tracer.post_after(delay, std::move(call));
  }
}

void CrashCatcher::lose_patience(Pid process, Member& member) {
  if (member.crash->stage() != CrashCase::Stage::gathering) return;
  member.crash->wait_no_longer();
  go_on(process);
}

void CrashCatcher::do_step(Pid process, Member& member) {
  using Stage = CrashCase::Stage;
  // Posted more than once, it finds nothing to do.
  if (!member.crash->ready()) return;
  member.crash->step();
  const Stage stage = member.crash->stage();
  if (!member.written && (stage == Stage::writing_core || stage == Stage::done)) write_report(member);
  if (stage == Stage::done) {
    write_core_result(member);
    after_report(process, member);
    return;
  }
  go_on(process);
}

void CrashCatcher::write_report(Member& member) {
  const Crash& crash = member.crash->crash();
  context_.output.write(report_->of(crash));
  member.written = true;
  Reported reported{.number = crash.number};
  for (const CrashThread& thread : crash.threads) {
    if (thread.signal) reported.signals.push_back(thread.signal->si_signo);
  }
  member.reported = std::move(reported);
}

void CrashCatcher::write_core_result(Member& member) {
  if (member.crash->core()) context_.output.write(report_->of(*member.crash->core()));
}

void CrashCatcher::after_report(Pid process, Member& member) {
  // A debugger that was there before has stopped at the signal itself.
  if (!options_.hold || !member.holds.empty()) {
    end_crash(process, member);
    return;
  }
  const std::string how = options_.how_to_connect ? options_.how_to_connect(process) : std::string();
  context_.output.note(fmt::format("process {} is kept at its crash ({}){}{}", process.value,
                                   signal_name(member.crash->crash().threads.front().signal->si_signo),
                                   how.empty() ? "" : ": ", how));
  if (options_.hold_timeout.count() > 0) later(process, options_.hold_timeout, &CrashCatcher::hold_ends);
}

void CrashCatcher::hold_ends(Pid process, Member& member) {
  if (member.crash->leaving()) return;
  context_.output.note(fmt::format("process {} is kept no longer", process.value));
  end_crash(process, member);
}

void CrashCatcher::end_crash(Pid process, Member& member) {
  member.crash->leave();
  later(process, time_to_die, &CrashCatcher::death_does_not_come);
}

// Somebody has taken the signal away, or holds the thread that it is for.
void CrashCatcher::death_does_not_come(Pid /*process*/, Member& member) {
  let_go(member);
}

void CrashCatcher::let_go(Member& member) {
  const auto crash = std::exchange(member.crash, nullptr);
  crash->let_go();
}

void CrashCatcher::cut_short(Member& member, const std::string& why) {
  if (!member.crash) return;
  if (member.crash->stage() != CrashCase::Stage::done) {
    member.crash->cut_short(why);
    if (!member.written) write_report(member);
    write_core_result(member);
  }
  member.crash.reset();
}

void CrashCatcher::outcome(Pid process, Member& member, bool died, const std::string& text) {
  const auto reported = std::exchange(member.reported, std::nullopt);
  if (reported) context_.output.write(report_->of(Outcome{reported->number, process, died, text}));
}

void CrashCatcher::on_cloned(Member& member, const event::Cloned& event) {
  if (event.kind == CloneKind::thread) {
    // It begins with Born, but its creator may stand before that and be the last one.
    if (member.crash) member.crash->thread_began(event.child);
    return;
  }
  if (followed_.adopt(event)) members_[event.child_process].program = member.program;
}

Verdict CrashCatcher::on_execed(TaskId task, Member& member) {
  const auto process = *context_.tracer.process_of(task);
  cut_short(member, "another thread has called exec");
  outcome(process, member, false, "went on: it runs another program");
  member.handled.reset();
  std::erase_if(member.holds, [&](const auto& hold) { return hold.first != task.serial; });
  member.program = std::make_shared<CrashProgram>(program_now(Tid{process.value}));
  return {};
}

void CrashCatcher::on_hold(TaskId task, Member& member, const event::HoldChanged& event) {
  if (!event.held) {
    member.holds.erase({task.serial, event.by});
    return;
  }
  member.holds.emplace(task.serial, event.by);
  if (!member.crash || member.crash->stage() != CrashCase::Stage::done || member.crash->leaving()) return;
  const Pid process = member.crash->crash().process;
  context_.output.note(
      fmt::format("process {} has been taken over by {}", process.value, harmless(event.by)));
  end_crash(process, member);
}

void CrashCatcher::on_died(TaskId task, const event::Died& event) {
  const auto process = context_.tracer.process_of(task);
  const auto at = process ? members_.find(*process) : members_.end();
  if (at == members_.end()) return;
  if (!event.process_ended) {
    std::erase_if(at->second.holds, [&](const auto& hold) { return hold.first == task.serial; });
    if (at->second.crash) at->second.crash->thread_died(task);
    go_on(*process);
    return;
  }
  followed_.saw(task, event);
  process_ended(*process, at->second, event.status);
  members_.erase(at);
  if (!followed_.empty() || options_.until_finished || std::exchange(ended_, true)) return;
  // The last thing, since it may lead to this object's end.
  context_.ended(followed_.program_status());
}

void CrashCatcher::process_ended(Pid process, Member& member, const ExitStatus& status) {
  cut_short(member, "the process ended meanwhile");
  constexpr int not_executed = 127;  // what Tracer::launch promises
  if (followed_.never_began() && status == ExitStatus{.code = not_executed} &&
      member.program->executable.empty()) {
    context_.output.note("cannot start " + harmless(member.program->arguments.front()));
    return;
  }
  if (member.reported) {
    const auto& signals = member.reported->signals;
    const bool died = status.signalled && std::ranges::find(signals, status.code) != signals.end();
    outcome(process, member, died, died ? "died of it" : "went on, and later " + text_of(status));
    if (died) return;
  }
  // Nobody is shown SIGKILL, nor what the kernel will not have stopped, as seccomp's way of killing.
  const bool unseen = status.signalled && (status.code == SIGKILL ? options_.killed : wanted(status.code));
  if (!unseen) return;
  context_.output.write(
      report_->of(UnseenDeath{++reports_, std::time(nullptr), process, *member.program, status}));
}

}  // namespace

std::unique_ptr<Job> make_crash_catcher(const JobContext& context, const CrashCatcherOptions& options) {
  return std::make_unique<CrashCatcher>(context, options);
}

}  // namespace cotrace::engines
