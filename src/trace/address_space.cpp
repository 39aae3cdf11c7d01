#include "trace/address_space.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <elf.h>

#include "linux/proc.h"
#include "trace/task.h"

namespace cotrace::trace {

Result<sys::ProcessMemory*> AddressSpace::memory() {
  if (memory_) return &*memory_;
  // Any task of the space will do, but one may just be dying.
  Error last{Errc::gone, 0, "no task is left in this address space"};
  for (const Task* task : tasks) {
    auto opened = sys::ProcessMemory::open(task->id.tid);
    if (opened) {
      memory_.emplace(std::move(*opened));
      return &*memory_;
    }
    last = opened.error();
  }
  return std::unexpected(last);
}

Result<std::size_t> AddressSpace::read_raw(Addr address, std::span<std::byte> out) {
  auto mem = memory();
  if (!mem) return std::unexpected(mem.error());
  return (*mem)->read(address, out);
}

Result<> AddressSpace::write_raw(Addr address, std::span<const std::byte> bytes) {
  auto mem = memory();
  if (!mem) return std::unexpected(mem.error());
  auto written = (*mem)->write(address, bytes);
  if (!written) return std::unexpected(written.error());
  if (*written != bytes.size()) return fail(Errc::unmapped, "the memory ends within the range to write");
  return {};
}

Result<std::size_t> AddressSpace::read(Addr address, std::span<std::byte> out) {
  auto count = read_raw(address, out);
  if (!count) return count;
  auto got = out.first(*count);
  if (!slot_original_.empty()) {
    for (std::size_t i = 0; i < slot_original_.size(); ++i) {
      const auto offset = (slot_address_ + i) - address;
      if (offset < got.size()) got[offset] = slot_original_[i];
    }
  }
  sites.hide(address, got);
  return count;
}

Result<> AddressSpace::write(Addr address, std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  if (!sites.overlap(address, bytes.size()) && slot_original_.empty()) return write_raw(address, bytes);
  // The sites must not learn of bytes that could not be written.
  std::byte probe{};
  for (Addr end : {address, address + (bytes.size() - 1)}) {
    if (auto readable = read_raw(end, {&probe, 1}); !readable) return std::unexpected(readable.error());
  }
  std::vector<std::byte> out(bytes.begin(), bytes.end());
  sites.show(address, out);
  for (std::size_t i = 0; i < slot_original_.size(); ++i) {
    const auto offset = (slot_address_ + i) - address;
    std::byte copied{};
    if (offset >= out.size() || !read_raw(slot_address_ + i, {&copied, 1})) continue;
    slot_original_[i] = std::exchange(out[offset], copied);
  }
  return write_raw(address, out);
}

Result<> AddressSpace::poke(Addr address, std::byte value) {
  // While the slot holds a copy, what belongs there is kept aside.
  if (const auto offset = address - slot_address_; offset < slot_original_.size()) {
    slot_original_[offset] = value;
    return {};
  }
  return write_raw(address, {&value, 1});
}

Result<Site*> AddressSpace::plant(Addr address) {
  if (Site* site = sites.find(address)) {
    // Asked for once more: the library that it was in may have been unmapped and another one mapped there,
    // without the breakpoint (gdb does not take breakpoints out of a library that is gone).
    std::byte there{};
    if (!site->owners.empty() && read_raw(address, {&there, 1}) &&
        there != arch::native::breakpoint_instruction) {
      site->original = there;
      if (auto poked = poke(address, arch::native::breakpoint_instruction); !poked)
        return std::unexpected(poked.error());
    }
    return site;
  }
  std::byte original{};
  auto got = read(address, {&original, 1});
  if (!got) return std::unexpected(got.error());
  if (auto poked = poke(address, arch::native::breakpoint_instruction); !poked)
    return std::unexpected(poked.error());
  had_sites = true;
  return &sites.add(address, original);
}

void AddressSpace::lift(Addr address) {
  const Site* site = sites.find(address);
  if (site == nullptr) return;
  uncover(*site);
  sites.forget_stale(address);
}

void AddressSpace::lift_stale() {
  if (!sites.any_stale()) return;
  for (Addr address : sites.stale()) lift(address);
}

void AddressSpace::uncover(const Site& site) {
  // Where the page has been unmapped, the breakpoint went with it.
  (void)poke(site.address, site.original);
}

void AddressSpace::cover(const Site& site) {
  (void)poke(site.address, arch::native::breakpoint_instruction);
}

// The code segment of a loaded program or library ends somewhere in a page, and the rest of that page is
// mapped and executable, but no code. (The program's entry point, the other place that suggests itself, is
// where gdb puts its own copies of instructions.)
std::optional<Addr> AddressSpace::padding_of(Addr program_headers, std::uint64_t count,
                                             std::optional<std::uint64_t> bias) {
  constexpr std::uint64_t page = 4096, most_headers = 64;
  std::optional<std::uint64_t> end;
  for (std::uint64_t i = 0; i < std::min(count, most_headers); ++i) {
    Elf64_Phdr header{};
    const auto bytes = std::as_writable_bytes(std::span(&header, 1));
    auto got = read_raw(program_headers + i * sizeof header, bytes);
    if (!got || *got != bytes.size()) return std::nullopt;
    if (header.p_type == PT_PHDR) bias = program_headers.value - header.p_vaddr;
    // A static program at fixed addresses has no PT_PHDR; its first segment has the headers in it.
    if (header.p_type == PT_LOAD && header.p_offset == 0 && !bias && header.p_vaddr != 0) bias = 0;
    if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0 && !end)
      end = header.p_vaddr + header.p_filesz;
  }
  if (!bias || !end) return std::nullopt;
  const std::uint64_t stop = *bias + *end;
  const std::uint64_t page_end = (stop + page - 1) / page * page;
  const std::uint64_t slot = page_end - arch::native::scratch_slot_size;
  if (slot < stop) return std::nullopt;
  return Addr{slot};
}

void AddressSpace::find_slot() {
  slot_searched_ = true;
  if (tasks.empty()) return;
  const Tid tid = (*tasks.begin())->id.tid;
  auto value = [&](std::uint64_t type) {
    return sys::auxv_entry(tid, type).value_or(std::nullopt).value_or(0);
  };
  // A 32-bit program has headers of another size; its sites are passed in place.
  if (value(AT_PHENT) != sizeof(Elf64_Phdr)) return;
  auto slot = padding_of(Addr{value(AT_PHDR)}, value(AT_PHNUM), std::nullopt);
  if (const std::uint64_t interpreter = value(AT_BASE); !slot && interpreter != 0) {
    Elf64_Ehdr header{};
    const auto bytes = std::as_writable_bytes(std::span(&header, 1));
    auto got = read_raw(Addr{interpreter}, bytes);
    // The interpreter is linked at 0.
    if (got && *got == bytes.size())
      slot = padding_of(Addr{interpreter + header.e_phoff}, header.e_phnum, interpreter);
  }
  if (!slot) return;
  slot_address_ = *slot;
  std::array<std::byte, arch::native::scratch_slot_size> probe{};
  auto got = read_raw(slot_address_, probe);
  slot_usable_ = got && *got == probe.size();
}

AddressSpace::SlotAnswer AddressSpace::take_slot(Task& task) {
  if (!slot_searched_) find_slot();
  if (!slot_usable_) return SlotAnswer::none;
  if (slot_user_ != nullptr && slot_user_ != &task) {
    if (std::ranges::find(slot_waiters_, &task) == slot_waiters_.end()) slot_waiters_.push_back(&task);
    return SlotAnswer::busy;
  }
  slot_user_ = &task;
  return SlotAnswer::taken;
}

Result<> AddressSpace::fill_slot(std::span<const std::byte> code) {
  std::vector<std::byte> saved(code.size());
  auto got = read_raw(slot_address_, saved);
  if (!got) return std::unexpected(got.error());
  if (*got != saved.size()) return fail(Errc::unmapped, "the scratch slot is not mapped any more");
  if (auto written = write_raw(slot_address_, code); !written) return written;
  slot_original_ = std::move(saved);
  return {};
}

Task* AddressSpace::give_slot_back(Task& task) {
  if (slot_user_ != &task) return nullptr;
  if (!slot_original_.empty()) {
    (void)write_raw(slot_address_, slot_original_);
    slot_original_.clear();
  }
  slot_user_ = nullptr;
  if (slot_waiters_.empty()) return nullptr;
  Task* next = slot_waiters_.front();
  slot_waiters_.pop_front();
  return next;
}

void AddressSpace::forget(Task& task) {
  std::erase(slot_waiters_, &task);
  tasks.erase(&task);
  if (exclusive == &task) exclusive = nullptr;
}

std::optional<Addr> AddressSpace::vdso_syscall(arch::native::Mode mode) {
  auto& known = vdso_syscall_[mode == arch::native::Mode::bits32 ? 1 : 0];
  if (known) return *known;
  known.emplace();
  if (tasks.empty()) return *known;
  auto base = sys::auxv_entry((*tasks.begin())->id.tid, AT_SYSINFO_EHDR);
  if (!base || !*base) return *known;
  std::vector<std::byte> image(8192);
  auto got = read(Addr{**base}, image);
  if (!got) return *known;
  image.resize(*got);
  const std::array<std::byte, 2> code = mode == arch::native::Mode::bits64
                                            ? std::array{std::byte{0x0f}, std::byte{0x05}}
                                            : std::array{std::byte{0xcd}, std::byte{0x80}};
  auto found = std::ranges::search(image, code);
  if (!found.empty()) *known = Addr{**base} + static_cast<std::uint64_t>(found.begin() - image.begin());
  return *known;
}

}  // namespace cotrace::trace
