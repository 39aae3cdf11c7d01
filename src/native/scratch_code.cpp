#include "native/scratch_code.h"

#include <algorithm>
#include <cstdint>

namespace cotrace::native {

bool ScratchCode::is_place(Addr address, std::size_t size) const {
  const std::uint64_t offset = address - first_;
  return size == place_size && offset < places * place_size && offset % place_size == 0;
}

void ScratchCode::keep(Addr place, std::span<const std::byte> bytes, std::span<const std::byte> there) {
  Place& kept = kept_[(place - first_) / place_size];
  kept.reset();
  if (std::ranges::equal(bytes, there)) return;
  std::ranges::copy(bytes, kept.emplace().begin());
  used_ = true;
}

void ScratchCode::show(Addr address, std::span<std::byte> bytes) const {
  for (std::size_t i = 0; i < places; ++i) {
    if (!kept_[i]) continue;
    for (std::size_t at = 0; at < place_size; ++at) {
      const std::uint64_t offset = (first_ + i * place_size + at) - address;
      if (offset < bytes.size()) bytes[offset] = (*kept_[i])[at];
    }
  }
}

bool ScratchCode::empty() const {
  return std::ranges::none_of(kept_, [](const Place& kept) { return kept.has_value(); });
}

std::optional<trace::GivenInstruction> ScratchCode::at(Addr pc) const {
  const std::uint64_t offset = pc - first_;
  if (offset >= places * place_size) return std::nullopt;
  const Place& kept = kept_[offset / place_size];
  if (!kept) return std::nullopt;
  // Not always its beginning: behind some instructions gdb has put another one.
  return trace::GivenInstruction{
      pc, {kept->begin() + static_cast<std::ptrdiff_t>(offset % place_size), kept->end()}};
}

}  // namespace cotrace::native
