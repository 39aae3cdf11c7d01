// All instructions of the C library: real code, with the encodings that compilers and people make.
#include <Zydis/Zydis.h>
#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <link.h>

#include "unit/arch/processor.h"

namespace cotrace::test {
namespace {

using arch::x86_64::Relocated;

// The executable segment of libc as it is in this process.
std::span<const std::byte> library_code() {
  std::span<const std::byte> found;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        if (std::strstr(info->dlpi_name, "libc.so") == nullptr) return 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& header = info->dlpi_phdr[i];
          if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
          const auto* start = reinterpret_cast<const std::byte*>(info->dlpi_addr + header.p_vaddr);
          *static_cast<std::span<const std::byte>*>(out) = {start, header.p_filesz};
        }
        return 1;
      },
      &found);
  return found;
}

// Reads give the number that every address is; writes are remembered, nothing else.
class AnyMemory : public MemoryAccess {
 public:
  bool read(Addr address, std::span<std::byte> out) override {
    EXPECT_LE(out.size(), sizeof address.value);
    std::memcpy(out.data(), &address.value, out.size());
    return true;
  }
  bool write(Addr, std::span<const std::byte> in) override {
    EXPECT_LE(in.size(), 8u);
    ++writes;
    return true;
  }
  int writes{0};
};

struct Full {
  ZydisDecodedInstruction insn;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

class RealCode : public ::testing::Test {
 protected:
  RealCode() { ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64); }

  bool take(std::span<const std::byte> code, Full& full) {
    return ZYAN_SUCCESS(
        ZydisDecoderDecodeFull(&decoder, code.data(), code.size(), &full.insn, full.operands));
  }

  // The copy is the same instruction on the same operands, but for the one that went by pc or the branch's
  // target.
  void check_copy(const Relocated& copy, const Full& original, std::uint64_t address) {
    Full made;
    ASSERT_TRUE(take(copy.code, made));
    EXPECT_EQ(made.insn.mnemonic, original.insn.mnemonic);
    EXPECT_EQ(made.insn.length, original.insn.length);
    EXPECT_EQ(made.insn.operand_count, original.insn.operand_count);
    for (unsigned i = 0; i < original.insn.operand_count; ++i) {
      const ZydisDecodedOperand& before = original.operands[i];
      const ZydisDecodedOperand& after = made.operands[i];
      EXPECT_EQ(after.type, before.type);
      EXPECT_EQ(after.size, before.size);
      if (before.type == ZYDIS_OPERAND_TYPE_REGISTER) {
        EXPECT_EQ(after.reg.value, before.reg.value);
      }
      if (before.type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
      EXPECT_NE(after.mem.base, ZYDIS_REGISTER_RIP);
      EXPECT_EQ(after.mem.index, before.mem.index);
      EXPECT_EQ(after.mem.disp.value, before.mem.disp.value);
      if (before.mem.base != ZYDIS_REGISTER_RIP) {
        EXPECT_EQ(after.mem.base, before.mem.base);
      }
    }
    if (copy.taken) {
      std::uint64_t target = 0;
      ASSERT_TRUE(
          ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&original.insn, &original.operands[0], address, &target)));
      EXPECT_EQ(copy.taken->value, target);
      ASSERT_TRUE(
          ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&made.insn, &made.operands[0], copy.to.value, &target)));
      EXPECT_EQ(target, copy.to.value + copy.taken_offset);
    }
  }

  void check_emulated(const GeneralRegs& before, const GeneralRegs& after, const Full& original) {
    const bool branches = original.insn.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE;
    if (!branches) {
      EXPECT_EQ(after.rip, before.rip + original.insn.length);
    }
    EXPECT_EQ(after.orig_rax, before.orig_rax);
    EXPECT_EQ(after.cs, before.cs);
    EXPECT_EQ(after.fs_base, before.fs_base);
  }

  ZydisDecoder decoder;
};

TEST_F(RealCode, DecodesRelocatesAndEmulatesWithoutSurprise) {
  const std::span<const std::byte> code = library_code();
  ASSERT_GT(code.size(), 100000u);
  const Addr to{0x7fff00001000};
  AnyMemory memory;
  int total = 0;
  int relocated = 0;
  int emulated = 0;
  for (std::size_t at = 0; at < code.size() && !HasFailure();) {
    const auto bytes = code.subspan(at, std::min(code.size() - at, arch::x86_64::longest_instruction));
    const std::uint64_t address = reinterpret_cast<std::uint64_t>(bytes.data());
    const auto instruction = arch::x86_64::decode(Mode::bits64, bytes);
    Full full;
    ASSERT_EQ(instruction.has_value(), take(bytes, full)) << hex(bytes);
    if (!instruction) {
      ++at;
      continue;
    }
    SCOPED_TRACE(::testing::Message() << std::hex << address);
    EXPECT_EQ(instruction->length, full.insn.length);
    ++total;
    if (const auto copy = relocate(Mode::bits64, Addr{address}, to, bytes)) {
      ++relocated;
      check_copy(*copy, full, address);
    }
    GeneralRegs regs{};
    regs.rip = address;
    regs.cs = 0x33;
    regs.rsp = regs.rbp = 0x7fff12340000;
    regs.orig_rax = ~0ull;
    regs.eflags = 0x246;
    const GeneralRegs before = regs;
    memory.writes = 0;
    if (emulate(Mode::bits64, regs, bytes, memory)) {
      ++emulated;
      check_emulated(before, regs, full);
    }
    EXPECT_LE(memory.writes, 1);
    at += instruction->length;
  }
  EXPECT_GT(relocated, total * 95 / 100) << "of " << total;
  EXPECT_GT(emulated, total * 70 / 100) << "of " << total;
}

}  // namespace
}  // namespace cotrace::test
