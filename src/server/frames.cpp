#include "server/frames.h"

#include <cstring>
#include <utility>

namespace cotrace::server {
namespace {

constexpr std::size_t header_size = 1 + sizeof(std::uint32_t);

bool known(FrameKind kind) {
  switch (kind) {
    case FrameKind::request:
    case FrameKind::output:
    case FrameKind::note:
    case FrameKind::ended:
    case FrameKind::refused:
    case FrameKind::answer:
      return true;
  }
  return false;
}

}  // namespace

std::string encode(FrameKind kind, std::string_view text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  std::string out(header_size, static_cast<char>(kind));
  std::memcpy(out.data() + 1, &length, sizeof length);
  return out.append(text);
}

std::optional<Frame> FrameReader::next() {
  if (broken_) return std::nullopt;
  const auto rest = std::string_view(bytes_).substr(read_);
  if (rest.size() < header_size) return std::nullopt;
  const auto kind = static_cast<FrameKind>(rest[0]);
  std::uint32_t length = 0;
  std::memcpy(&length, rest.data() + 1, sizeof length);
  broken_ = !known(kind) || length > longest;
  if (broken_ || rest.size() - header_size < length) return std::nullopt;
  Frame frame{kind, std::string(rest.substr(header_size, length))};
  read_ += header_size + length;
  if (read_ > bytes_.size() / 2) bytes_.erase(0, std::exchange(read_, 0));
  return frame;
}

}  // namespace cotrace::server
