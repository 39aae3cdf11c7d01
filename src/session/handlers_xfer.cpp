// qXfer of features, auxv, siginfo, exec-file, libraries-svr4, osdata.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "rsp/thread_id.h"
#include "session/handlers.h"
#include "session/xfer.h"

namespace cotrace::session::handlers {

namespace {

Result<std::string> as_text(Result<std::vector<std::byte>> bytes) {
  if (!bytes) return std::unexpected(bytes.error());
  std::string text(bytes->size(), '\0');
  std::ranges::transform(*bytes, text.begin(), [](std::byte b) { return static_cast<char>(b); });
  return text;
}

// lldb 19 takes what is at main-lm for a pointer to the r_debug structure, where there is the address that
// the program has been loaded at, and then knows none of its libraries (Process::GetImageInfoAddress).
// Without it, it finds the structure by itself.
void hide_link_map(std::string& document) {
  constexpr std::string_view key = " main-lm=\"";
  const auto begin = document.find(key);
  if (begin == std::string::npos) return;
  const auto end = document.find('"', begin + key.size());
  if (end != std::string::npos) document.erase(begin, end + 1 - begin);
}

Result<std::string> no_such_annex() {
  return fail(Errc::not_found, "No such annex.");
}

}  // namespace

rsp::Reply xfer_features(Conversation& talk, const rsp::XferRead& command) {
  return serve_object(talk, "features", command, [&]() -> Result<std::string> {
    if (command.annex != "target.xml") return no_such_annex();
    // gdb 13 may ask before any H (and before anything stands): any thread will do.
    const auto thread = talk.current_process();
    if (!thread) return fail(Errc::no_such_process, "There is no process.");
    const auto set = talk.target.register_set(*thread);
    if (!set) return std::unexpected(set.error());
    const bool other = talk.features.lldb && !set->lldb_xml.empty();
    return std::string(other ? set->lldb_xml : set->target_xml);
  });
}

rsp::Reply xfer_auxv(Conversation& talk, const rsp::XferRead& command) {
  return serve_object(talk, "auxv", command, [&]() -> Result<std::string> {
    if (!command.annex.empty()) return no_such_annex();
    return as_text(talk.target.facts()->auxv(talk.subject().pid));
  });
}

// For a stop without a signal the target decides: an error is allowed, gdb shows that there is none.
rsp::Reply xfer_siginfo(Conversation& talk, const rsp::XferRead& command) {
  // No snapshot: gdb 13 reads the fields that it shows from where they are, not from offset 0, and the thread
  // may have moved on since.
  if (!command.annex.empty()) return rsp::reply::Error{};
  const auto info = as_text(talk.target.signal_info()->read(talk.subject()));
  if (!info) return failed(info.error());
  return rsp::xfer_part(*info, command.offset, command.length, packet_size);
}

rsp::Reply xfer_siginfo_write(Conversation& talk, const rsp::XferWrite& command) {
  if (!command.annex.empty()) return rsp::reply::Error{};
  SignalInfo& info = *talk.target.signal_info();
  auto bytes = info.read(talk.subject());
  if (!bytes) return failed(bytes.error());
  // A piece of it may be written; the target is always given a whole one.
  if (command.offset > bytes->size() || command.bytes.size() > bytes->size() - command.offset)
    return rsp::reply::Error{};
  std::ranges::copy(command.bytes, bytes->begin() + static_cast<std::ptrdiff_t>(command.offset));
  if (const auto done = info.write(talk.subject(), *bytes); !done) return failed(done.error());
  std::string count;
  base::append_hex_number(count, command.bytes.size());
  return rsp::reply::Payload{std::move(count)};
}

rsp::Reply xfer_exec_file(Conversation& talk, const rsp::XferRead& command) {
  return serve_object(talk, "exec-file", command, [&]() -> Result<std::string> {
    std::optional<Pid> pid;
    if (!command.annex.empty()) {
      pid = rsp::parse_pid(command.annex);
    } else if (const auto thread = talk.current_process()) {
      pid = thread->pid;
    }
    if (!pid) return no_such_annex();
    return talk.target.facts()->exec_file(*pid);
  });
}

rsp::Reply xfer_libraries_svr4(Conversation& talk, const rsp::XferRead& command) {
  return serve_object(talk, "libraries-svr4", command, [&] {
    auto text = talk.target.facts()->libraries_svr4(talk.subject().pid, command.annex);
    if (text && talk.features.lldb) hide_link_map(*text);
    return text;
  });
}

rsp::Reply xfer_osdata(Conversation& talk, const rsp::XferRead& command) {
  return serve_object(talk, "osdata", command, [&]() -> Result<std::string> {
    auto table = talk.target.facts()->osdata(command.annex);
    // gdb asks "Wrong osdata type?" where the object is empty; to an error it says nothing (gdb 13,
    // gdb.base/info-os.exp).
    if (!table && table.error().code == Errc::not_found) return std::string();
    return table;
  });
}

}  // namespace cotrace::session::handlers
