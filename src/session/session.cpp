#include "session/session.h"

#include <utility>

#include "session/state.h"

namespace cotrace::session {

// The listener side; everything else is the conversation.
struct Session::State final : StopListener {
  State(Target& target, Transport& transport, SessionOwner& owner, SessionOptions options)
      : talk(target, transport, owner, std::move(options)) {
    talk.target.set_listener(this);
  }
  ~State() override { talk.target.set_listener(nullptr); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void on_stop(const StopReport& report) override {
    if (unspeakable(report.reason)) {
      talk.forget(report.thread.pid);
      return;
    }
    talk.turn([&] { talk.mode->on_stop(report); });
  }
  void on_halted() override {
    talk.turn([&] { talk.mode->on_halted(); });
  }
  void on_console(std::string_view text) override {
    talk.turn([&] { talk.console(text); });
  }

  // To a client without multiprocess a W or X is the end of all there is: it hears of the last process only.
  [[nodiscard]] bool unspeakable(const StopReason& reason) const {
    if (talk.features.multiprocess) return false;
    const auto* exited = std::get_if<stop::Exited>(&reason);
    const auto* killed = std::get_if<stop::Killed>(&reason);
    return (exited != nullptr && exited->others_live) || (killed != nullptr && killed->others_live);
  }

  Conversation talk;
};

Session::Session(Target& target, Transport& transport, SessionOwner& owner, SessionOptions options)
    : state_(std::make_unique<State>(target, transport, owner, std::move(options))) {}

Session::~Session() = default;

void Session::receive(std::string_view bytes) {
  state_->talk.turn([&] { state_->talk.wire.feed(bytes); });
}

void Session::initial_stop(const StopReport& report) {
  state_->talk.told.tell(report);
  state_->talk.general = report.thread;
}

bool Session::extended() const {
  return state_->talk.extended;
}

bool Session::kill_when_lost() const {
  return state_->talk.kill_when_lost;
}

bool Session::non_stop() const {
  return state_->talk.non_stop;
}

}  // namespace cotrace::session
