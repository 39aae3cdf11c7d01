#include "engines/debug_files.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <span>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

namespace cotrace::engines {

namespace {

// A device that a program has mapped must not be opened: that may hang, or do something.
base::Fd open_regular(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  return base::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// The very file that is mapped where possible (/proc/PID/map_files needs a capability), else what has its
// path where the process sees it, which may be another mount namespace, else here.
base::Fd open_mapped(const MappedFiles& files, std::string_view path, Addr base) {
  const auto at = std::ranges::find_if(
      files.maps, [&](const auto& mapping) { return mapping.start <= base && base < mapping.end; });
  if (at != files.maps.end()) {
    auto fd = open_regular(
        fmt::format("/proc/{}/map_files/{:x}-{:x}", files.task.value, at->start.value, at->end.value));
    if (fd.valid()) return fd;
  }
  // A file by this path now would be another one.
  if (path.ends_with(" (deleted)")) return {};
  auto fd = open_regular(fmt::format("/proc/{}/root{}", files.task.value, path));
  return fd.valid() ? std::move(fd) : open_regular(std::string(path));
}

int find_elf(Dwfl_Module* module, void** userdata, const char* name, Dwarf_Addr base, char** file_name,
             Elf** elf) {
  const auto* files = static_cast<const MappedFiles*>(*userdata);
  if (files != nullptr && name[0] == '/') {
    if (auto fd = open_mapped(*files, name, Addr{base}); fd.valid()) {
      *file_name = ::strdup(name);
      return fd.release();
    }
  }
  // The vdso, and files that are gone: out of the process's memory.
  return dwfl_linux_proc_find_elf(module, userdata, name, base, file_name, elf);
}

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};

std::span<const unsigned char> build_id_of(Dwfl_Module* module) {
  const unsigned char* bits = nullptr;
  GElf_Addr where = 0;
  const int length = dwfl_module_build_id(module, &bits, &where);
  return {bits, length > 0 ? static_cast<std::size_t>(length) : 0};
}

bool has_build_id(const base::Fd& fd, std::span<const unsigned char> wanted) {
  const std::unique_ptr<Elf, ElfEnd> elf(elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr));
  const void* bits = nullptr;
  const ssize_t length = elf ? dwelf_elf_gnu_build_id(elf.get(), &bits) : 0;
  return length > 0 &&
         std::ranges::equal(
             std::span(static_cast<const unsigned char*>(bits), static_cast<std::size_t>(length)), wanted);
}

// Where gdb's manual ("Separate Debug Files") says that they are. libdw's own search by name would ask a
// debuginfod where the user's environment names one.
int find_debuginfo(Dwfl_Module* module, void** userdata, const char* name, Dwarf_Addr base, const char* file,
                   const char* link, GElf_Word crc, char** found) {
  const int by_id = dwfl_build_id_find_debuginfo(module, userdata, name, base, file, link, crc, found);
  if (by_id >= 0) return by_id;
  const auto id = build_id_of(module);
  if (id.empty() || link == nullptr) return -1;
  std::vector<std::string> places;
  if (link[0] == '/') {
    places.emplace_back(link);
  } else {
    std::string folder = file != nullptr ? file : name;
    folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/'));
    places = {fmt::format("{}/{}", folder, link), fmt::format("{}/.debug/{}", folder, link),
              fmt::format("/usr/lib/debug{}/{}", folder, link)};
  }
  for (const auto& place : places) {
    auto fd = open_regular(place);
    if (!fd.valid() || !has_build_id(fd, id)) continue;
    *found = ::strdup(place.c_str());
    return fd.release();
  }
  return -1;
}

constexpr Dwfl_Callbacks callbacks{.find_elf = find_elf,
                                   .find_debuginfo = find_debuginfo,
                                   .section_address = nullptr,
                                   .debuginfo_path = nullptr};

}  // namespace

const Dwfl_Callbacks& local_files_only() {
  return callbacks;
}

}  // namespace cotrace::engines
