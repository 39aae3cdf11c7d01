#include <algorithm>

#include "arch/x86_64/instruction.h"
#include "arch/x86_64/zydis.h"

namespace cotrace::arch::x86_64 {

namespace {

ZydisDecoder decoder_for(Mode mode) {
  ZydisDecoder decoder;
  if (mode == Mode::bits64) {
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  } else {
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
  }
  return decoder;
}

constexpr RegisterField fields[16] = {
    &GeneralRegs::rax, &GeneralRegs::rcx, &GeneralRegs::rdx, &GeneralRegs::rbx,
    &GeneralRegs::rsp, &GeneralRegs::rbp, &GeneralRegs::rsi, &GeneralRegs::rdi,
    &GeneralRegs::r8,  &GeneralRegs::r9,  &GeneralRegs::r10, &GeneralRegs::r11,
    &GeneralRegs::r12, &GeneralRegs::r13, &GeneralRegs::r14, &GeneralRegs::r15};

// r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ... (sys/user.h)
constexpr std::uint8_t indices[16] = {10, 11, 12, 5, 19, 4, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0};

bool is_branch(const ZydisDecodedInstruction& insn) {
  return insn.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE;
}

// Traps are held off for one instruction by these two only; lss does not (SDM vol. 3, 6.8.3).
bool loads_ss(const Decoded& decoded) {
  const ZydisDecodedOperand& target = decoded.operands[0];
  return target.type == ZYDIS_OPERAND_TYPE_REGISTER && target.reg.value == ZYDIS_REGISTER_SS;
}

Instruction::Kind kind_of_interrupt(const ZydisDecodedInstruction& insn) {
  switch (insn.raw.imm[0].value.u) {
    case 0x80:
      return Instruction::Kind::system_call;
    case 3:
      return Instruction::Kind::breakpoint;
    default:
      return Instruction::Kind::other;  // a fault in user mode
  }
}

}  // namespace

RegisterField field_of(unsigned encoded) {
  return fields[encoded & 15];
}
std::uint8_t struct_index(unsigned encoded) {
  return indices[encoded & 15];
}

std::optional<unsigned> general_register(ZydisRegister reg) {
  // In 64-bit terms also for 32-bit code: the enclosing register is what user_regs_struct has.
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
  if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) return std::nullopt;
  return static_cast<unsigned>(whole - ZYDIS_REGISTER_RAX);
}

bool has_prefix(const ZydisDecodedInstruction& insn, std::uint8_t byte) {
  const auto prefixes = std::span(insn.raw.prefixes).first(insn.raw.prefix_count);
  return std::ranges::any_of(prefixes, [&](const auto& prefix) { return prefix.value == byte; });
}

bool is_ambiguous_branch(const ZydisDecodedInstruction& insn) {
  if (!is_branch(insn) || !has_prefix(insn, 0x66)) return false;
  return insn.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY || insn.raw.rex.W == 0;
}

// The mnemonics are cast to int: they are some 1700, and a switch over the type would have to name them all.
Instruction::Kind kind_of(const Decoded& decoded) {
  using Kind = Instruction::Kind;
  const ZydisDecodedInstruction& insn = decoded.insn;
  switch (static_cast<int>(insn.mnemonic)) {
    case ZYDIS_MNEMONIC_SYSCALL:
    case ZYDIS_MNEMONIC_SYSENTER:
      return Kind::system_call;
    case ZYDIS_MNEMONIC_INT:
      return kind_of_interrupt(insn);
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_INT1:
      return Kind::breakpoint;
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFD:
    case ZYDIS_MNEMONIC_PUSHFQ:
      return Kind::push_flags;
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFD:
    case ZYDIS_MNEMONIC_POPFQ:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
      return Kind::pop_flags;
    case ZYDIS_MNEMONIC_MOV:
    case ZYDIS_MNEMONIC_POP:
      return loads_ss(decoded) ? Kind::move_ss : Kind::other;
    default:
      break;
  }
  constexpr auto repeats = ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
  if ((insn.attributes & repeats) != 0) return Kind::repeated;
  return is_branch(insn) ? Kind::branch : Kind::other;
}

std::optional<Decoded> decode_operands(Mode mode, std::span<const std::byte> code) {
  const ZydisDecoder decoder = decoder_for(mode);
  std::optional<Decoded> decoded(std::in_place);
  const ZyanStatus status =
      ZydisDecoderDecodeFull(&decoder, code.data(), code.size(), &decoded->insn, decoded->operands.data());
  if (!ZYAN_SUCCESS(status)) return std::nullopt;
  return decoded;
}

std::optional<Instruction> decode(Mode mode, std::span<const std::byte> code) {
  const auto decoded = decode_operands(mode, code);
  if (!decoded) return std::nullopt;
  return Instruction{decoded->insn.length, kind_of(*decoded)};
}

}  // namespace cotrace::arch::x86_64
