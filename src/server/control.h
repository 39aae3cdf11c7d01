// The other door of a running cotrace: commands of the same user ask here who holds what, and have jobs run
// on processes that this one traces already.
//
// Requests are one JSON object each:
//   {"ask": "who"}                                 answer: as `monitor who`
//   {"run": ["trace", "-f", ...], "processes": [12, ...], "all": false, "with_init": false,
//    "directory": "/...", "terminal": true, "to_file": false, "unicode": true, "columns": 80, "rows": 24}
//                                                  output and notes, then ended:
//                                                  {"signalled": false, "code": 0}, or {} without a program
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <cotrace/error.h>
#include <cotrace/event.h>

#include "base/reactor.h"
#include "server/frames.h"
#include "server/jobs.h"
#include "server/listener.h"

namespace cotrace::server {

// A request as it was sent. invalid: it cannot be understood.
struct Question {};
using ControlRequest = std::variant<Question, JobRequest>;
Result<ControlRequest> parse_request(std::string_view json);
std::string to_json(const ControlRequest& request);
// The text of an `ended` frame.
std::string to_json(const std::optional<ExitStatus>& program);
Result<std::optional<ExitStatus>> parse_ended(std::string_view json);

class ControlDoor final : public ListenerOwner {
 public:
  using Who = std::function<std::string()>;
  ControlDoor(base::Reactor& reactor, Jobs& jobs, Who who);
  ~ControlDoor() override;

  // From now on commands can come. system: the name is taken.
  Result<> open();
  // Who is there is told that it ends, as far as it listens; its jobs are finished before.
  void close();

  // Jobs of others run here.
  [[nodiscard]] bool busy() const { return !visits_.empty(); }
  // Called from a turn of its own when a visit has ended.
  void when_left(std::function<void()> left) { left_ = std::move(left); }

 private:
  class Visit;
  void on_connection(base::Fd socket, const PeerName& peer) override;
  void on_refused(const PeerName&, const Error&) override {}
  void over(Visit& visit);

  base::Reactor& reactor_;
  Jobs& jobs_;
  Who who_;
  std::function<void()> left_;
  std::unique_ptr<Listener> listener_;
  std::list<std::unique_ptr<Visit>> visits_;
  std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace cotrace::server
