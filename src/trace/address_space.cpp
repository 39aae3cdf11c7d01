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
  if (Site* site = sites.find(address)) return site;
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

void AddressSpace::find_slot() {
  slot_searched_ = true;
  if (tasks.empty()) return;
  auto entry = sys::auxv_entry((*tasks.begin())->id.tid, AT_ENTRY);
  if (!entry || !*entry) return;
  slot_address_ = Addr{**entry};
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
  if (*got != saved.size()) return fail(Errc::unmapped, "the program's entry point is not mapped");
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
