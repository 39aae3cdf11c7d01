// What of a process's memory goes into its core file.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "linux/proc.h"

namespace cotrace::engines {

// What /proc/PID/smaps says of a mapping and /proc/PID/maps does not.
struct MappingFacts {
  bool has_own_pages{false};  // of a private mapping of a file: pages that differ from the file's
  bool do_not_dump{false};    // madvise(2), MADV_DONTDUMP
  bool device{false};         // VM_IO: reading it may do something
  bool huge{false};           // hugetlbfs
};

// How much of a mapping goes into the file, from its beginning: all, one page, or nothing. `filter` is that
// of /proc/PID/coredump_filter (core(5)); `begins_elf`: an ELF header stands at its beginning.
std::uint64_t dumped_length(const sys::Mapping& mapping, const MappingFacts& facts, std::uint64_t filter,
                            bool begins_elf);

// In the order of the mappings in /proc/PID/maps, by their start.
struct MappingWithFacts {
  Addr start;
  MappingFacts facts;
};
std::vector<MappingWithFacts> parse_smaps(std::string_view smaps);

}  // namespace cotrace::engines
