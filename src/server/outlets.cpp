#include "server/outlets.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace cotrace::server {
namespace {

// What may be kept for a reader that is slow before its job is to hold what it traces.
constexpr std::size_t full_at = std::size_t{4} << 20;
// Pieces that the other end need not wait long for.
constexpr std::size_t piece = std::size_t{256} << 10;

}  // namespace

void LocalOutlet::note(std::string_view line) {
  out_.flush();
  lines_.note(fmt::format("cotrace: {}", line));
}

bool LocalOutlet::full() const {
  return out_.pending() >= full_at;
}

void RemoteOutlet::write(std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    say(FrameKind::output, bytes.substr(0, piece));
}

bool RemoteOutlet::full() const {
  return out_.pending() >= full_at;
}

void RemoteOutlet::when_drained(std::function<void()> drained) {
  drained_ = std::move(drained);
  out_.when_drained([this] { tell_drained(); });
}

void RemoteOutlet::when_empty(std::function<void()> emptied) {
  emptied_ = std::move(emptied);
  out_.when_drained([this] { tell_drained(); });
}

// Either may destroy this object.
void RemoteOutlet::tell_drained() {
  if (emptied_) {
    const auto emptied = emptied_;
    emptied();
  } else if (drained_) {
    drained_();
  }
}

}  // namespace cotrace::server
