#include <algorithm>
#include <array>

#include "arch/x86_64/instruction.h"
#include "arch/x86_64/zydis.h"

namespace cotrace::arch::x86_64 {

namespace {

using Kind = Instruction::Kind;

// What only works in place, or not in the way a tracer could mend afterwards.
bool must_stay(Mode mode, const Decoded& decoded, Kind kind) {
  const ZydisDecodedInstruction& insn = decoded.insn;
  if (kind == Kind::breakpoint || kind == Kind::move_ss) return true;
  if (insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR || is_ambiguous_branch(insn)) return true;
  switch (static_cast<int>(insn.mnemonic)) {
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_UIRET:
    case ZYDIS_MNEMONIC_SYSENTER:
    case ZYDIS_MNEMONIC_INTO:    // traps with pc behind it, like int3
    case ZYDIS_MNEMONIC_XBEGIN:  // its abort goes to a place relative to it, long after
    case ZYDIS_MNEMONIC_XEND:
    case ZYDIS_MNEMONIC_ENCLU:
      return true;  // an enclave returns to where it was entered
    case ZYDIS_MNEMONIC_SYSCALL:
      return mode == Mode::bits32;
    default:
      return false;
  }
}

// --- RIP-relative operands
// ---------------------------------------------------------------------------------------------

const ZydisDecodedOperand* pc_relative_operand(const Decoded& decoded) {
  const auto is_pc_relative = [](const ZydisDecodedOperand& operand) {
    return operand.type == ZYDIS_OPERAND_TYPE_MEMORY &&
           (operand.mem.base == ZYDIS_REGISTER_RIP || operand.mem.base == ZYDIS_REGISTER_EIP);
  };
  const auto operands = decoded.all();
  const auto found = std::ranges::find_if(operands, is_pc_relative);
  return found == operands.end() ? nullptr : &*found;
}

// A general register that the instruction does not name, by operand (hidden ones as well) or address. The
// first eight only: they need no extension bit. Never rsp, which cannot be a base without a SIB byte.
std::optional<unsigned> unused_register(const Decoded& decoded) {
  std::array<bool, 16> used{};
  const auto mark = [&](ZydisRegister reg) {
    if (const auto number = general_register(reg)) used[*number] = true;
  };
  for (const ZydisDecodedOperand& operand : decoded.all()) {
    if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER) mark(operand.reg.value);
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) {
      mark(operand.mem.base);
      mark(operand.mem.index);
    }
  }
  // Those that instructions use unasked come last; rbp as a base would make a bad address a stack fault.
  for (unsigned candidate : {6u, 7u, 3u, 1u, 2u, 0u}) {
    if (!used[candidate]) return candidate;
  }
  return std::nullopt;
}

// The bit that extends ModRM.rm has no effect on a RIP-relative operand and may be set; on a register it
// would have. False for an encoding that is not known here.
bool clear_base_extension(const ZydisDecodedInstruction& insn, std::span<std::byte> code) {
  constexpr std::byte inverted_b{0x20};
  switch (insn.encoding) {
    case ZYDIS_INSTRUCTION_ENCODING_LEGACY:
    case ZYDIS_INSTRUCTION_ENCODING_3DNOW:
      if ((insn.attributes & ZYDIS_ATTRIB_HAS_REX) != 0) code[insn.raw.rex.offset] &= ~std::byte{1};
      return true;
    case ZYDIS_INSTRUCTION_ENCODING_VEX:
      if (insn.raw.vex.size == 3) code[insn.raw.vex.offset + 1u] |= inverted_b;  // the short form has no B
      return true;
    case ZYDIS_INSTRUCTION_ENCODING_EVEX:
      code[insn.raw.evex.offset + 1u] |= inverted_b;
      return true;
    case ZYDIS_INSTRUCTION_ENCODING_XOP:
      code[insn.raw.xop.offset + 1u] |= inverted_b;
      return true;
    case ZYDIS_INSTRUCTION_ENCODING_MVEX:
      return false;
  }
  return false;
}

// [rip + disp32] becomes [spare + disp32], which is as long. `code` is the copy.
bool use_spare(const Decoded& decoded, const ZydisDecodedOperand& operand, Relocated& copy) {
  const ZydisDecodedInstruction& insn = decoded.insn;
  // With an address-size prefix the sum is cut off at 32 bits: a base register cannot be made to do that to
  // pc.
  if (operand.mem.base != ZYDIS_REGISTER_RIP) return false;
  if (insn.raw.modrm.mod != 0 || insn.raw.modrm.rm != 5 || insn.raw.disp.size != 32) return false;
  const auto spare = unused_register(decoded);
  if (!spare || !clear_base_extension(insn, copy.code)) return false;
  const unsigned modrm = 0x80u | insn.raw.modrm.reg << 3 | *spare;
  copy.code[insn.raw.modrm.offset] = static_cast<std::byte>(modrm);
  copy.spare = struct_index(*spare);
  return true;
}

// --- branches
// ----------------------------------------------------------------------------------------------------------

bool is_relative(const ZydisDecodedInstruction& insn) {
  return insn.raw.imm[0].is_relative != 0;
}

// The copy's own target, when taken: two bytes past its end, so that it differs from not having been taken
// and from having run into the guard. The distance is small enough for every size of displacement.
void retarget(Mode mode, const ZydisDecodedInstruction& insn, Relocated& copy) {
  const auto& distance = insn.raw.imm[0];
  const std::uint64_t target = copy.from.value + insn.length + distance.value.u;
  copy.taken = Addr{mode == Mode::bits64 ? target : target & 0xffffffff};
  copy.taken_offset = static_cast<std::uint8_t>(insn.length + 2);
  const auto field = std::span(copy.code).subspan(distance.offset, distance.size / 8u);
  std::ranges::fill(field, std::byte{0});
  field[0] = std::byte{2};
}

bool is_return_or_indirect(const ZydisDecodedInstruction& insn, Kind kind) {
  return kind == Kind::branch && !is_relative(insn);
}

}  // namespace

std::optional<Relocated> relocate(Mode mode, Addr from, Addr to, std::span<const std::byte> code) {
  const auto decoded = decode_operands(mode, code);
  if (!decoded) return std::nullopt;
  const ZydisDecodedInstruction& insn = decoded->insn;
  const Kind kind = kind_of(*decoded);
  if (must_stay(mode, *decoded, kind)) return std::nullopt;

  Relocated copy;
  copy.mode = mode;
  copy.from = from;
  copy.to = to;
  copy.length = insn.length;
  copy.copy_length = insn.length;
  copy.code.fill(breakpoint_instruction);
  std::copy_n(code.begin(), insn.length, copy.code.begin());

  copy.is_call = insn.meta.category == ZYDIS_CATEGORY_CALL;
  copy.is_push_flags = kind == Kind::push_flags;
  copy.is_syscall = insn.mnemonic == ZYDIS_MNEMONIC_SYSCALL;
  copy.pc_absolute = is_return_or_indirect(insn, kind);
  if (is_relative(insn)) retarget(mode, insn, copy);
  const ZydisDecodedOperand* operand = pc_relative_operand(*decoded);
  if (operand != nullptr && !use_spare(*decoded, *operand, copy)) return std::nullopt;

  copy.code_size = static_cast<std::uint8_t>((copy.taken ? copy.taken_offset : copy.copy_length) + 1);
  return copy;
}

}  // namespace cotrace::arch::x86_64
