// What the formats of a process tree are told.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engines/process_tree/tree_model.h"

namespace cotrace::engines {

namespace happening {

// Each is told when the model knows of it. References are good during the call.
struct ProcessBegan {
  const TreeProcess& process;
};
struct ThreadBegan {
  const TreeProcess& process;
  const TreeThread& thread;
};
struct ThreadEnded {
  const TreeProcess& process;
  TreeThread thread;
};
// The last of process.images is the new one. `gone`: threads that it has ended.
struct Execed {
  const TreeProcess& process;
  std::vector<TreeThread> gone;
};
// `threads`: those that were left.
struct ProcessEnded {
  const TreeProcess& process;
  std::vector<TreeThread> threads;
};
// Another engine holds a thread, or does so no longer.
struct Held {
  const TreeProcess& process;
  Tid thread;
  std::string by;
  bool held;
};

}  // namespace happening

using Happening = std::variant<happening::ProcessBegan, happening::ThreadBegan, happening::ThreadEnded,
                               happening::Execed, happening::ProcessEnded, happening::Held>;

// One of the formats.
class TreeFormat {
 public:
  virtual ~TreeFormat() = default;
  virtual void happened(TreeTime now, const Happening& what) = 0;
  // Called once: nothing more will be told.
  virtual void end(TreeTime now) = 0;
  // Whether processes that have ended are to be kept in the model until the end.
  [[nodiscard]] virtual bool needs_the_dead() const { return false; }
};

}  // namespace cotrace::engines
