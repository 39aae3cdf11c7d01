#include "server/view.h"

#include <algorithm>
#include <unistd.h>

namespace cotrace::server {

View::View(trace::Core& core, base::Reactor& reactor, native::TargetOptions options, const Services& services,
           ViewOwner& owner)
    : services_(services),
      owner_(owner),
      monitor_(*this, services.log, services.packets),
      target_(core, reactor, with_us(std::move(options))) {}

native::TargetOptions View::with_us(native::TargetOptions options) {
  options.console = &monitor_;
  options.observer = this;
  return options;
}

bool View::has_processes() {
  return !target_.processes()->list().empty();
}

bool View::has(Pid process) {
  const auto list = target_.processes()->list();
  return std::ranges::find(list, process) != list.end();
}

void View::give_up(bool kill_launched, std::move_only_function<void()> done) {
  given_up_ = true;
  // The session goes before the target has let go of everything: nothing may be reported to it any more.
  target_.set_listener(nullptr);
  target_.release(kill_launched, std::move(done));
}

void View::launched(Pid process, const std::string& program) {
  launched_.insert(process);
  told_.insert(process);
  services_.lines.launched(process, program);
  owner_.process_launched(*this, process);
}

void View::launch_failed(const Error& why) {
  services_.lines.exec_failed(why);
}

void View::attached(Pid process) {
  told_.insert(process);
  services_.lines.attached(process);
  owner_.process_attached(*this, process);
}

void View::ended(Pid process, const ExitStatus& status) {
  launched_.erase(process);
  services_.log.debug("process {} ended", process.value);
  if (told_.erase(process) != 0) services_.lines.ended(process, status);
  owner_.process_ended(*this, process);
}

void View::detaching(Pid process) {
  told_.erase(process);
  // The server goes on being its parent, so somebody there must wait for its end.
  const bool mine = launched_.erase(process) != 0;
  services_.lines.detaching(process);
  if (!given_up_) owner_.process_let_go(*this, process, mine);
}

bool View::ignored(Pid process) {
  if (!owner_.process_ignored(process)) return false;
  launched_.erase(process);
  told_.erase(process);
  return true;
}

void View::killing(Pid process) {
  // What is killed on request is not reported as an accident of the program's.
  told_.erase(process);
  services_.lines.killing(process);
}

void View::agent_printf(std::string_view text) {
  // gdb's dprintf in agent style promises the server's standard output (gdb manual, "Dynamic Printf"). The
  // server's stdout is the program's too, so a full pipe here has blocked the program already.
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
}

void View::request_exit() {
  owner_.exit_requested(*this);
}
void View::set_libthread_db_path(const std::string& directories) {
  target_.set_libthread_db_path(directories);
}
std::string View::who() {
  return owner_.who(*this);
}

Result<std::string> View::follow(std::optional<bool> on) {
  return owner_.follow(*this, on);
}
Result<std::string> View::add_gate(GateKind kind, std::string_view pattern) {
  return owner_.add_gate(kind, pattern);
}

}  // namespace cotrace::server
