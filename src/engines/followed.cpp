#include "engines/followed.h"

namespace cotrace::engines {

Result<TaskId> Followed::launch(const LaunchOptions& program) {
  const auto task = tracer_.launch(program, engine_, {.events = events_});
  if (!task) return task;
  program_ = Pid{task->tid.value};
  program_status_.reset();
  began_ = false;
  processes_.insert(*program_);
  return task;
}

Result<std::vector<TaskId>> Followed::attach(Pid process) {
  if (follows(process)) return std::vector<TaskId>{};
  auto tasks = tracer_.attach(process, engine_, {.events = events_});
  if (tasks) processes_.insert(process);
  return tasks;
}

bool Followed::adopt(const event::Cloned& event) {
  if (event.kind == CloneKind::thread) return false;
  // Followed already: somebody has asked for it by its id, faster than its creator could be heard.
  if (follows(event.child_process)) return false;
  if (!tracer_.attach(event.child, engine_, {.events = events_})) return false;
  processes_.insert(event.child_process);
  return true;
}

void Followed::saw(TaskId task, const Event& event) {
  const auto process = tracer_.process_of(task);
  if (!process) return;
  if (std::holds_alternative<event::Execed>(event) && program_ == process) began_ = true;
  const auto* death = std::get_if<event::Died>(&event);
  if (death == nullptr || !death->process_ended) return;
  if (program_ == process && !program_status_) program_status_ = death->status;
  processes_.erase(*process);
}

void Followed::leave_all() {
  for (const Pid process : processes_) (void)tracer_.detach(process, engine_);
  processes_.clear();
}

}  // namespace cotrace::engines
