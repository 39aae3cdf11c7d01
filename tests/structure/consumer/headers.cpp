// The smallest user of the installed libraries: every public header, and calls of what is there.
#include <cstdio>
#include <type_traits>
#include <variant>

#include <cotrace/engine.h>
#include <cotrace/error.h>
#include <cotrace/event.h>
#include <cotrace/ids.h>

namespace {

class Listener : public cotrace::Engine {
 public:
  cotrace::Verdict on_event(cotrace::TaskId task, const cotrace::Event& event) override {
    last_ = task;
    if (std::holds_alternative<cotrace::event::Quiesced>(event))
      return {.action = cotrace::ResumeAction::stop};
    return {};
  }
  [[nodiscard]] cotrace::TaskId last() const { return last_; }

 private:
  cotrace::TaskId last_;
};

}  // namespace

int main() {
  Listener listener;
  const cotrace::TaskId task{cotrace::leader_of(cotrace::Pid{7}), 1};
  const cotrace::Verdict verdict = listener.on_event(task, cotrace::event::Quiesced{});
  const cotrace::Result<> failed = cotrace::fail(cotrace::Errc::gone, "the task is gone");
  const bool good = verdict.action == cotrace::ResumeAction::stop && listener.last() == task && !failed &&
                    failed.error().code == cotrace::Errc::gone;
  std::puts(good ? "consumer: ok" : "consumer: wrong");
  return good ? 0 : 1;
}
