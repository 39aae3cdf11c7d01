// The part of proc.h that is about the program a process runs: its file, arguments, auxiliary vector and
// mappings.
#include <algorithm>
#include <cstring>
#include <elf.h>
#include <string_view>

#include "linux/proc.h"
#include "linux/proc_file.h"

namespace cotrace::sys {

namespace {

// Calls `visit` with each piece of `text` that `end` ends; the last may lack it.
template <class Visit>
void for_each_piece(std::string_view text, char end, Visit visit) {
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(end), text.size());
    visit(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
}

// The vector in entries of type and value, each a Word; nothing if `type` is not there.
template <class Word>
std::optional<std::uint64_t> find_entry(const std::vector<std::byte>& auxv, std::uint64_t type) {
  struct Entry {
    Word type, value;
  };
  for (std::size_t at = 0; at + sizeof(Entry) <= auxv.size(); at += sizeof(Entry)) {
    Entry entry{};
    std::memcpy(&entry, auxv.data() + at, sizeof entry);
    if (entry.type == AT_NULL) return std::nullopt;
    if (entry.type == type) return entry.value;
  }
  return std::nullopt;
}

// A 32-bit program's vector has 32-bit words, and nothing in the file says so. But types are small numbers:
// where the first one, read as 64 bits, is not, its upper half is the value of a 32-bit entry (AT_SYSINFO or
// AT_SYSINFO_EHDR, never 0).
bool has_32_bit_words(const std::vector<std::byte>& auxv) {
  std::uint64_t first = 0;
  if (auxv.size() < sizeof first) return true;
  std::memcpy(&first, auxv.data(), sizeof first);
  return (first >> 32) != 0;
}

// "START-END rwxp OFFSET DEVICE INODE   PATH"; the path may contain blanks and, escaped by the kernel as
// \012, newlines.
std::optional<Mapping> mapping_of(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() < 5 || words[1].size() < 4) return std::nullopt;
  const std::size_t dash = words[0].find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  Mapping mapping;
  mapping.start = Addr{hexadecimal(words[0].substr(0, dash))};
  mapping.end = Addr{hexadecimal(words[0].substr(dash + 1))};
  mapping.read = words[1][0] == 'r';
  mapping.write = words[1][1] == 'w';
  mapping.execute = words[1][2] == 'x';
  mapping.shared = words[1][3] == 's';
  mapping.offset = hexadecimal(words[2]);
  mapping.inode = decimal(words[4]);
  if (words.size() == 5) return mapping;
  // Everything from the sixth word on, its inner blanks included.
  mapping.path = line.substr(static_cast<std::size_t>(words[5].data() - line.data()));
  constexpr std::string_view newline = "\\012";
  for (std::size_t at = 0; (at = mapping.path.find(newline, at)) != std::string::npos; ++at)
    mapping.path.replace(at, newline.size(), 1, '\n');
  return mapping;
}

}  // namespace

Result<std::vector<std::byte>> auxv_of(Tid tid) {
  const auto text = read_proc(tid, "auxv");
  if (!text) return std::unexpected(text.error());
  std::vector<std::byte> bytes(text->size());
  std::memcpy(bytes.data(), text->data(), text->size());
  return bytes;
}

Result<std::optional<std::uint64_t>> auxv_entry(Tid tid, std::uint64_t type) {
  const auto auxv = auxv_of(tid);
  if (!auxv) return std::unexpected(auxv.error());
  return has_32_bit_words(*auxv) ? find_entry<std::uint32_t>(*auxv, type)
                                 : find_entry<std::uint64_t>(*auxv, type);
}

Result<std::string> executable_of(Tid tid) {
  auto path = read_proc_link(tid, "exe");
  // The kernel's own addition for a file that has been removed or replaced.
  constexpr std::string_view deleted = " (deleted)";
  if (path && path->ends_with(deleted)) path->resize(path->size() - deleted.size());
  return path;
}

Result<std::vector<std::string>> command_line_of(Tid tid) {
  const auto text = read_proc(tid, "cmdline");
  if (!text) return std::unexpected(text.error());
  std::vector<std::string> words;
  for_each_piece(*text, '\0', [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

Result<std::vector<Mapping>> maps_of(Tid tid) {
  const auto text = read_proc(tid, "maps");
  if (!text) return std::unexpected(text.error());
  std::vector<Mapping> maps;
  for_each_piece(*text, '\n', [&](std::string_view line) {
    if (auto mapping = mapping_of(line)) maps.push_back(std::move(*mapping));
  });
  return maps;
}

}  // namespace cotrace::sys
