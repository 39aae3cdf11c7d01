// Symbols of a program or library file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <cotrace/error.h>

namespace cotrace::native {

class ElfSymbols {
 public:
  // Reads .dynsym, and .symtab where the file has not been stripped. Defined symbols only; of several
  // versions of a name the last one. Fails where the file cannot be read (its errno) or is no ELF file
  // (invalid).
  static Result<ElfSymbols> open(const std::string& path);

  // As in the file; the load bias is still to be added.
  [[nodiscard]] std::optional<std::uint64_t> find(const std::string& name) const;
  // Where the file says that it begins in memory: page-aligned address of the first PT_LOAD. What is mapped
  // there less this is the load bias.
  [[nodiscard]] std::uint64_t first_address() const { return first_address_; }

 private:
  std::unordered_map<std::string, std::uint64_t> symbols_;
  std::uint64_t first_address_{0};
};

}  // namespace cotrace::native
