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

}  // namespace cotrace::session
