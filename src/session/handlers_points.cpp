// Z and z: breakpoints and watchpoints.
#include <type_traits>
#include <utility>

#include "session/handlers.h"

namespace cotrace::session::handlers {

namespace {

PointType type_of(rsp::PointType type) {
  // Both are the numbers of the protocol.
  return static_cast<PointType>(static_cast<std::underlying_type_t<rsp::PointType>>(type));
}

}  // namespace

rsp::Reply insert_point(Conversation& talk, const rsp::InsertPoint& command) {
  Points& points = *talk.target.points();
  // The empty answer, not an error: gdb then falls back to what it can do itself (a software watchpoint, a
  // write of the breakpoint instruction) and does not try this type again.
  if (!command.type || !points.supports(type_of(*command.type))) return rsp::reply::Unsupported{};
  const auto done = points.insert(talk.subject(), {.type = type_of(*command.type),
                                                   .address = command.address,
                                                   .kind = command.kind,
                                                   .conditions = command.conditions,
                                                   .commands = command.commands,
                                                   .persist = command.persist});
  return done ? rsp::Reply{rsp::reply::Ok{}} : failed(done.error());
}

rsp::Reply remove_point(Conversation& talk, const rsp::RemovePoint& command) {
  Points& points = *talk.target.points();
  if (!command.type || !points.supports(type_of(*command.type))) return rsp::reply::Unsupported{};
  const auto done = points.remove(talk.subject(), type_of(*command.type), command.address, command.kind);
  return done ? rsp::Reply{rsp::reply::Ok{}} : failed(done.error());
}

}  // namespace cotrace::session::handlers
