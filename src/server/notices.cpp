#include "server/notices.h"

namespace cotrace::server {
namespace {

// Beyond this, lines are dropped and counted.
constexpr std::size_t pending_limit = std::size_t{64} * 1024;

}  // namespace

void Notices::line(std::string_view text) {
  if (out_.pending() + text.size() + 1 > pending_limit) {
    ++dropped_;
    return;
  }
  out_.add(text);
  out_.add("\n");
  out_.flush();
}

}  // namespace cotrace::server
