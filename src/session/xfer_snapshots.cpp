#include "session/xfer_snapshots.h"

#include <algorithm>
#include <utility>

namespace cotrace::session {

namespace {
// gdb reads one object at a time; a few more cost nothing. A client that begins thousands must not fill the
// memory.
constexpr std::size_t most_kept = 8;
}  // namespace

const std::string* XferSnapshots::find(std::string_view object, std::string_view annex) const {
  const auto found =
      std::ranges::find_if(kept_, [&](const Snapshot& s) { return s.object == object && s.annex == annex; });
  return found == kept_.end() ? nullptr : &found->bytes;
}

const std::string& XferSnapshots::store(std::string_view object, std::string_view annex, std::string bytes) {
  std::erase_if(kept_, [&](const Snapshot& s) { return s.object == object && s.annex == annex; });
  if (kept_.size() >= most_kept) kept_.pop_front();
  kept_.push_back({std::string(object), std::string(annex), std::move(bytes)});
  return kept_.back().bytes;
}

}  // namespace cotrace::session
