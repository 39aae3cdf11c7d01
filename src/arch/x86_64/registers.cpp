#include "arch/x86_64/registers.h"

#include <algorithm>
#include <cstring>

#include "arch/x86_64/register_tables.h"
#include "arch/x86_64/target_description.h"
#include "arch/x86_64/xsave.h"

namespace cotrace::arch::x86_64 {

namespace {

constexpr std::uint64_t user_cs64 = 0x33;
constexpr std::uint64_t user_cs64_xen_pv = 0xe033;  // a paravirtual Xen guest gets the hypervisor's segment

std::span<const std::byte> bytes_of(const GeneralRegs& regs) {
  return std::as_bytes(std::span<const GeneralRegs, 1>(&regs, 1));
}
std::span<std::byte> writable_bytes_of(GeneralRegs& regs) {
  return std::as_writable_bytes(std::span<GeneralRegs, 1>(&regs, 1));
}

// Copies what there is and fills with zeros: registers and fields are little-endian numbers of differing
// widths.
void copy_number(std::span<const std::byte> from, std::span<std::byte> to) {
  const std::size_t size = std::min(from.size(), to.size());
  std::copy_n(from.begin(), size, to.begin());
  std::ranges::fill(to.subspan(size), std::byte{0});
}

template <class T>
void put_number(T value, std::span<std::byte> to) {
  copy_number(std::as_bytes(std::span<const T, 1>(&value, 1)), to);
}

bool in_xstate(const RegisterPlace& place) {
  return place.component != Component::none;
}

std::size_t end_of(const RegisterPlace& place) {
  return std::size_t{place.offset} + place.stored;
}

// The value a register has while its component is in its initial state.
void read_initial(const RegisterPlace& place, std::span<std::byte> out) {
  switch (place.storage) {
    case Storage::control_word:
      return put_number(initial_control_word, out);
    case Storage::tag_word:
      return put_number(std::uint16_t{0xffff}, out);  // all empty
    case Storage::mxcsr:
      return put_number(initial_mxcsr, out);
    case Storage::general:
    case Storage::general_sign_extend:
    case Storage::xstate:
      std::ranges::fill(out, std::byte{0});
  }
}

// The bits of XSTATE_BV of which one must be set for the register's bytes to count.
std::uint64_t valid_bits(const RegisterPlace& place) {
  const std::uint64_t own = bit_of(place.component);
  return place.storage == Storage::mxcsr ? own | bit_of(Component::avx) : own;
}

void write_xstate(const RegisterPlace& place, std::span<std::byte> area, std::span<const std::byte> in) {
  const std::span<std::byte> field = area.subspan(place.offset, place.stored);
  if (place.storage == Storage::tag_word) {
    std::uint16_t full = 0;
    std::memcpy(&full, in.data(), sizeof full);
    field[0] = std::byte{abridged_tag_word(full)};
    return;
  }
  copy_number(in, field);
}

}  // namespace

Mode mode_of(const GeneralRegs& regs) {
  return regs.cs == user_cs64 || regs.cs == user_cs64_xen_pv ? Mode::bits64 : Mode::bits32;
}

RegisterLayout::RegisterLayout(Mode mode, const XsaveLayout& xsave) : mode_(mode), xsave_(xsave) {
  const std::vector<RegisterRow> rows = register_rows(mode, xsave);
  for (const RegisterRow& row : rows) {
    registers_.push_back(
        {row.name, row.feature, row.bits, static_cast<std::uint32_t>(block_size_), in_xstate(row.place)});
    places_.push_back(row.place);
    block_size_ += row.bits / 8u;
  }
  xml_ = target_description(mode, rows);
  const bool is_long = mode == Mode::bits64;
  for (std::string_view name : {is_long ? "rbp" : "ebp", is_long ? "rsp" : "esp", is_long ? "rip" : "eip"}) {
    if (const auto number = find(name)) expedited_.push_back(*number);
  }
}

RegisterLayout::RegisterLayout(const RegisterLayout&) = default;
RegisterLayout::RegisterLayout(RegisterLayout&&) noexcept = default;
RegisterLayout& RegisterLayout::operator=(const RegisterLayout&) = default;
RegisterLayout& RegisterLayout::operator=(RegisterLayout&&) noexcept = default;
RegisterLayout::~RegisterLayout() = default;

std::optional<int> RegisterLayout::find(std::string_view name) const {
  const auto found = std::ranges::find(registers_, name, &RegisterInfo::name);
  if (found == registers_.end()) return std::nullopt;
  return static_cast<int>(found - registers_.begin());
}

Result<const RegisterPlace*> RegisterLayout::place(int number, std::size_t size) const {
  if (number < 0 || static_cast<std::size_t>(number) >= places_.size()) {
    return fail(Errc::invalid, "there is no register " + std::to_string(number));
  }
  const auto index = static_cast<std::size_t>(number);
  if (size != registers_[index].bits / 8u) {
    return fail(Errc::invalid,
                std::to_string(size) + " bytes are not the size of " + std::string(registers_[index].name));
  }
  return &places_[index];
}

Result<> RegisterLayout::read(int number, const RegisterImage& image, std::span<std::byte> out) const {
  const auto found = place(number, out.size());
  if (!found) return std::unexpected(found.error());
  const RegisterPlace& where = **found;
  if (!in_xstate(where)) {
    copy_number(bytes_of(image.general).subspan(where.offset, where.stored), out);
    return {};
  }
  const std::span<const std::byte> area = image.xstate;
  if (area.size() < legacy_area_size || area.size() < end_of(where)) {
    return fail(Errc::unsupported, "no floating-point or vector state of the task");
  }
  if ((components_in_use(area) & valid_bits(where)) == 0) {
    read_initial(where, out);
  } else if (where.storage == Storage::tag_word) {
    put_number(full_tag_word(area), out);
  } else {
    copy_number(area.subspan(where.offset, where.stored), out);
  }
  return {};
}

Result<> RegisterLayout::write(int number, RegisterImage& image, std::span<const std::byte> in) const {
  const auto found = place(number, in.size());
  if (!found) return std::unexpected(found.error());
  const RegisterPlace& where = **found;
  if (!in_xstate(where)) {
    const auto field = writable_bytes_of(image.general).subspan(where.offset, where.stored);
    copy_number(in, field);
    if (where.storage == Storage::general_sign_extend && (in.back() & std::byte{0x80}) != std::byte{0}) {
      std::ranges::fill(field.subspan(in.size()), std::byte{0xff});
    }
    return {};
  }
  const std::span<std::byte> area = image.xstate;
  const std::size_t start = xsave_.offset[static_cast<std::size_t>(where.component)];
  if (area.size() < legacy_area_size || area.size() < start + component_size(where.component)) {
    return fail(Errc::unsupported, "no floating-point or vector state of the task");
  }
  // MXCSR is there already when AVX is in use; SSE is brought in only when neither is.
  if ((components_in_use(area) & valid_bits(where)) == 0) bring_into_use(area, where.component, start);
  write_xstate(where, area, in);
  return {};
}

}  // namespace cotrace::arch::x86_64
