#include "trace/hardware.h"

#include <algorithm>

#include "trace/report.h"

namespace cotrace::trace {

namespace native = arch::native;

namespace {

constexpr int status_register = 6;   // DR6: what has fired
constexpr int control_register = 7;  // DR7: what is enabled

Result<> write_registers(Task& task, const native::DebugRegisters& wanted) {
  // The kernel checks each enabled slot against its address: switch all off before the addresses change.
  if (task.debug_applied.any()) {
    if (auto off = task.stopped->set_debug_register(control_register, 0); !off) return off;
  }
  if (!wanted.any()) return {};
  for (int i = 0; i < native::DebugRegisters::slots; ++i) {
    if (auto set = task.stopped->set_debug_register(i, wanted.address_register(i)); !set) return set;
  }
  return task.stopped->set_debug_register(control_register, wanted.control_register());
}

}  // namespace

Result<> apply_hardware(Task& task) {
  AddressSpace& space = *task.space;
  if (task.debug_version == space.debug_version) return {};
  // A shadow has no engine that could want to hear of it.
  const native::DebugRegisters wanted = task.attached() ? space.debug : native::DebugRegisters{};
  if (!(wanted == task.debug_applied)) {
    auto written = write_registers(task, wanted);
    // A dying task needs none. Anything else the kernel refuses was accepted when the point was set; it can
    // only be gone.
    if (!written && written.error().code == Errc::gone) return written;
    task.debug_applied = wanted;
  }
  task.debug_version = space.debug_version;
  return {};
}

Result<> clear_hardware(Task& task) {
  if (!task.debug_applied.any() || !task.stopped) return {};
  auto written = write_registers(task, {});
  task.debug_applied = {};
  return written;
}

bool tell_hardware_hits(World& world, Task& task) {
  if (!task.debug_applied.any() || !task.stopped) return false;
  auto status = task.stopped->debug_register(status_register);
  if (!status) return false;
  const auto fired = task.debug_applied.triggered(*status);
  if (fired.empty()) return false;
  (void)task.stopped->set_debug_register(status_register, 0);
  const std::shared_ptr<AddressSpace> space = task.space;
  // Owners may remove points while they are told.
  struct Hit {
    Engine* engine;
    Event event;
  };
  std::vector<Hit> hits;
  for (auto& point : space->hardware) {
    auto match = std::ranges::find_if(point.slots, [&](const native::DebugSlot& slot) {
      return std::ranges::find(fired, slot) != fired.end();
    });
    if (match == point.slots.end() || task.find(*point.engine) == nullptr) continue;
    if (!condition_holds(point.condition, task.id)) continue;
    if (match->kind == native::WatchKind::execute) {
      hits.push_back({point.engine, event::BreakpointHit{point.address, {point.point}, true}});
    } else {
      hits.push_back({point.engine, event::WatchpointHit{point.address, point.point}});
    }
  }
  for (const Hit& hit : hits) tell_trap(world, task, *hit.engine, hit.event);
  return true;
}

}  // namespace cotrace::trace
