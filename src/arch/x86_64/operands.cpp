#include "arch/x86_64/operands.h"

#include <cstring>

namespace cotrace::arch::x86_64 {

namespace {

std::uint64_t mask_of(unsigned bits) {
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

bool is_simple_size(unsigned bits) {
  return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

// ah, ch, dh, bh
bool is_high_byte(ZydisRegister reg) {
  return reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
}

// rip and eip enclose nothing that user_regs_struct has as a general register, so this is about the sixteen.
unsigned width_of(ZydisRegister reg) {
  return ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, reg);
}

}  // namespace

std::uint64_t Machine::truncate(std::uint64_t address) const {
  return mode_ == Mode::bits64 ? address : address & 0xffffffff;
}

std::optional<std::uint64_t> Machine::read(const ZydisDecodedOperand& operand) {
  if (!is_simple_size(operand.size)) return std::nullopt;
  switch (operand.type) {
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
      return operand.imm.value.u;
    case ZYDIS_OPERAND_TYPE_MEMORY: {
      const auto address = linear_address(operand);
      return address ? load(*address, operand.size / 8u) : std::nullopt;
    }
    case ZYDIS_OPERAND_TYPE_REGISTER: {
      const auto number = general_register(operand.reg.value);
      if (!number) return std::nullopt;
      const std::uint64_t whole = regs_.*field_of(*number);
      if (is_high_byte(operand.reg.value)) return whole >> 8 & 0xff;
      return whole & mask_of(width_of(operand.reg.value));
    }
    case ZYDIS_OPERAND_TYPE_UNUSED:
    case ZYDIS_OPERAND_TYPE_POINTER:
      return std::nullopt;
  }
  return std::nullopt;
}

bool Machine::write(const ZydisDecodedOperand& operand, std::uint64_t value) {
  if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY && is_simple_size(operand.size)) {
    const auto address = linear_address(operand);
    return address && store(*address, value, operand.size / 8u);
  }
  if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) return false;
  const auto number = general_register(operand.reg.value);
  if (!number) return false;
  auto& whole = regs_.*field_of(*number);
  const unsigned bits = width_of(operand.reg.value);
  if (is_high_byte(operand.reg.value)) {
    whole = (whole & ~std::uint64_t{0xff00}) | (value & 0xff) << 8;
  } else if (bits >= 32) {
    whole = value & mask_of(bits);  // a 32-bit result clears the upper half
  } else {
    whole = (whole & ~mask_of(bits)) | (value & mask_of(bits));
  }
  return true;
}

std::optional<std::uint64_t> Machine::address_part(ZydisRegister reg) const {
  if (reg == ZYDIS_REGISTER_NONE) return 0;
  if (reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP) return next_pc();
  const auto number = general_register(reg);
  if (!number) return std::nullopt;  // a vector index, or the "zero" of EVEX
  return regs_.*field_of(*number);
}

std::optional<std::uint64_t> Machine::effective_address(const ZydisDecodedOperand& operand) const {
  if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || insn_.address_width < 32) return std::nullopt;
  const auto base = address_part(operand.mem.base);
  const auto index = address_part(operand.mem.index);
  if (!base || !index) return std::nullopt;
  std::uint64_t address = *base + *index * operand.mem.scale;
  if (operand.mem.disp.has_displacement != 0) address += static_cast<std::uint64_t>(operand.mem.disp.value);
  return address & mask_of(insn_.address_width);
}

// The bases of ds, es and so on are nowhere to be read in 32-bit mode; those of Linux's own user segments are
// zero.
bool Machine::is_flat() const {
  return regs_.cs == 0x23 && regs_.ss == 0x2b && regs_.ds == 0x2b;
}

std::optional<std::uint64_t> Machine::segment_base(ZydisRegister segment) const {
  if (mode_ == Mode::bits32) {
    const bool usual = segment == ZYDIS_REGISTER_DS || segment == ZYDIS_REGISTER_SS;
    return usual && is_flat() ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  if (segment == ZYDIS_REGISTER_FS) return regs_.fs_base;
  if (segment == ZYDIS_REGISTER_GS) return regs_.gs_base;
  return 0;
}

std::optional<Addr> Machine::linear_address(const ZydisDecodedOperand& operand) const {
  if (operand.mem.type != ZYDIS_MEMOP_TYPE_MEM) return std::nullopt;
  const auto offset = effective_address(operand);
  const auto base = segment_base(operand.mem.segment);
  if (!offset || !base) return std::nullopt;
  return Addr{*base + *offset};
}

// An access that wraps around the end of the address space is a fault of one kind or another.
bool Machine::in_reach(std::uint64_t address, std::size_t size) const {
  const std::uint64_t last = address + (size - 1);
  return last >= address && truncate(last) == last;
}

std::optional<std::uint64_t> Machine::load(Addr address, std::size_t size) {
  std::array<std::byte, 8> bytes{};
  if (!in_reach(address.value, size) || !memory_.read(address, std::span(bytes).first(size)))
    return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

bool Machine::store(Addr address, std::uint64_t value, std::size_t size) {
  if (store_ || !in_reach(address.value, size)) return false;
  store_ = Store{address, value, size};
  return true;
}

bool Machine::push(std::uint64_t value) {
  if (mode_ == Mode::bits32 && !is_flat()) return false;
  const unsigned size = word_bits() / 8;
  regs_.rsp = truncate(regs_.rsp - size);
  return store(Addr{regs_.rsp}, value, size);
}

std::optional<std::uint64_t> Machine::pop() {
  if (mode_ == Mode::bits32 && !is_flat()) return std::nullopt;
  const unsigned size = word_bits() / 8;
  const auto value = load(Addr{regs_.rsp}, size);
  regs_.rsp = truncate(regs_.rsp + size);
  return value;
}

bool Machine::jump(std::uint64_t target) {
  // 32-bit programs jump within the limit of their code segment, which is_flat() knows to be all there is.
  if (mode_ == Mode::bits32 && !is_flat()) return false;
  // With five-level paging more would do; the processor can sort that out.
  if (mode_ == Mode::bits64 && target >> 47 != 0) return false;
  regs_.rip = truncate(target);
  return true;
}

bool Machine::commit(GeneralRegs& regs) {
  if (store_) {
    std::array<std::byte, 8> bytes{};
    std::memcpy(bytes.data(), &store_->value, sizeof store_->value);
    if (!memory_.write(store_->address, std::span(bytes).first(store_->size))) return false;
  }
  regs = regs_;
  return true;
}

}  // namespace cotrace::arch::x86_64
