#include "arch/x86_64/flags.h"
#include "arch/x86_64/instruction.h"
#include "arch/x86_64/operands.h"
#include "arch/x86_64/zydis.h"

namespace cotrace::arch::x86_64 {

namespace {

std::uint64_t sign_extended(std::uint64_t value, unsigned bits) {
  const unsigned unused = 64 - bits;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
}

std::uint64_t truncated(std::uint64_t value, unsigned bits) {
  return value << (64 - bits) >> (64 - bits);
}

void set_flags(GeneralRegs& regs, std::uint64_t values, std::uint64_t which = flags::status) {
  regs.eflags = (regs.eflags & ~which) | (values & which);
}

// Each function carries one class of instruction out; false: not done. They leave pc alone unless they
// branch.

bool move(Machine& machine, const Decoded& decoded) {
  const auto value = machine.read(decoded.operands[1]);
  return value && machine.write(decoded.operands[0], *value);
}

bool move_sign_extended(Machine& machine, const Decoded& decoded) {
  const auto value = machine.read(decoded.operands[1]);
  return value && machine.write(decoded.operands[0], sign_extended(*value, decoded.operands[1].size));
}

bool load_address(Machine& machine, const Decoded& decoded) {
  const auto address = machine.effective_address(decoded.operands[1]);
  return address && machine.write(decoded.operands[0], *address);
}

// add, sub, cmp, and, or, xor, test: by the mnemonic; cmp and test keep no result.
bool arithmetic(Machine& machine, const Decoded& decoded) {
  const unsigned bits = decoded.operands[0].size;
  const auto left = machine.read(decoded.operands[0]);
  const auto right = machine.read(decoded.operands[1]);
  if (!left || !right) return false;
  const std::uint64_t a = truncated(*left, bits);
  const std::uint64_t b = truncated(*right, bits);  // a short immediate was sign-extended to 64
  flags::Outcome outcome{};
  bool keep = true;
  switch (static_cast<int>(decoded.insn.mnemonic)) {
    case ZYDIS_MNEMONIC_ADD:
      outcome = flags::add(a, b, bits);
      break;
    case ZYDIS_MNEMONIC_SUB:
      outcome = flags::subtract(a, b, bits);
      break;
    case ZYDIS_MNEMONIC_AND:
      outcome = flags::logic(a & b, bits);
      break;
    case ZYDIS_MNEMONIC_OR:
      outcome = flags::logic(a | b, bits);
      break;
    case ZYDIS_MNEMONIC_XOR:
      outcome = flags::logic(a ^ b, bits);
      break;
    case ZYDIS_MNEMONIC_CMP:
      outcome = flags::subtract(a, b, bits);
      keep = false;
      break;
    case ZYDIS_MNEMONIC_TEST:
      outcome = flags::logic(a & b, bits);
      keep = false;
      break;
    default:
      return false;
  }
  if (keep && !machine.write(decoded.operands[0], outcome.value)) return false;
  set_flags(machine.regs(), outcome.flags);
  return true;
}

// inc and dec leave the carry flag as it was.
bool count(Machine& machine, const Decoded& decoded) {
  const auto value = machine.read(decoded.operands[0]);
  if (!value) return false;
  const unsigned bits = decoded.operands[0].size;
  const bool up = decoded.insn.mnemonic == ZYDIS_MNEMONIC_INC;
  const flags::Outcome outcome = up ? flags::add(*value, 1, bits) : flags::subtract(*value, 1, bits);
  set_flags(machine.regs(), outcome.flags, flags::status & ~flags::carry);
  return machine.write(decoded.operands[0], outcome.value);
}

bool push(Machine& machine, const Decoded& decoded) {
  if (decoded.insn.operand_width != machine.word_bits()) return false;  // a 16-bit push
  const auto value = machine.read(decoded.operands[0]);                 // push rsp pushes what it was before
  return value && machine.push(*value);
}

bool pop(Machine& machine, const Decoded& decoded) {
  // pop to memory computes its address with the new rsp: rare, left to the processor.
  if (decoded.operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER) return false;
  if (decoded.insn.operand_width != machine.word_bits()) return false;
  const auto value = machine.pop();
  return value && machine.write(decoded.operands[0], *value);  // pop rsp keeps what it popped
}

bool leave(Machine& machine, const Decoded& decoded) {
  if (decoded.insn.operand_width != machine.word_bits()) return false;
  machine.regs().rsp = machine.regs().rbp;
  const auto value = machine.pop();
  if (!value) return false;
  machine.regs().rbp = *value;
  return true;
}

std::optional<std::uint64_t> branch_target(Machine& machine, const Decoded& decoded) {
  const ZydisDecodedOperand& operand = decoded.operands[0];
  if (operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) return machine.next_pc() + operand.imm.value.u;
  if (operand.size != machine.word_bits()) return std::nullopt;
  return machine.read(operand);
}

bool jump(Machine& machine, const Decoded& decoded) {
  const auto target = branch_target(machine, decoded);
  return target && machine.jump(*target);
}

bool jump_if(Machine& machine, const Decoded& decoded) {
  const bool taken = flags::condition(decoded.insn.opcode & 15u, machine.regs().eflags);
  return taken ? jump(machine, decoded) : machine.jump(machine.next_pc());
}

bool call(Machine& machine, const Decoded& decoded) {
  const auto target = branch_target(machine, decoded);  // before the push: it may depend on rsp
  return target && machine.push(machine.next_pc()) && machine.jump(*target);
}

bool return_near(Machine& machine, const Decoded& decoded) {
  const auto target = machine.pop();
  if (!target) return false;
  if (decoded.insn.raw.imm[0].size != 0) machine.regs().rsp += decoded.insn.raw.imm[0].value.u;
  if (machine.word_bits() == 32) machine.regs().rsp &= 0xffffffff;
  return machine.jump(*target);
}

// 90 and the recommended 0F 1F /0. Others that are listed as no-operations are undefined on some processors
// (0F 0D with a register, on AMD's) or have got a meaning since.
bool is_sure_nop(const ZydisDecodedInstruction& insn) {
  if (insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT) return insn.opcode == 0x90;
  return insn.opcode_map == ZYDIS_OPCODE_MAP_0F && insn.opcode == 0x1f && insn.raw.modrm.reg == 0;
}

bool is_near_jump_if(const ZydisDecodedInstruction& insn) {
  const bool is_short = insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && (insn.opcode & 0xf0) == 0x70;
  const bool is_near = insn.opcode_map == ZYDIS_OPCODE_MAP_0F && (insn.opcode & 0xf0) == 0x80;
  return is_short || is_near;
}

// Carries the instruction out on the machine, pc included.
bool execute(Machine& machine, const Decoded& decoded) {
  const auto then_next = [&](bool done) { return done && machine.jump(machine.next_pc()); };
  switch (static_cast<int>(decoded.insn.mnemonic)) {
    case ZYDIS_MNEMONIC_NOP:
      return then_next(is_sure_nop(decoded.insn));
    case ZYDIS_MNEMONIC_ENDBR32:
    case ZYDIS_MNEMONIC_ENDBR64:
      return then_next(true);
    case ZYDIS_MNEMONIC_MOV:
    case ZYDIS_MNEMONIC_MOVZX:
      return then_next(move(machine, decoded));
    case ZYDIS_MNEMONIC_MOVSX:
    case ZYDIS_MNEMONIC_MOVSXD:
      return then_next(move_sign_extended(machine, decoded));
    case ZYDIS_MNEMONIC_LEA:
      return then_next(load_address(machine, decoded));
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_CMP:
    case ZYDIS_MNEMONIC_AND:
    case ZYDIS_MNEMONIC_OR:
    case ZYDIS_MNEMONIC_XOR:
    case ZYDIS_MNEMONIC_TEST:
      return then_next(arithmetic(machine, decoded));
    case ZYDIS_MNEMONIC_INC:
    case ZYDIS_MNEMONIC_DEC:
      return then_next(count(machine, decoded));
    case ZYDIS_MNEMONIC_PUSH:
      return then_next(push(machine, decoded));
    case ZYDIS_MNEMONIC_POP:
      return then_next(pop(machine, decoded));
    case ZYDIS_MNEMONIC_LEAVE:
      return then_next(leave(machine, decoded));
    case ZYDIS_MNEMONIC_JMP:
      return jump(machine, decoded);
    case ZYDIS_MNEMONIC_CALL:
      return call(machine, decoded);
    case ZYDIS_MNEMONIC_RET:
      return return_near(machine, decoded);
    default:
      return is_near_jump_if(decoded.insn) && jump_if(machine, decoded);
  }
}

// Prefixes whose effect is known. A meaningless F2 or F3 stands before branches: "bnd jmp" in procedure
// linkage tables, "rep ret".
bool has_plain_prefixes(const ZydisDecodedInstruction& insn) {
  if (insn.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY || has_prefix(insn, 0xf0)) return false;
  if (insn.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE) {
    return insn.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR && !is_ambiguous_branch(insn);
  }
  const bool is_landing_pad =
      insn.mnemonic == ZYDIS_MNEMONIC_ENDBR64 || insn.mnemonic == ZYDIS_MNEMONIC_ENDBR32;
  return is_landing_pad || (!has_prefix(insn, 0xf2) && !has_prefix(insn, 0xf3));
}

}  // namespace

bool emulate(Mode mode, GeneralRegs& regs, std::span<const std::byte> code, MemoryAccess& memory) {
  // TF: the program steps itself and expects a trap. AC: it may expect one for a misaligned access.
  if ((regs.eflags & (flags::trap | flags::alignment)) != 0) return false;
  const auto decoded = decode_operands(mode, code);
  if (!decoded || !has_plain_prefixes(decoded->insn)) return false;
  Machine machine(mode, regs, decoded->insn, memory);
  if (!execute(machine, *decoded)) return false;
  machine.regs().eflags &= ~flags::resume;  // every instruction that completes clears it
  return machine.commit(regs);
}

}  // namespace cotrace::arch::x86_64
