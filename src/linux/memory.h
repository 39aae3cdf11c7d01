// The memory of another process, in bulk, without stopping it: /proc/PID/mem.
#pragma once

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include <cstddef>
#include <span>

#include "base/fd.h"

namespace cotrace::sys {

// Open on one address space. It stays on that address space: after an exec a new one must be opened (reads then give 0
// bytes, as the old one is empty). Reads and writes pass page protections the way a debugger's do (FOLL_FORCE).
class ProcessMemory {
 public:
  static Result<ProcessMemory> open(Tid tid);

  // Reads what can be read from `address` on; the count may be short at the end of a mapping. Nothing at all: unmapped.
  Result<std::size_t> read(Addr address, std::span<std::byte> out) const;
  Result<std::size_t> write(Addr address, std::span<const std::byte> bytes) const;

 private:
  explicit ProcessMemory(base::Fd fd) : fd_(std::move(fd)) {}
  base::Fd fd_;
};

}  // namespace cotrace::sys
