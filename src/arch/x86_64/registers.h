// The registers of x86-64 Linux as gdb numbers and describes them.
//
// The list follows the processor's XCR0 (Intel SDM vol. 1, chapter 13); the numbers are the order of the
// target description, and so is the layout of the `g` block (gdb manual, "Target Description Format").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/user.h>
#include <vector>

#include <cotrace/error.h>

namespace cotrace::arch::x86_64 {

using GeneralRegs = user_regs_struct;

// A 64-bit task, or one of a 32-bit program under a 64-bit kernel (its CS says which, see mode_of()).
enum class Mode : std::uint8_t { bits64, bits32 };
// By the code segment: Linux has one 64-bit user segment; a program's own (modify_ldt(2)) are never 64-bit.
Mode mode_of(const GeneralRegs& regs);

// The raw state that registers are read from and written to. `xstate` is the XSAVE area in standard layout as
// PTRACE_GETREGSET(NT_X86_XSTATE) gives it, empty where it was not fetched.
struct RegisterImage {
  GeneralRegs general{};
  std::vector<std::byte> xstate;
};

struct RegisterInfo {
  std::string_view name;     // "rax", "st0", "ymm3h" ...
  std::string_view feature;  // "org.gnu.gdb.i386.core" ...
  std::uint16_t bits;        // size in the g block
  std::uint32_t offset;      // in the g block, bytes
  bool in_xstate;            // lives in the XSAVE area, not in the general registers
};

// What the processor has, and where in the XSAVE area (CPUID leaf 0DH).
struct XsaveLayout {
  std::uint64_t xcr0{0};
  std::uint32_t size{0};
  // Offset of component i in the standard layout; 0: not there. 2 AVX, 5 opmask, 6 ZMM_Hi256, 7 Hi16_ZMM, 9
  // PKRU.
  std::uint32_t offset[64]{};

  // Asks this processor. PTRACE_GETREGSET's own header (bytes 464..471 of the area) tells the XCR0 a task
  // has.
  static XsaveLayout of_this_processor();
};

// Where a register lives; register_tables.h.
struct RegisterPlace;

// The registers of one mode on one processor; immutable, may be shared by any number of users.
class RegisterLayout {
 public:
  RegisterLayout(Mode mode, const XsaveLayout& xsave);
  RegisterLayout(const RegisterLayout&);
  RegisterLayout(RegisterLayout&&) noexcept;
  RegisterLayout& operator=(const RegisterLayout&);
  RegisterLayout& operator=(RegisterLayout&&) noexcept;
  ~RegisterLayout();

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] std::span<const RegisterInfo> registers() const { return registers_; }
  [[nodiscard]] std::size_t block_size() const { return block_size_; }  // of `g`
  [[nodiscard]] const std::string& target_xml() const { return xml_; }  // a whole <target>, no includes
  [[nodiscard]] std::optional<int> find(std::string_view name) const;
  // Numbers worth sending with every stop: frame pointer, stack pointer, pc.
  [[nodiscard]] std::span<const int> expedited() const { return expedited_; }

  // `out` and `in` have the register's size exactly. A component that is in its initial state (its XSTATE_BV
  // bit is clear) reads as its initial value; writing to it sets the bit. Errors: invalid (number, size),
  // unsupported (xstate needed and empty). An xstate of only 512 bytes, as PTRACE_GETFPREGS gives, serves x87
  // and SSE.
  Result<> read(int number, const RegisterImage& image, std::span<std::byte> out) const;
  // Writing rip while orig_rax says "in a system call" does not touch orig_rax: that is the caller's to
  // decide.
  Result<> write(int number, RegisterImage& image, std::span<const std::byte> in) const;

 private:
  // Nothing wrong with number and size: the place.
  [[nodiscard]] Result<const RegisterPlace*> place(int number, std::size_t size) const;

  Mode mode_;
  XsaveLayout xsave_;
  std::vector<RegisterInfo> registers_;
  std::vector<RegisterPlace> places_;  // same indices as registers_
  std::size_t block_size_{0};
  std::string xml_;
  std::vector<int> expedited_;
};

}  // namespace cotrace::arch::x86_64
