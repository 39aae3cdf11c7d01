#include "native/elf_symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <memory>

#include "base/errno_error.h"
#include "base/fd.h"

namespace cotrace::native {

namespace {

using ElfHandle = std::unique_ptr<Elf, decltype([](Elf* elf) { elf_end(elf); })>;

void collect(Elf* elf, Elf_Scn* section, const GElf_Shdr& header,
             std::unordered_map<std::string, std::uint64_t>& symbols) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol{};
    if (gelf_getsym(data, i, &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF) continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name != nullptr && *name != '\0') symbols[name] = symbol.st_value;
  }
}

std::uint64_t first_load(Elf* elf) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return 0;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header{};
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type == PT_LOAD) return header.p_vaddr & ~std::uint64_t{0xfff};
  }
  return 0;
}

}  // namespace

Result<ElfSymbols> ElfSymbols::open(const std::string& path) {
  if (elf_version(EV_CURRENT) == EV_NONE) return fail(Errc::unsupported, "libelf is older than its header");
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return base::fail_errno(path);
  // Mapped, not read: a C library has thousands of symbols in megabytes of which nothing else is wanted.
  const ElfHandle elf(elf_begin(file.get(), ELF_C_READ_MMAP, nullptr));
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF) return fail(Errc::invalid, path + " is no ELF file");
  ElfSymbols out;
  out.first_address_ = first_load(elf.get());
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
      collect(elf.get(), section, header, out.symbols_);
  }
  return out;
}

std::optional<std::uint64_t> ElfSymbols::find(const std::string& name) const {
  const auto at = symbols_.find(name);
  return at == symbols_.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace cotrace::native
