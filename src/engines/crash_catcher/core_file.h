// Writes a core file (core(5), elf(5)) of a process whose threads stand, piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/tracer.h>

#include "base/fd.h"
#include "engines/crash_catcher/core_notes.h"

namespace cotrace::engines {

class CoreFile {
 public:
  // Makes the file DIRECTORY/core.NAME.PID, or with another number behind it where that is there already, and
  // writes all of it but the memory. The first of the threads is the one that crashed. unsupported: a program
  // of 32 bits. `name` is made fit for a file name.
  static Result<std::unique_ptr<CoreFile>> begin(Tracer& tracer, const std::string& directory,
                                                 const std::string& name, Pid process,
                                                 const std::vector<CoreThread>& threads);

  // Writes some more, a few megabytes: false when the file is complete. What cannot be read, as when the
  // process dies, is a hole of zeros; an error is the file's (no room, for instance).
  Result<bool> step();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Something could not be read.
  [[nodiscard]] bool has_holes() const { return has_holes_; }

 private:
  struct Region {
    Addr start;
    std::uint64_t length, offset;
    bool anonymous;  // pages that were never touched are not there
  };
  CoreFile(Tracer& tracer, TaskId task) : tracer_(tracer), task_(task) {}

  Result<> open(const std::string& directory, const std::string& name, Pid process);
  Result<> write_headers(const std::vector<std::byte>& notes, const std::vector<sys::Mapping>& maps,
                         const std::vector<std::uint64_t>& lengths);
  Result<> write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  Result<> write_pages(std::uint64_t offset, std::span<const std::byte> bytes);
  // Whether any page of the range was ever touched.
  [[nodiscard]] bool touched(Addr start, std::uint64_t length) const;

  Tracer& tracer_;
  TaskId task_;
  base::Fd file_, pagemap_;
  std::string path_;
  std::uint64_t size_{0};
  std::vector<Region> regions_;
  std::size_t region_{0};
  std::uint64_t done_{0};  // of the region
  std::vector<std::byte> piece_;
  bool has_holes_{false};
};

}  // namespace cotrace::engines
