// The tree as lines of text.
#pragma once

#include <string>
#include <vector>

#include "engines/process_tree/tree_model.h"

namespace cotrace::engines {

struct DrawOptions {
  bool unicode{true};
  bool living_only{false};  // and what they descend from
};

// What a process runs, and has run before in this tree: "sh -c date -> date"; in parentheses where it is a
// copy of what its creator ran.
std::string shown_programs(const TreeProcess& process);
// "1.234s wall, 0.810s cpu, 12.3M peak": of a process that has ended.
std::string shown_usage(const TreeProcess& process);

// A heading, and a line for each process below the one that made it, without line ends.
std::vector<std::string> draw_tree(const TreeModel& model, TreeTime now, const DrawOptions& options);

}  // namespace cotrace::engines
