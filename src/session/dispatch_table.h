// The packets that are served, as data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rsp/command.h"
#include "rsp/reply.h"
#include "session/state.h"

namespace cotrace::session {

// What must be there before a packet's handler is called; otherwise the answer is an error.
enum class Needs : std::uint8_t {
  nothing,
  process,         // the handler finds one of its threads in Conversation::subject
  stopped_thread,  // the selected thread, and it stands in this client's view
  extended,        // extended mode; without it the packet does not exist
};

// The optional part of the target without which a packet or feature does not exist.
enum class Part : std::uint8_t {
  none,
  processes,
  points,
  syscalls,
  files,
  facts,
  signal_info,
  thread_facts,
  thread_locals,
  system_facts,
  platform,
  program_memory,
  console,
  event_options,
};

struct Row {
  std::string_view name;                                            // as rsp::split_name gives it
  rsp::Reply (*handle)(Conversation&, std::string_view arguments);  // parses, then carries out
  Needs needs{Needs::nothing};
  Part part{Part::none};
  std::string_view feature{};   // what qSupported says of it, "" nothing
  std::string_view disabled{};  // the --disable-packet word that takes it away
};

std::span<const Row> dispatch_table();
const Row* find_row(std::string_view name);
bool served(const Conversation& talk, const Row& row);

// The answer to qSupported, for what the client has said (Conversation::features).
std::string supported_features(const Conversation& talk);

}  // namespace cotrace::session
