// How programs are to be started: QEnvironment..., QSetWorkingDir, QStartupWithShell, QDisableRandomization.
#include "session/handlers.h"

namespace cotrace::session::handlers {

rsp::Reply disable_randomization(Conversation& talk, const rsp::DisableRandomization& command) {
  talk.target.processes()->set_disable_randomization(command.on);
  return rsp::reply::Ok{};
}

rsp::Reply startup_with_shell(Conversation& talk, const rsp::StartupWithShell& command) {
  talk.target.processes()->set_startup_with_shell(command.on);
  return rsp::reply::Ok{};
}

rsp::Reply set_environment(Conversation& talk, const rsp::SetEnvironment& command) {
  talk.target.processes()->set_environment(command.variable, command.value);
  return rsp::reply::Ok{};
}

rsp::Reply unset_environment(Conversation& talk, const rsp::UnsetEnvironment& command) {
  talk.target.processes()->set_environment(command.variable, std::nullopt);
  return rsp::reply::Ok{};
}

rsp::Reply reset_environment(Conversation& talk, const rsp::ResetEnvironment&) {
  talk.target.processes()->reset_environment();
  return rsp::reply::Ok{};
}

rsp::Reply set_working_directory(Conversation& talk, const rsp::SetWorkingDirectory& command) {
  talk.target.processes()->set_working_directory(command.directory);
  return rsp::reply::Ok{};
}

}  // namespace cotrace::session::handlers
