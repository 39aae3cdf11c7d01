#include "engines/process_tree/process_tree.h"

#include <fmt/format.h>
#include <set>
#include <utility>

#include "base/overloaded.h"
#include "engines/followed.h"
#include "engines/process_tree/formats.h"
#include "engines/process_tree/tree_model.h"
#include "engines/shown_text.h"
#include "linux/proc.h"
#include "linux/usage.h"

namespace cotrace::engines {

namespace {

using Clock = std::chrono::steady_clock;

Origin origin_of(CloneKind kind) {
  switch (kind) {
    case CloneKind::vfork:
      return Origin::vfork;
    case CloneKind::shared_memory:
      return Origin::shared_memory;
    case CloneKind::fork:
    case CloneKind::thread:
      break;
  }
  return Origin::fork;
}

ProgramImage image_now(Tid task, TreeTime now) {
  return {.began = now,
          .executable = sys::executable_of(task).value_or(""),
          .arguments = sys::command_line_of(task).value_or(std::vector<std::string>{})};
}

EventMask mask_of(const ProcessTreeOptions& options) {
  const EventMask mask{EventKind::clone, EventKind::exec, EventKind::exiting, EventKind::death};
  const bool holds = options.format == ProcessTreeOptions::Format::trace_event;
  return holds ? mask.with(EventKind::hold) : mask;
}

class ProcessTree final : public Job, public Engine {
 public:
  ProcessTree(const JobContext& context, const ProcessTreeOptions& options)
      : context_(context),
        options_(options),
        followed_(context.tracer, *this, mask_of(options)),
        format_(make_format()) {}

  std::string name() const override { return "process tree"; }
  Result<Pid> launch(const LaunchOptions& program) override;
  Result<> attach(Pid process) override;
  void finish() override;
  Verdict on_event(TaskId task, const Event& event) override;

 private:
  // What is known of a process's end before it comes.
  struct Ending {
    std::set<std::uint64_t> exiting;  // tasks, by serial
    std::optional<TreeUsage> usage;
  };

  std::unique_ptr<TreeFormat> make_format();
  [[nodiscard]] TreeTime now() const { return std::chrono::duration_cast<TreeTime>(Clock::now() - began_); }
  void tell(const Happening& what) { format_->happened(now(), what); }
  const TreeProcess* process_of(TaskId task);

  void begin_thread(const TreeProcess& process, TaskId task);
  void on_cloned(TaskId task, const event::Cloned& event);
  void on_execed(TaskId task);
  void on_exiting(TaskId task);
  void on_died(TaskId task, const event::Died& event);
  void end_thread(const TreeProcess& process, TaskId task);
  void end_process(const TreeProcess& process, TaskId last, const ExitStatus& status);
  TreeUsage usage_now(const TreeProcess& process, Tid task);
  void on_hold(TaskId task, const event::HoldChanged& event);
  void write_end();

  JobContext context_;
  ProcessTreeOptions options_;
  Clock::time_point began_{Clock::now()};
  TreeModel model_;
  Followed followed_;
  std::unique_ptr<TreeFormat> format_;
  std::map<ProcessNumber, Ending> endings_;
  // Launched, and not yet at the first instruction of its program.
  struct Starting {
    TaskId task;
    TreeTime began;
    std::string program;
  };
  std::optional<Starting> starting_;
  bool complete_{false};
};

std::unique_ptr<TreeFormat> ProcessTree::make_format() {
  switch (options_.format) {
    case ProcessTreeOptions::Format::text:
      return make_text_format(context_.output, model_, options_);
    case ProcessTreeOptions::Format::json:
      return make_json_format(context_.output, model_);
    case ProcessTreeOptions::Format::trace_event:
      return make_trace_event_format(context_.output);
    case ProcessTreeOptions::Format::live:
      break;
  }
  auto later = [&tracer = context_.tracer](std::chrono::milliseconds delay, std::function<void()> work) {
    tracer.post_after(delay, std::move(work));
  };
  return make_live_format(context_.output, model_, options_, later, [this] { return now(); });
}

Result<Pid> ProcessTree::launch(const LaunchOptions& program) {
  const TreeTime began = now();
  const auto task = followed_.launch(program);
  if (!task) return std::unexpected(task.error());
  starting_ = Starting{*task, began, program.arguments.front()};
  return Pid{task->tid.value};
}

Result<> ProcessTree::attach(Pid pid) {
  const auto tasks = followed_.attach(pid);
  if (!tasks) return std::unexpected(tasks.error());
  if (tasks->empty() || model_.living(pid) != nullptr) return {};
  const Tid leader{pid.value};
  const TreeTime age = sys::age_of(leader).value_or(std::chrono::milliseconds(0));
  const TreeProcess& process =
      model_.begin(pid, Origin::attached, std::nullopt, now() - age, image_now(leader, now() - age));
  tell(happening::ProcessBegan{process});
  for (const TaskId task : *tasks) begin_thread(process, task);
  return {};
}

void ProcessTree::finish() {
  followed_.leave_all();
  write_end();
}

void ProcessTree::write_end() {
  if (!std::exchange(complete_, true)) format_->end(now());
}

Verdict ProcessTree::on_event(TaskId task, const Event& event) {
  std::visit(base::Overloaded{
                 [&](const event::Cloned& what) { on_cloned(task, what); },
                 [&](const event::Born&) {
                   // Of most the creator has told already; not of one whose creator was killed meanwhile.
                   if (const auto* process = process_of(task)) begin_thread(*process, task);
                 },
                 [&](const event::Execed&) { on_execed(task); },
                 [&](const event::Exiting&) { on_exiting(task); },
                 [&](const event::Died& what) { on_died(task, what); },
                 [&](const event::HoldChanged& what) { on_hold(task, what); },
                 [](const auto&) {},
             },
             event);
  followed_.saw(task, event);
  const auto* death = std::get_if<event::Died>(&event);
  if (death == nullptr || !death->process_ended || !followed_.empty() || options_.until_finished || complete_)
    return {};
  write_end();
  // The last thing, since it may lead to this object's end.
  context_.ended(followed_.program_status());
  return {};
}

const TreeProcess* ProcessTree::process_of(TaskId task) {
  const auto pid = context_.tracer.process_of(task);
  return pid ? model_.living(*pid) : nullptr;
}

void ProcessTree::begin_thread(const TreeProcess& process, TaskId task) {
  const TreeThread* thread = model_.begin_thread(process.number, task, now());
  if (thread != nullptr && options_.threads && thread->tid.value != process.pid.value)
    tell(happening::ThreadBegan{process, *thread});
}

void ProcessTree::on_cloned(TaskId task, const event::Cloned& event) {
  const TreeProcess* creator = process_of(task);
  if (event.kind == CloneKind::thread) {
    if (creator != nullptr) begin_thread(*creator, event.child);
    return;
  }
  if (!followed_.adopt(event)) return;
  ProgramImage image = creator != nullptr ? creator->images.back() : image_now(event.child.tid, now());
  image.began = now();
  image.inherited = creator != nullptr;
  std::optional<TreeModel::Creator> made_by;
  if (creator != nullptr) made_by = {creator->number, task.tid};
  const TreeProcess& child =
      model_.begin(event.child_process, origin_of(event.kind), made_by, now(), std::move(image));
  tell(happening::ProcessBegan{child});
  begin_thread(child, event.child);
}

void ProcessTree::on_execed(TaskId task) {
  if (starting_ && starting_->task == task) {
    const Starting starting = *std::exchange(starting_, std::nullopt);
    const TreeProcess& process = model_.begin(Pid{starting.task.tid.value}, Origin::launched, std::nullopt,
                                              starting.began, image_now(task.tid, starting.began));
    tell(happening::ProcessBegan{process});
    begin_thread(process, task);
    return;
  }
  const TreeProcess* process = process_of(task);
  if (process == nullptr) return;
  happening::Execed what{*process, {}};
  for (const auto& [serial, thread] : process->threads) {
    if (thread.tid.value != process->pid.value) what.gone.push_back(thread);
  }
  // The task's id, as it was handed out, may be that of a thread.
  model_.exec(process->number, task, image_now(Tid{process->pid.value}, now()));
  endings_.erase(process->number);
  tell(what);
}

// The kernel's books are open as long as somebody is there to be asked about: the time until the process has
// been waited for, which its parent may do faster than this tracer looks; the memory until the last thread
// has given it up, which is right after this.
void ProcessTree::on_exiting(TaskId task) {
  const TreeProcess* process = process_of(task);
  if (process == nullptr) return;
  Ending& ending = endings_[process->number];
  ending.exiting.insert(task.serial);
  // A thousand threads that exit one by one are not worth a thousand looks.
  if (ending.exiting.size() >= process->threads.size()) ending.usage = usage_now(*process, task.tid);
}

TreeUsage ProcessTree::usage_now(const TreeProcess& process, Tid task) {
  TreeUsage usage;
  if (const auto time = sys::cpu_time_of(task)) {
    usage.user = time->user;
    usage.system = time->system;
  }
  // What it shares with its creator is not its own.
  const bool borrowed = process.images.size() == 1 &&
                        (process.origin == Origin::vfork || process.origin == Origin::shared_memory);
  if (borrowed) return usage;
  if (const auto peak = sys::peak_memory_of(task)) usage.peak_memory = *peak;
  return usage;
}

void ProcessTree::on_died(TaskId task, const event::Died& event) {
  if (starting_ && starting_->task == task) {
    if (event.process_ended) {
      constexpr int not_executed = 127;  // what Tracer::launch promises
      context_.output.note(!event.status.signalled && event.status.code == not_executed
                               ? fmt::format("cannot start {}", harmless(starting_->program))
                               : fmt::format("{} ended before it began", harmless(starting_->program)));
      starting_.reset();
    }
    return;
  }
  const TreeProcess* process = process_of(task);
  if (process == nullptr) return;
  if (event.process_ended) {
    end_process(*process, task, event.status);
  } else {
    end_thread(*process, task);
  }
}

void ProcessTree::end_thread(const TreeProcess& process, TaskId task) {
  const auto at = process.threads.find(task.serial);
  if (at == process.threads.end()) return;
  const TreeThread thread = at->second;
  model_.end_thread(process.number, task);
  const auto ending = endings_.find(process.number);
  if (ending != endings_.end()) ending->second.exiting.erase(task.serial);
  if (options_.threads && thread.tid.value != process.pid.value)
    tell(happening::ThreadEnded{process, thread});
}

void ProcessTree::end_process(const TreeProcess& process, TaskId last, const ExitStatus& status) {
  const ProcessNumber number = process.number;
  std::vector<TreeThread> threads;
  threads.reserve(process.threads.size());
  for (const auto& [serial, thread] : process.threads) threads.push_back(thread);
  auto usage = endings_[number].usage;
  endings_.erase(number);
  // Killed so fast that it never came to its exit: a zombie can still be asked for its times.
  if (!usage && sys::cpu_time_of(last.tid)) usage = usage_now(process, last.tid);
  model_.end(number, now(), status, usage);
  tell(happening::ProcessEnded{process, threads});
  if (!format_->needs_the_dead()) model_.forget(number);
}

void ProcessTree::on_hold(TaskId task, const event::HoldChanged& event) {
  const TreeProcess* process = process_of(task);
  if (process == nullptr) return;
  const auto thread = process->threads.find(task.serial);
  if (thread != process->threads.end())
    tell(happening::Held{*process, thread->second.tid, event.by, event.held});
}

}  // namespace

std::unique_ptr<Job> make_process_tree(const JobContext& context, const ProcessTreeOptions& options) {
  return std::make_unique<ProcessTree>(context, options);
}

}  // namespace cotrace::engines
