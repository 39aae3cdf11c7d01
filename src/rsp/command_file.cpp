#include "rsp/command_file.h"

#include <limits>
#include <utility>

#include "rsp/scanner.h"
#include "rsp/thread_id.h"

namespace cotrace::rsp {

namespace {

std::optional<std::string> parse_path(std::string_view hex) {
  auto path = parse_hex_text(hex);
  if (!path || path->empty()) return std::nullopt;
  return path;
}

template <class Packet>
std::optional<Packet> parse_path_packet(std::string_view arguments) {
  return parse_path(arguments).transform([](std::string path) { return Packet{std::move(path)}; });
}

std::optional<int> scan_handle(Scanner& in) {
  return in.number(std::numeric_limits<int>::max()).transform([](std::uint64_t n) {
    return static_cast<int>(n);
  });
}

template <class Packet>
std::optional<Packet> parse_handle_packet(std::string_view arguments) {
  Scanner in(arguments);
  const auto handle = scan_handle(in);
  if (!handle || !in.done()) return std::nullopt;
  return Packet{*handle};
}

}  // namespace

std::optional<FileSetfs> FileSetfs::parse(std::string_view arguments) {
  if (arguments == "0") return FileSetfs{};
  return parse_pid(arguments).transform([](Pid pid) { return FileSetfs{pid}; });
}

std::optional<FileOpen> FileOpen::parse(std::string_view arguments) {
  Scanner in(arguments);
  auto path = parse_path(in.until(','));
  const auto flags = in.number();
  if (!path || !flags || !in.eat(',')) return std::nullopt;
  const auto mode = in.number();
  if (!mode || !in.done()) return std::nullopt;
  return FileOpen{std::move(*path), *flags, *mode};
}

std::optional<FileClose> FileClose::parse(std::string_view arguments) {
  return parse_handle_packet<FileClose>(arguments);
}

std::optional<FilePread> FilePread::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto handle = scan_handle(in);
  if (!handle || !in.eat(',')) return std::nullopt;
  const auto count = in.number();
  if (!count || !in.eat(',')) return std::nullopt;
  const auto offset = in.number();
  if (!offset || !in.done()) return std::nullopt;
  return FilePread{*handle, *count, *offset};
}

std::optional<FilePwrite> FilePwrite::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto handle = scan_handle(in);
  if (!handle || !in.eat(',')) return std::nullopt;
  const auto offset = in.number();
  if (!offset || !in.eat(',')) return std::nullopt;
  return FilePwrite{*handle, *offset, to_bytes(in.rest())};
}

std::optional<FileFstat> FileFstat::parse(std::string_view arguments) {
  return parse_handle_packet<FileFstat>(arguments);
}

std::optional<FileStatPath> FileStatPath::parse(std::string_view arguments) {
  return parse_path_packet<FileStatPath>(arguments);
}

std::optional<FileLstatPath> FileLstatPath::parse(std::string_view arguments) {
  return parse_path_packet<FileLstatPath>(arguments);
}

std::optional<FileUnlink> FileUnlink::parse(std::string_view arguments) {
  return parse_path_packet<FileUnlink>(arguments);
}

std::optional<FileReadlink> FileReadlink::parse(std::string_view arguments) {
  return parse_path_packet<FileReadlink>(arguments);
}

}  // namespace cotrace::rsp
