#include "session/xfer.h"

#include <utility>

namespace cotrace::session {

rsp::Reply serve_object(Conversation& talk, std::string_view object, const rsp::XferRead& command,
                        const std::function<Result<std::string>()>& make) {
  const std::string* bytes = command.offset == 0 ? nullptr : talk.snapshots.find(object, command.annex);
  if (bytes == nullptr) {
    auto made = make();
    if (!made) return failed(made.error());
    bytes = &talk.snapshots.store(object, command.annex, std::move(*made));
  }
  return rsp::xfer_part(std::string_view(*bytes), command.offset, command.length, packet_size);
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      // A thread may call itself anything; XML 1.0 has no way to write control characters.
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

}  // namespace cotrace::session
