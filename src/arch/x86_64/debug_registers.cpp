#include "arch/x86_64/debug_registers.h"

#include <algorithm>

namespace cotrace::arch::x86_64 {

namespace {

// The length field of DR7: 8 was added last and got the code that was left.
std::uint64_t length_bits(std::uint8_t length) {
  switch (length) {
    case 2:
      return 1;
    case 4:
      return 3;
    case 8:
      return 2;
    default:
      return 0;
  }
}

std::uint64_t kind_bits(WatchKind kind) {
  switch (kind) {
    case WatchKind::execute:
      return 0;
    case WatchKind::write:
      return 1;
    case WatchKind::read_write:
      return 3;  // 2 watches i/o ports, where they are enabled
  }
  return 0;
}

// The largest piece that starts at `address`, is aligned to its size and not longer than `most`.
std::uint8_t piece_at(std::uint64_t address, std::uint64_t most) {
  std::uint8_t size = 8;
  while (size > most || address % size != 0) size = static_cast<std::uint8_t>(size / 2);
  return size;
}

}  // namespace

std::optional<std::vector<DebugSlot>> cover(Addr address, std::uint64_t length, WatchKind kind) {
  if (length == 0) return std::nullopt;
  if (kind == WatchKind::execute) {
    // The processor compares the first byte of an instruction and wants the length field 0.
    if (length != 1) return std::nullopt;
    return std::vector{DebugSlot{address, 1, kind}};
  }
  // More than four of eight bytes never fit, and an address that wraps is a mistake.
  if (length > std::uint64_t{8} * DebugRegisters::slots || address.value + (length - 1) < address.value)
    return std::nullopt;
  std::vector<DebugSlot> pieces;
  while (length > 0) {
    const std::uint8_t size = piece_at(address.value, length);
    pieces.push_back({address, size, kind});
    address = address + size;
    length -= size;
  }
  if (pieces.size() > DebugRegisters::slots) return std::nullopt;
  return pieces;
}

Result<> DebugRegisters::add(std::span<const DebugSlot> wanted) {
  auto used = used_;
  for (const DebugSlot& slot : wanted) {
    auto place = std::ranges::find_if(used, [&](const Used& u) { return u.count > 0 && u.slot == slot; });
    if (place == used.end()) place = std::ranges::find(used, 0, &Used::count);
    if (place == used.end()) return fail(Errc::no_resources, "the four debug registers are in use");
    place->slot = slot;
    ++place->count;
  }
  used_ = used;
  return {};
}

void DebugRegisters::remove(std::span<const DebugSlot> wanted) {
  for (const DebugSlot& slot : wanted) {
    const auto place =
        std::ranges::find_if(used_, [&](const Used& u) { return u.count > 0 && u.slot == slot; });
    if (place == used_.end()) continue;
    // A free slot is a default one, so that equality compares what the processor is told and nothing else.
    if (--place->count == 0) *place = Used{};
  }
}

bool DebugRegisters::any() const {
  return std::ranges::any_of(used_, [](const Used& used) { return used.count > 0; });
}

std::uint64_t DebugRegisters::address_register(int index) const {
  if (index < 0 || index >= slots) return 0;
  return used_[static_cast<std::size_t>(index)].slot.address.value;
}

std::uint64_t DebugRegisters::control_register() const {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < slots; ++i) {
    const Used& used = used_[i];
    if (used.count == 0) continue;
    value |=
        std::uint64_t{1} << (2 *
                             i);  // the local enable bit; the kernel makes no difference to the global one
    value |= (kind_bits(used.slot.kind) | length_bits(used.slot.length) << 2) << (16 + 4 * i);
  }
  return value;
}

std::vector<DebugSlot> DebugRegisters::triggered(std::uint64_t dr6) const {
  std::vector<DebugSlot> hit;
  for (unsigned i = 0; i < slots; ++i) {
    // The processor may set the bit of a slot that is not enabled (SDM vol. 3, 17.2.3).
    if ((dr6 >> i & 1) != 0 && used_[i].count > 0) hit.push_back(used_[i].slot);
  }
  return hit;
}

}  // namespace cotrace::arch::x86_64
