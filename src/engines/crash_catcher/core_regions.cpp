#include "engines/crash_catcher/core_regions.h"

#include <algorithm>

#include "linux/proc_file.h"

namespace cotrace::engines {

namespace {

// The bits of coredump_filter, core(5).
enum Filter : std::uint64_t {
  anonymous_private = 1U << 0U,
  anonymous_shared = 1U << 1U,
  file_private = 1U << 2U,
  file_shared = 1U << 3U,
  elf_headers = 1U << 4U,
  huge_private = 1U << 5U,
  huge_shared = 1U << 6U,
};

constexpr std::uint64_t page = 4096;

// To the kernel shared memory without a name is a file that has been removed.
bool without_file(const sys::Mapping& mapping) {
  return mapping.inode == 0 || mapping.path.ends_with(" (deleted)");
}

// "START-END rwxp ...": the line that begins the part of a mapping.
bool begins_mapping(std::string_view line) {
  const auto dash = line.find('-');
  constexpr std::string_view digits = "0123456789abcdef";
  return dash != std::string_view::npos && dash > 0 &&
         line.substr(0, dash).find_first_not_of(digits) == std::string_view::npos;
}

void read_flags(std::string_view flags, MappingFacts& facts) {
  const auto words = sys::words_of(flags);
  const auto has = [&](std::string_view flag) { return std::ranges::find(words, flag) != words.end(); };
  facts.do_not_dump = has("dd");
  facts.device = has("io");
  facts.huge = has("ht");
}

}  // namespace

std::uint64_t dumped_length(const sys::Mapping& mapping, const MappingFacts& facts, std::uint64_t filter,
                            bool begins_elf) {
  const std::uint64_t all = mapping.end - mapping.start;
  // The kernel puts the vdso into every core file: nobody else has it.
  if (mapping.path == "[vdso]") return all;
  if (!mapping.read || facts.device || facts.do_not_dump) return 0;
  const auto if_wanted = [&](Filter bit) { return (filter & bit) != 0 ? all : 0; };
  if (facts.huge) return if_wanted(mapping.shared ? huge_shared : huge_private);
  if (mapping.shared) return if_wanted(without_file(mapping) ? anonymous_shared : file_shared);
  // A page that the process has changed cannot be had from the file any more, nor can those of none.
  if ((mapping.inode == 0 || facts.has_own_pages) && (filter & anonymous_private) != 0) return all;
  if (mapping.inode == 0) return 0;
  if ((filter & file_private) != 0) return all;
  // Enough to know by its build id which file it was.
  return (filter & elf_headers) != 0 && mapping.offset == 0 && begins_elf ? std::min(page, all) : 0;
}

std::vector<MappingWithFacts> parse_smaps(std::string_view smaps) {
  std::vector<MappingWithFacts> out;
  while (!smaps.empty()) {
    const std::size_t end = std::min(smaps.find('\n'), smaps.size());
    const std::string_view line = smaps.substr(0, end);
    smaps.remove_prefix(std::min(end + 1, smaps.size()));
    constexpr std::string_view own = "Anonymous:";
    constexpr std::string_view flags = "VmFlags:";
    if (begins_mapping(line)) {
      out.push_back({Addr{sys::hexadecimal(line)}, {}});
    } else if (out.empty()) {
      continue;
    } else if (line.starts_with(own)) {
      const auto words = sys::words_of(line.substr(own.size()));
      out.back().facts.has_own_pages = !words.empty() && sys::decimal(words.front()) > 0;
    } else if (line.starts_with(flags)) {
      read_flags(line.substr(flags.size()), out.back().facts);
    }
  }
  return out;
}

}  // namespace cotrace::engines
