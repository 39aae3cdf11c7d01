#include "unit/arch/processor.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cotrace::test {

namespace {

std::byte* at(std::uint64_t address) {
  return reinterpret_cast<std::byte*>(address);
}

int hex_value(char c) {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

// Every 64-bit general register, in the order of describe().
struct Named {
  const char* name;
  unsigned long long GeneralRegs::* field;
};
constexpr Named general[] = {
    {"rax", &GeneralRegs::rax}, {"rcx", &GeneralRegs::rcx}, {"rdx", &GeneralRegs::rdx},
    {"rbx", &GeneralRegs::rbx}, {"rsp", &GeneralRegs::rsp}, {"rbp", &GeneralRegs::rbp},
    {"rsi", &GeneralRegs::rsi}, {"rdi", &GeneralRegs::rdi}, {"r8", &GeneralRegs::r8},
    {"r9", &GeneralRegs::r9},   {"r10", &GeneralRegs::r10}, {"r11", &GeneralRegs::r11},
    {"r12", &GeneralRegs::r12}, {"r13", &GeneralRegs::r13}, {"r14", &GeneralRegs::r14},
    {"r15", &GeneralRegs::r15}, {"rip", &GeneralRegs::rip}, {"eflags", &GeneralRegs::eflags}};

}  // namespace

std::vector<std::byte> bytes(std::string_view hex) {
  std::vector<std::byte> out;
  for (std::size_t i = 0; i + 1 < hex.size(); ++i) {
    if (hex[i] == ' ') continue;
    out.push_back(static_cast<std::byte>(hex_value(hex[i]) << 4 | hex_value(hex[i + 1])));
    ++i;
  }
  return out;
}

std::string hex(std::span<const std::byte> bytes) {
  std::string out;
  for (std::byte byte : bytes) {
    char text[4];
    std::snprintf(text, sizeof text, "%02x ", static_cast<unsigned>(byte));
    out += text;
  }
  return out;
}

std::string describe(const GeneralRegs& regs) {
  std::string out;
  for (const Named& named : general) {
    char text[48];
    std::snprintf(text, sizeof text, "%s=%llx ", named.name, regs.*named.field);
    out += text;
  }
  return out;
}

Processor::Processor() : size_(12 * page) {
  void* mapping =
      mmap(nullptr, size_, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  EXPECT_NE(mapping, MAP_FAILED);
  base_ = reinterpret_cast<std::uint64_t>(mapping);
  std::memset(mapping, 0xcc, size_);
  child_ = fork();
  if (child_ == 0) {
    // The kernel would write into the C library's restartable sequence area, which is unmapped below.
    if (__rseq_size != 0) {
      syscall(SYS_rseq, static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset, 32,
              RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
    }
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    _exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child_, &status, 0), child_);
  EXPECT_TRUE(WIFSTOPPED(status));
  EXPECT_EQ(ptrace(PTRACE_SETOPTIONS, child_, nullptr, PTRACE_O_EXITKILL), 0);
  EXPECT_EQ(ptrace(PTRACE_GETREGS, child_, nullptr, &plain_), 0);
  plain_.orig_rax = ~0ull;  // or the kernel would restart the system call that raise() is in
  // Nothing else in the child: a random store must not hit anything that the next instruction could see.
  constexpr std::uint64_t end_of_user_space = 0x7ffffffff000;
  unmap(0, base_);
  unmap(base_ + size_, end_of_user_space - (base_ + size_));
}

void Processor::unmap(std::uint64_t start, std::uint64_t size) const {
  put(code(), bytes("0f 05 cc"));
  GeneralRegs regs = plain_;
  regs.rip = code();
  regs.rax = SYS_munmap;
  regs.rdi = start;
  regs.rsi = size;
  EXPECT_EQ(run(regs).regs.rax, 0u);
}

Processor::~Processor() {
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  munmap(at(base_), size_);
}

std::span<std::byte> Processor::data() const {
  return {at(data_address()), data_size};
}

void Processor::put(std::uint64_t address, std::span<const std::byte> bytes) const {
  std::copy(bytes.begin(), bytes.end(), at(address));
}

void Processor::clear_code() const {
  const std::uint64_t end = data_address() + data_size;
  std::memset(at(base_), 0xcc, data_address() - base_);
  std::memset(at(end), 0xcc, base_ + size_ - end);
}

GeneralRegs Processor::plain_registers(Mode mode) const {
  GeneralRegs regs = plain_;
  if (mode == Mode::bits32) {
    regs.cs = 0x23;
    regs.ds = regs.es = regs.ss = 0x2b;
  }
  return regs;
}

Processor::Outcome Processor::resume(const GeneralRegs& regs, int request) const {
  Outcome outcome;
  EXPECT_EQ(ptrace(PTRACE_SETREGS, child_, nullptr, &regs), 0);
  EXPECT_EQ(ptrace(static_cast<__ptrace_request>(request), child_, nullptr, nullptr), 0);
  int status = 0;
  EXPECT_EQ(waitpid(child_, &status, 0), child_);
  EXPECT_TRUE(WIFSTOPPED(status));
  outcome.signal = WSTOPSIG(status);
  EXPECT_EQ(ptrace(PTRACE_GETREGS, child_, nullptr, &outcome.regs), 0);
  return outcome;
}

Processor::Outcome Processor::step(const GeneralRegs& regs) const {
  return resume(regs, PTRACE_SINGLESTEP);
}
Processor::Outcome Processor::run(const GeneralRegs& regs) const {
  return resume(regs, PTRACE_CONT);
}

std::vector<std::byte> Processor::xstate() const {
  std::vector<std::byte> area(16384);
  iovec vector{area.data(), area.size()};
  EXPECT_EQ(ptrace(PTRACE_GETREGSET, child_, NT_X86_XSTATE, &vector), 0);
  area.resize(vector.iov_len);
  std::fill_n(area.begin() + 6, 18, std::byte{0});
  return area;
}

void Processor::set_xstate(std::vector<std::byte> area) const {
  iovec vector{area.data(), area.size()};
  EXPECT_EQ(ptrace(PTRACE_SETREGSET, child_, NT_X86_XSTATE, &vector), 0);
}

void Processor::set_debug_register(int index, std::uint64_t value) const {
  const std::size_t offset = offsetof(user, u_debugreg) + static_cast<std::size_t>(index) * sizeof(long);
  EXPECT_EQ(ptrace(PTRACE_POKEUSER, child_, offset, value), 0) << index;
}

std::uint64_t Processor::debug_register(int index) const {
  const std::size_t offset = offsetof(user, u_debugreg) + static_cast<std::size_t>(index) * sizeof(long);
  return static_cast<std::uint64_t>(ptrace(PTRACE_PEEKUSER, child_, offset, nullptr));
}

std::byte* DataMemory::find(Addr address, std::size_t size) const {
  const std::uint64_t start = processor_.data_address();
  if (address.value < start || address.value - start > Processor::data_size - size) return nullptr;
  return at(address.value);
}

bool DataMemory::read(Addr address, std::span<std::byte> out) {
  const std::byte* place = find(address, out.size());
  if (place == nullptr) return false;
  std::copy_n(place, out.size(), out.begin());
  return true;
}

bool DataMemory::write(Addr address, std::span<const std::byte> in) {
  std::byte* place = find(address, in.size());
  if (place == nullptr) return false;
  std::copy(in.begin(), in.end(), place);
  return true;
}

std::uint64_t interesting_value(std::mt19937_64& random, const Processor& processor) {
  constexpr std::uint64_t extremes[] = {
      0,          1,          0x7f,        0x80,      0xff,       0x7fff,     0x8000, 0xffff, 0x7fffffff,
      0x80000000, 0xffffffff, 0x100000000, INT64_MAX, 1ull << 63, UINT64_MAX, 0x0f,   0x10,   0xfffffffe};
  switch (random() % 4) {
    case 0:
      return random();
    case 1:
      return extremes[random() % std::size(extremes)];
    case 2:
      return random() % 64;
    default:
      return processor.data_address() + random() % Processor::data_size;
  }
}

GeneralRegs random_registers(std::mt19937_64& random, const Processor& processor, Mode mode) {
  constexpr std::uint64_t status_flags = 0x8d5;
  GeneralRegs regs = processor.plain_registers(mode);
  for (const Named& named : general) {
    std::uint64_t value = interesting_value(random, processor);
    if (mode == Mode::bits32) value &= 0xffffffff;
    regs.*named.field = value;
  }
  regs.rsp = processor.data_address() + (64 + random() % (Processor::data_size - 128)) / 8 * 8;
  regs.rip = processor.code();
  regs.eflags = 0x202 | (random() & status_flags);
  if (mode == Mode::bits64) {
    regs.fs_base = processor.data_address() + random() % Processor::data_size;
    regs.gs_base = processor.data_address() + random() % Processor::data_size;
  }
  return regs;
}

void fill_randomly(std::span<std::byte> bytes, std::mt19937_64& random) {
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
}

}  // namespace cotrace::test
