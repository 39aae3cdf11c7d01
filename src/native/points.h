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
  bool lent{false};  // the core's point is another process's on the same memory; only that one takes it out
};

// The points of one client in one process. The child of a vfork shares its parent's table: what the client
// takes out "in the child" is taken out of the parent too, and gdb knows that. A child by clone(CLONE_VM)
// without CLONE_VFORK is told as a fork, for lack of anything better, so the client believes its memory a
// copy: its table is one, of points that are lent.
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
  // For a process on its creator's memory that the client takes for a copy.
  std::shared_ptr<PointTable> table_for_clone(Process& creator) const;
  // Takes everything out but what the client wanted to outlive its connection.
  void remove_all(Process& process);

 private:
  Result<PointId> plant(TaskId task, const session::PointRequest& request, trace::Condition condition);

  Client& client_;
};

}  // namespace cotrace::native
