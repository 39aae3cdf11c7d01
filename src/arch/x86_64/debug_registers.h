// The four hardware breakpoints of x86 (Intel SDM vol. 3, chapter 17.2), as plain values: nothing here
// touches a task.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::arch::x86_64 {

enum class WatchKind : std::uint8_t {
  execute,     // DR7 R/W 00, length 1
  write,       // 01
  read_write,  // 11; the processor has no "read only"
};

struct DebugSlot {
  Addr address;
  std::uint8_t length{1};  // 1, 2, 4 or 8, address aligned to it
  WatchKind kind{WatchKind::write};

  friend bool operator==(const DebugSlot&, const DebugSlot&) = default;
};

// The aligned pieces that cover [address, address + length). At most four or nothing.
std::optional<std::vector<DebugSlot>> cover(Addr address, std::uint64_t length, WatchKind kind);

// Which slots a task has in use; equal slots are shared and counted.
class DebugRegisters {
 public:
  static constexpr int slots = 4;

  // Takes or shares a slot for each; all or nothing (no_resources).
  Result<> add(std::span<const DebugSlot> wanted);
  void remove(std::span<const DebugSlot> wanted);
  [[nodiscard]] bool any() const;

  [[nodiscard]] std::uint64_t address_register(int index) const;
  [[nodiscard]] std::uint64_t control_register() const;  // DR7
  // The slots whose B0..B3 bit is set in DR6 and that are in use.
  [[nodiscard]] std::vector<DebugSlot> triggered(std::uint64_t dr6) const;

  friend bool operator==(const DebugRegisters&, const DebugRegisters&) = default;

 private:
  struct Used {
    DebugSlot slot;
    int count{0};
    friend bool operator==(const Used&, const Used&) = default;
  };
  std::array<Used, slots> used_{};
};

}  // namespace cotrace::arch::x86_64
