#include "native/points.h"

#include <algorithm>
#include <utility>

#include "native/agent_code.h"

namespace cotrace::native {

using session::PointType;

const PointKey* PointTable::find(PointId id) const {
  const auto at = std::ranges::find_if(planted, [&](const auto& entry) { return entry.second.id == id; });
  return at == planted.end() ? nullptr : &at->first;
}

bool PointTable::breakpoint_at(Addr address, bool hardware) const {
  const PointType type = hardware ? PointType::hardware : PointType::software;
  // Whatever its kind: the length of a breakpoint instruction means nothing here.
  const auto at = planted.lower_bound(PointKey{type, address, 0});
  return at != planted.end() && at->first.type == type && at->first.address == address;
}

bool NativePoints::supports(PointType type) const {
  return type != PointType::read_watch;
}

PointTable& NativePoints::table(Process& process) const {
  if (!process.points) process.points = std::make_shared<PointTable>();
  PointTable& table = *process.points;
  if (!table.inherited) return table;
  // Only now: the core makes the copies when this engine attaches to the child, under ids of their own.
  const auto inherited = *std::exchange(table.inherited, std::nullopt);
  for (const auto& [parents, childs] : client_.core.adopted_points(inherited.child, client_.engine)) {
    const auto at = std::ranges::find_if(inherited.of_parent,
                                         [id = parents](const auto& entry) { return entry.second.id == id; });
    if (at != inherited.of_parent.end()) table.planted[at->first] = {childs, at->second.persist};
  }
  return table;
}

std::shared_ptr<PointTable> NativePoints::table_for_fork(Process& parent, TaskId child) const {
  auto copy = std::make_shared<PointTable>();
  copy->inherited = PointTable::Inherited{child, table(parent).planted};
  return copy;
}

std::shared_ptr<PointTable> NativePoints::table_for_clone(Process& creator) const {
  auto copy = std::make_shared<PointTable>();
  copy->planted = table(creator).planted;
  for (auto& [key, point] : copy->planted) point.lent = true;
  return copy;
}

Result<> NativePoints::insert(session::ThreadRef thread, session::PointRequest request) {
  auto process = client_.process(thread.pid);
  if (!process) return std::unexpected(process.error());
  const auto task = client_.memory_of(thread);
  if (!task) return std::unexpected(task.error());
  if (!supports(request.type)) return fail(Errc::unsupported, "this processor has no read watchpoints");

  trace::Condition condition;
  if (!request.conditions.empty() || !request.commands.empty()) {
    auto code = AgentCode::make(client_, request.conditions, request.commands);
    if (!code) return std::unexpected(code.error());
    condition = [code = std::move(*code)](TaskId at) { return code->stops(at); };
  }
  // The new one first: where it cannot be had, the old one stays. Both count as one site.
  const auto id = plant(*task, request, std::move(condition));
  if (!id) return std::unexpected(id.error());
  auto& slot = table(**process).planted[{request.type, request.address, request.kind}];
  if (slot.id != PointId{} && !slot.lent) (void)client_.core.remove_point(client_.engine, slot.id);
  slot = {*id, request.persist};
  return {};
}

Result<> NativePoints::remove(session::ThreadRef thread, PointType type, Addr address, std::uint64_t kind) {
  auto process = client_.process(thread.pid);
  if (!process) return std::unexpected(process.error());
  auto& planted = table(**process).planted;
  const auto at = planted.find({type, address, kind});
  // Removing is idempotent in the protocol (gdb manual, "Packets": z and Z), and gdb takes out in a fork's
  // child what it never set there.
  if (at == planted.end()) return {};
  const PlantedPoint point = at->second;
  planted.erase(at);
  // Gone with its memory: then it is out as well.
  if (!point.lent) (void)client_.core.remove_point(client_.engine, point.id);
  return {};
}

void NativePoints::remove_all(Process& process) {
  std::erase_if(table(process).planted, [&](const auto& entry) {
    // gdb: set disconnected-dprintf on.
    if (entry.second.persist) return false;
    if (!entry.second.lent) (void)client_.core.remove_point(client_.engine, entry.second.id);
    return true;
  });
}

Result<PointId> NativePoints::plant(TaskId task, const session::PointRequest& request,
                                    trace::Condition condition) {
  using arch::native::WatchKind;
  trace::Core& core = client_.core;
  switch (request.type) {
    case PointType::software:
      return core.add_breakpoint(task, client_.engine, request.address, std::move(condition));
    case PointType::hardware:
      return core.add_hardware_breakpoint(task, client_.engine, request.address, std::move(condition));
    case PointType::write_watch:
    case PointType::access_watch:
      return core.add_watchpoint(
          task, client_.engine, request.address, request.kind,
          request.type == PointType::write_watch ? WatchKind::write : WatchKind::read_write,
          std::move(condition));
    case PointType::read_watch:
      break;
  }
  return fail(Errc::unsupported, "no such kind of breakpoint");
}

}  // namespace cotrace::native
