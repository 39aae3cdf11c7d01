// qRcmd and qOffsets.
#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "base/hex.h"
#include "session/handlers.h"

namespace cotrace::session::handlers {

namespace {

// In O packets, each of which holds two digits a character.
void print(Conversation& talk, std::string_view text) {
  constexpr std::size_t most = (packet_size - 1) / 2;
  for (; !text.empty(); text.remove_prefix(std::min(most, text.size()))) {
    talk.send(rsp::reply::Payload{rsp::console_output(text.substr(0, most))});
  }
}

}  // namespace

rsp::Reply monitor(Conversation& talk, const rsp::MonitorCommand& command) {
  const auto output = talk.target.console()->run(command.text);
  if (!output) {
    // gdb 13 has no way to show a text that belongs to an error here, so it comes first, as output.
    print(talk, output.error().text);
    return rsp::reply::Error{};
  }
  if (output->empty()) return rsp::reply::Ok{};
  if (2 * output->size() <= packet_size) return rsp::reply::Payload{base::to_hex(*output)};
  print(talk, *output);
  return rsp::reply::Ok{};
}

rsp::Reply section_offsets(Conversation& talk, const rsp::SectionOffsets&) {
  const auto offsets = talk.target.facts()->offsets(talk.subject().pid);
  // gdb finds the offsets by the aux vector then; an error it would show.
  if (!offsets) return rsp::reply::Unsupported{};
  // gdb 13 wants the offset of bss to be that of data.
  return rsp::reply::Payload{
      fmt::format("Text={:x};Data={:x};Bss={:x}", offsets->text, offsets->data, offsets->data)};
}

}  // namespace cotrace::session::handlers
