// A client's breakpoints and watchpoints (Z and z packets).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "native/client.h"
#include "session/target.h"

namespace cotrace::native {

struct PointKey {
  session::PointType type;
  Addr address;
  std::uint64_t kind;
  friend auto operator<=>(const PointKey&, const PointKey&) = default;
};

struct PlantedPoint {
  PointId id;
  bool persist{false};
};

// The points of one client in one address space. Processes on the same memory (vfork, CLONE_VM) share one
// table: what the client takes out "in the child" is then taken out of the parent too, as it is the same
// byte.
class PointTable {
 public:
  std::map<PointKey, PlantedPoint> planted;

  // What a fork's child starts with: its memory has copies of all breakpoints, and the core has adopted those
  // of this engine. The ids are asked for when first needed.
  struct Inherited {
    TaskId child;
    std::map<PointKey, PlantedPoint> of_parent;
  };
  std::optional<Inherited> inherited;

  [[nodiscard]] const PointKey* find(PointId id) const;
  [[nodiscard]] bool breakpoint_at(Addr address, bool hardware) const;
};

class NativePoints final : public session::Points {
 public:
  explicit NativePoints(Client& client) : client_(client) {}

  // x86 has no watchpoint that only reads trip (Intel SDM vol. 3, 17.2.4), and a read-write one told as
  // "read" would lie.
  [[nodiscard]] bool supports(session::PointType type) const override;
  Result<> insert(session::ThreadRef thread, session::PointRequest request) override;
  Result<> remove(session::ThreadRef thread, session::PointType type, Addr address,
                  std::uint64_t kind) override;

  // The table of a process, with what it has inherited.
  PointTable& table(Process& process) const;
  // For the child of a fork: a table that inherits.
  std::shared_ptr<PointTable> table_for_fork(Process& parent, TaskId child) const;
  // Takes everything out but what the client wanted to outlive its connection.
  void remove_all(Process& process);

 private:
  Result<PointId> plant(TaskId task, const session::PointRequest& request, trace::Condition condition);

  Client& client_;
};

}  // namespace cotrace::native
