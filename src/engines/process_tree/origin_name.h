// How a process came into the tree, in one word.
#pragma once

#include <string_view>

#include "engines/process_tree/tree_model.h"

namespace cotrace::engines {

constexpr std::string_view origin_name(Origin origin) {
  switch (origin) {
    case Origin::launched:
      return "launched";
    case Origin::attached:
      return "attached";
    case Origin::fork:
      return "fork";
    case Origin::vfork:
      return "vfork";
    case Origin::shared_memory:
      return "shared_memory";
  }
  return {};
}

}  // namespace cotrace::engines
