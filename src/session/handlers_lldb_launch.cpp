// A, qLaunchSuccess, QLaunchArch, QEnvironment, QSetDisableASLR, QSetDetachOnError, QSetSTDIN and its like,
// qGetWorkingDir, vAttachName and its like.
#include <string>
#include <utility>

#include "base/hex.h"
#include "session/handlers.h"
#include "session/starting.h"

namespace cotrace::session::handlers {

namespace {

rsp::Reply set_stream(Conversation& talk, int descriptor, const std::string& path) {
  talk.target.processes()->set_stream(descriptor, path);
  return rsp::reply::Ok{};
}

rsp::Reply attach_by_name(Conversation& talk, const std::string& program, Processes::Which which) {
  if (!may_start(talk)) return rsp::reply::Error{};
  talk.target.processes()->attach_by_name(program, which, !talk.non_stop, when_attached(talk));
  return rsp::reply::Later{};
}

}  // namespace

rsp::Reply launch_arguments(Conversation& talk, const rsp::LaunchArguments& command) {
  if (!may_start(talk)) return rsp::reply::Error{};
  talk.target.processes()->launch({command.words},
                                  [later = Deferred(talk)](Result<ThreadRef> thread) mutable {
                                    Conversation* still = later.conversation();
                                    if (still == nullptr) return;
                                    still->launch_failure = thread ? std::string() : thread.error().text;
                                    if (thread) {
                                      // Told when the client asks for it.
                                      still->told.tell(first_stop(*thread));
                                      still->general = *thread;
                                    }
                                    later.answer(thread ? rsp::Reply{rsp::reply::Ok{}} : rsp::reply::Error{});
                                  });
  return rsp::reply::Later{};
}

rsp::Reply launch_success(Conversation& talk, const rsp::LaunchSuccess&) {
  if (talk.launch_failure.empty()) return rsp::reply::Ok{};
  // E and the sentence, in this packet's own way.
  return rsp::reply::Payload{"E" + std::exchange(talk.launch_failure, {})};
}

rsp::Reply launch_arch(Conversation&, const rsp::LaunchArch&) {
  // The program's file says what it is built for.
  return rsp::reply::Ok{};
}

rsp::Reply plain_environment(Conversation& talk, const rsp::PlainEnvironment& command) {
  talk.target.processes()->set_environment(command.variable, command.value);
  return rsp::reply::Ok{};
}

rsp::Reply disable_aslr(Conversation& talk, const rsp::DisableAslr& command) {
  talk.target.processes()->set_disable_randomization(command.on);
  return rsp::reply::Ok{};
}

rsp::Reply detach_on_error(Conversation& talk, const rsp::DetachOnError& command) {
  talk.kill_when_lost = !command.detach;
  return rsp::reply::Ok{};
}

rsp::Reply set_standard_input(Conversation& talk, const rsp::SetStandardInput& command) {
  return set_stream(talk, 0, command.path);
}

rsp::Reply set_standard_output(Conversation& talk, const rsp::SetStandardOutput& command) {
  return set_stream(talk, 1, command.path);
}

rsp::Reply set_standard_error(Conversation& talk, const rsp::SetStandardError& command) {
  return set_stream(talk, 2, command.path);
}

rsp::Reply get_working_directory(Conversation& talk, const rsp::WorkingDirectory&) {
  return rsp::reply::Payload{base::to_hex(talk.target.processes()->working_directory())};
}

rsp::Reply attach_name(Conversation& talk, const rsp::AttachName& command) {
  return attach_by_name(talk, command.program, Processes::Which::running);
}

rsp::Reply attach_wait(Conversation& talk, const rsp::AttachWait& command) {
  return attach_by_name(talk, command.program, Processes::Which::next);
}

rsp::Reply attach_or_wait(Conversation& talk, const rsp::AttachOrWait& command) {
  return attach_by_name(talk, command.program, Processes::Which::running_or_next);
}

rsp::Reply attach_or_wait_supported(Conversation&, const rsp::AttachOrWaitSupported&) {
  return rsp::reply::Ok{};
}

}  // namespace cotrace::session::handlers
