#include "engines/crash_catcher/core_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errno_error.h"
#include "engines/crash_catcher/core_regions.h"
#include "linux/proc_file.h"

namespace cotrace::engines {

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::size_t piece_size = std::size_t{256} << 10;
// Of one step: what is read, and pieces that turn out to be empty, which cost little.
constexpr std::size_t read_in_a_step = std::size_t{4} << 20;
constexpr std::size_t pieces_in_a_step = 2048;

constexpr std::uint64_t page_aligned(std::uint64_t value) {
  return (value + page - 1) / page * page;
}

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

std::string file_name(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x21 || c == 0x7F; }, '_');
  return name;
}

bool is_64_bit_program(Tid task) {
  // The kernel's own description of the program says it with its first byte after the magic number.
  std::array<char, EI_NIDENT> ident{};
  const base::Fd file(::open(fmt::format("/proc/{}/exe", task.value).c_str(), O_RDONLY | O_CLOEXEC));
  const bool read = file.valid() && ::read(file.get(), ident.data(), ident.size()) == EI_NIDENT;
  return !read || ident[EI_CLASS] == ELFCLASS64;
}

bool begins_elf(Tracer& tracer, TaskId task, const sys::Mapping& mapping) {
  std::array<std::byte, SELFMAG> magic{};
  const auto got = tracer.read_memory(task, mapping.start, magic);
  return got && *got == magic.size() && std::memcmp(magic.data(), ELFMAG, SELFMAG) == 0;
}

std::vector<std::uint64_t> lengths_of(Tracer& tracer, TaskId task, const std::vector<sys::Mapping>& maps) {
  // 0x33 is what a process has that has not asked for anything else.
  constexpr std::uint64_t usual = 0x33;
  const auto text = sys::read_proc(task.tid, "coredump_filter");
  const std::uint64_t filter = text && !text->empty() ? sys::hexadecimal(*text) : usual;
  const auto smaps = parse_smaps(sys::read_proc(task.tid, "smaps").value_or(""));
  std::vector<std::uint64_t> lengths;
  for (const auto& mapping : maps) {
    const auto known = std::ranges::find(smaps, mapping.start, &MappingWithFacts::start);
    // Without smaps what can be written is taken for changed.
    const MappingFacts facts =
        known != smaps.end() ? known->facts : MappingFacts{.has_own_pages = mapping.write};
    const bool may_begin_elf = mapping.inode != 0 && mapping.offset == 0 && mapping.read && !facts.device;
    lengths.push_back(
        dumped_length(mapping, facts, filter, may_begin_elf && begins_elf(tracer, task, mapping)));
  }
  return lengths;
}

}  // namespace

Result<std::unique_ptr<CoreFile>> CoreFile::begin(Tracer& tracer, const std::string& directory,
                                                  const std::string& name, Pid process,
                                                  const std::vector<CoreThread>& threads) {
  const TaskId task = threads.front().task;
  if (!is_64_bit_program(task.tid))
    return fail(Errc::unsupported, "core files of 32-bit programs cannot be written");
  auto maps = sys::maps_of(task.tid);
  if (!maps) return std::unexpected(maps.error());
  // The last page of the address space, which is the same for all and is not to be read.
  std::erase_if(*maps, [](const sys::Mapping& mapping) { return mapping.path == "[vsyscall]"; });
  if (maps->size() + 1 >= PN_XNUM) return fail(Errc::unsupported, "too many mappings for a core file");
  const auto notes = core_notes(tracer, process, threads, *maps);
  if (!notes) return std::unexpected(notes.error());
  auto core = std::unique_ptr<CoreFile>(new CoreFile(tracer, task));
  if (const auto opened = core->open(directory, name, process); !opened)
    return std::unexpected(opened.error());
  core->pagemap_ =
      base::Fd(::open(fmt::format("/proc/{}/pagemap", task.tid.value).c_str(), O_RDONLY | O_CLOEXEC));
  const auto written = core->write_headers(*notes, *maps, lengths_of(tracer, task, *maps));
  if (!written) return std::unexpected(written.error());
  return core;
}

Result<> CoreFile::open(const std::string& directory, const std::string& name, Pid process) {
  const std::string first = fmt::format("{}/core.{}.{}", directory, file_name(name), process.value);
  constexpr int tries = 1000;
  for (int turn = 0; turn < tries; ++turn) {
    path_ = turn == 0 ? first : fmt::format("{}.{}", first, turn);
    // Never over a file that is there: somebody else may have made it, as a link to elsewhere.
    file_ = base::Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file_.valid()) return {};
    if (errno != EEXIST) return base::fail_errno(path_);
  }
  return fail(Errc::no_resources, fmt::format("{} has been written too often", first));
}

Result<> CoreFile::write_headers(const std::vector<std::byte>& notes, const std::vector<sys::Mapping>& maps,
                                 const std::vector<std::uint64_t>& lengths) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(maps.size() + 1);
  std::vector<Elf64_Phdr> segments;
  std::uint64_t offset = sizeof header + (maps.size() + 1) * sizeof(Elf64_Phdr);
  segments.push_back({.p_type = PT_NOTE, .p_offset = offset, .p_filesz = notes.size(), .p_align = 4});
  const std::uint64_t notes_at = offset;
  offset = page_aligned(offset + notes.size());
  for (std::size_t at = 0; at < maps.size(); ++at) {
    const sys::Mapping& mapping = maps[at];
    const Elf64_Word flags =
        (mapping.read ? PF_R : 0U) | (mapping.write ? PF_W : 0U) | (mapping.execute ? PF_X : 0U);
    segments.push_back({.p_type = PT_LOAD,
                        .p_flags = flags,
                        .p_offset = offset,
                        .p_vaddr = mapping.start.value,
                        .p_filesz = lengths[at],
                        .p_memsz = mapping.end - mapping.start,
                        .p_align = page});
    if (lengths[at] > 0)
      regions_.push_back({mapping.start, lengths[at], offset, mapping.inode == 0 && !mapping.shared});
    offset = page_aligned(offset + lengths[at]);
  }
  size_ = offset;
  if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return base::fail_errno(path_);
  if (auto done = write_at(0, std::as_bytes(std::span(&header, 1))); !done) return done;
  if (auto done = write_at(sizeof header, std::as_bytes(std::span(segments))); !done) return done;
  return write_at(notes_at, notes);
}

Result<> CoreFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return base::fail_errno(path_);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

// Pages of zeros stay holes: a stack or a heap is hardly ever full.
Result<> CoreFile::write_pages(std::uint64_t offset, std::span<const std::byte> bytes) {
  std::size_t begin = 0;
  while (begin < bytes.size()) {
    std::size_t end = begin;
    while (end < bytes.size() && !all_zero(bytes.subspan(end, std::min(page, bytes.size() - end))))
      end = std::min(end + page, bytes.size());
    if (end > begin) {
      if (auto done = write_at(offset + begin, bytes.subspan(begin, end - begin)); !done) return done;
    }
    begin = std::min(std::max(end, begin) + page, bytes.size());
  }
  return {};
}

bool CoreFile::touched(Addr start, std::uint64_t length) const {
  // Documentation/admin-guide/mm/pagemap.rst: eight bytes a page; the highest bit says that it is in memory,
  // the next one that it is in the swap.
  constexpr std::uint64_t somewhere = std::uint64_t{3} << 62U;
  std::array<std::uint64_t, piece_size / page> entries{};
  const auto wanted = std::min<std::size_t>(page_aligned(length) / page, entries.size());
  const auto bytes = wanted * sizeof entries[0];
  const auto got = ::pread(pagemap_.get(), entries.data(), bytes,
                           static_cast<off_t>(start.value / page * sizeof entries[0]));
  if (got != static_cast<ssize_t>(bytes)) return true;
  return std::ranges::any_of(std::span(entries).first(wanted),
                             [](std::uint64_t entry) { return (entry & somewhere) != 0; });
}

Result<bool> CoreFile::step() {
  piece_.resize(piece_size);
  std::size_t read = 0;
  for (std::size_t piece = 0; piece < pieces_in_a_step && read < read_in_a_step; ++piece) {
    if (region_ == regions_.size()) {
      file_.close();
      return false;
    }
    const Region& region = regions_[region_];
    const auto length = std::min<std::uint64_t>(piece_size, region.length - done_);
    const Addr from = region.start + done_;
    std::size_t got = length;
    // To read what was never touched would make the process have it.
    if (!region.anonymous || touched(from, length)) {
      got = tracer_.read_memory(task_, from, std::span(piece_).first(length)).value_or(0);
      if (auto done = write_pages(region.offset + done_, std::span(piece_).first(got)); !done)
        return std::unexpected(done.error());
      read += length;
      // One page may be missing, as where a mapped file has become shorter, and those after it be there.
      if (got < length) {
        has_holes_ = true;
        got = std::min<std::size_t>(got / page * page + page, length);
      }
    }
    done_ += got;
    if (done_ < region.length) continue;
    ++region_;
    done_ = 0;
  }
  return true;
}

}  // namespace cotrace::engines
