// m, M, x, X, qSearch:memory, qCRC.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "rsp/crc.h"
#include "session/handlers.h"

namespace cotrace::session::handlers {

namespace {

// qCRC and qSearch read in pieces of this size.
constexpr std::size_t piece = std::size_t{64} * 1024;
// No more than this in one packet: the server does nothing else meanwhile, for any client.
constexpr std::uint64_t longest_scan = 1ULL << 30U;

Result<std::vector<std::byte>> read(Conversation& talk, Addr address, std::uint64_t length,
                                    std::size_t most) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(length, most)));
  const auto count = talk.target.read_memory(talk.subject(), address, bytes);
  if (!count) return std::unexpected(count.error());
  bytes.resize(std::min(*count, bytes.size()));
  return bytes;
}

rsp::Reply write(Conversation& talk, Addr address, std::span<const std::byte> bytes) {
  // gdb writes nothing to find out whether X is known.
  if (bytes.empty()) return rsp::reply::Ok{};
  const auto done = talk.target.write_memory(talk.subject(), address, bytes);
  return done ? rsp::Reply{rsp::reply::Ok{}} : failed(done.error());
}

// All of the range or an error. `use` is handed the pieces in order; it returns false to end early.
Result<> scan(Conversation& talk, Addr address, std::uint64_t length,
              const std::function<bool(Addr, std::span<const std::byte>)>& use) {
  if (length > longest_scan) return fail(Errc::invalid, "The range is too long.");
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(length, piece)));
  while (length > 0) {
    const auto part =
        std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(length, piece)));
    const auto count = talk.target.read_memory(talk.subject(), address, part);
    if (!count) return std::unexpected(count.error());
    if (*count == 0 || *count > part.size()) return fail(Errc::unmapped, "Memory cannot be read.");
    if (!use(address, part.first(*count))) return {};
    address = address + *count;
    length -= *count;
  }
  return {};
}

}  // namespace

rsp::Reply read_memory(Conversation& talk, const rsp::ReadMemory& command) {
  // An answer without digits would be the empty one, "not known here".
  if (command.length == 0) return rsp::reply::Error{};
  auto bytes = read(talk, command.address, command.length, packet_size / 2);
  if (!bytes || bytes->empty()) return rsp::reply::Error{};
  return rsp::reply::Hex{std::move(*bytes)};
}

rsp::Reply read_memory_binary(Conversation& talk, const rsp::ReadMemoryBinary& command) {
  // gdb's form or lldb's, which has nothing before the bytes. gdb from 16.3 on sends it only to servers with
  // binary-upload+, so that it is not confused with lldb's.
  const bool lldb = talk.features.lldb;
  if (command.length == 0) return lldb ? rsp::Reply{rsp::reply::Ok{}} : rsp::reply::Binary{"b", {}};
  auto bytes = read(talk, command.address, command.length, packet_size - 1);
  if (!bytes || bytes->empty()) return rsp::reply::Error{};
  return rsp::reply::Binary{lldb ? "" : "b", std::move(*bytes)};
}

rsp::Reply write_memory(Conversation& talk, const rsp::WriteMemory& command) {
  return write(talk, command.address, command.bytes);
}

rsp::Reply write_memory_binary(Conversation& talk, const rsp::WriteMemoryBinary& command) {
  return write(talk, command.address, command.bytes);
}

rsp::Reply search_memory(Conversation& talk, const rsp::SearchMemory& command) {
  const auto& pattern = command.pattern;
  // No memory goes on at 0 behind its end.
  if (command.length > std::numeric_limits<std::uint64_t>::max() - command.address.value)
    return rsp::reply::Error{};
  const std::boyer_moore_horspool_searcher searcher(pattern.begin(), pattern.end());
  // The end of what was read, so that a match across two pieces is found.
  std::vector<std::byte> window;
  std::optional<Addr> found;
  const auto look = [&](Addr address, std::span<const std::byte> bytes) {
    const std::size_t kept = window.size();
    window.insert(window.end(), bytes.begin(), bytes.end());
    const auto at = std::search(window.begin(), window.end(), searcher);
    if (at != window.end()) {
      found = address - kept + static_cast<std::uint64_t>(at - window.begin());
      return false;
    }
    const std::size_t keep = std::min(window.size(), pattern.size() - 1);
    window.erase(window.begin(), window.end() - static_cast<std::ptrdiff_t>(keep));
    return true;
  };
  if (const auto done = scan(talk, command.address, command.length, look); !done) return failed(done.error());
  return rsp::reply::Payload{found ? fmt::format("1,{:x}", found->value) : "0"};
}

rsp::Reply memory_crc(Conversation& talk, const rsp::MemoryCrc& command) {
  std::uint32_t crc = rsp::crc_start;
  const auto done = scan(talk, command.address, command.length, [&](Addr, std::span<const std::byte> bytes) {
    crc = rsp::crc_update(crc, bytes);
    return true;
  });
  if (!done) return failed(done.error());
  return rsp::reply::Payload{fmt::format("C{:x}", crc)};
}

}  // namespace cotrace::session::handlers
