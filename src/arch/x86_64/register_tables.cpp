#include "arch/x86_64/register_tables.h"

#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace cotrace::arch::x86_64 {

namespace {

constexpr std::string_view core_feature = "org.gnu.gdb.i386.core";
constexpr std::string_view sse_feature = "org.gnu.gdb.i386.sse";
constexpr std::string_view linux_feature = "org.gnu.gdb.i386.linux";
constexpr std::string_view segments_feature = "org.gnu.gdb.i386.segments";
constexpr std::string_view avx_feature = "org.gnu.gdb.i386.avx";
constexpr std::string_view avx512_feature = "org.gnu.gdb.i386.avx512";
constexpr std::string_view pkeys_feature = "org.gnu.gdb.i386.pkeys";

// "xmm17", "ymm3h": made at compile time, so that a string_view of one lives for ever.
struct Name {
  std::array<char, 8> text{};
  std::size_t length{0};

  constexpr Name(std::string_view prefix, int number, std::string_view suffix) {
    for (char c : prefix) text[length++] = c;
    if (number >= 10) text[length++] = static_cast<char>('0' + number / 10);
    text[length++] = static_cast<char>('0' + number % 10);
    for (char c : suffix) text[length++] = c;
  }
  constexpr Name() = default;
  [[nodiscard]] constexpr std::string_view view() const { return {text.data(), length}; }
};

template <std::size_t Count>
constexpr std::array<Name, Count> numbered(std::string_view prefix, std::string_view suffix) {
  std::array<Name, Count> names;
  for (std::size_t i = 0; i < Count; ++i) names[i] = Name(prefix, static_cast<int>(i), suffix);
  return names;
}

constexpr auto st_names = numbered<8>("st", "");
constexpr auto k_names = numbered<8>("k", "");
constexpr auto xmm_names = numbered<32>("xmm", "");
constexpr auto ymm_names = numbered<32>("ymm", "h");
constexpr auto zmm_names = numbered<32>("zmm", "h");

struct GeneralRow {
  std::string_view name;
  std::string_view type;
  std::uint16_t bits;
  std::uint32_t offset;
};

#define FIELD(name) static_cast<std::uint32_t>(offsetof(GeneralRegs, name))
constexpr GeneralRow general64[] = {
    {"rax", "int64", 64, FIELD(rax)},    {"rbx", "int64", 64, FIELD(rbx)},
    {"rcx", "int64", 64, FIELD(rcx)},    {"rdx", "int64", 64, FIELD(rdx)},
    {"rsi", "int64", 64, FIELD(rsi)},    {"rdi", "int64", 64, FIELD(rdi)},
    {"rbp", "data_ptr", 64, FIELD(rbp)}, {"rsp", "data_ptr", 64, FIELD(rsp)},
    {"r8", "int64", 64, FIELD(r8)},      {"r9", "int64", 64, FIELD(r9)},
    {"r10", "int64", 64, FIELD(r10)},    {"r11", "int64", 64, FIELD(r11)},
    {"r12", "int64", 64, FIELD(r12)},    {"r13", "int64", 64, FIELD(r13)},
    {"r14", "int64", 64, FIELD(r14)},    {"r15", "int64", 64, FIELD(r15)},
    {"rip", "code_ptr", 64, FIELD(rip)}, {"eflags", "i386_eflags", 32, FIELD(eflags)},
    {"cs", "int32", 32, FIELD(cs)},      {"ss", "int32", 32, FIELD(ss)},
    {"ds", "int32", 32, FIELD(ds)},      {"es", "int32", 32, FIELD(es)},
    {"fs", "int32", 32, FIELD(fs)},      {"gs", "int32", 32, FIELD(gs)},
};
constexpr GeneralRow general32[] = {
    {"eax", "int32", 32, FIELD(rax)},    {"ecx", "int32", 32, FIELD(rcx)},
    {"edx", "int32", 32, FIELD(rdx)},    {"ebx", "int32", 32, FIELD(rbx)},
    {"esp", "data_ptr", 32, FIELD(rsp)}, {"ebp", "data_ptr", 32, FIELD(rbp)},
    {"esi", "int32", 32, FIELD(rsi)},    {"edi", "int32", 32, FIELD(rdi)},
    {"eip", "code_ptr", 32, FIELD(rip)}, {"eflags", "i386_eflags", 32, FIELD(eflags)},
    {"cs", "int32", 32, FIELD(cs)},      {"ss", "int32", 32, FIELD(ss)},
    {"ds", "int32", 32, FIELD(ds)},      {"es", "int32", 32, FIELD(es)},
    {"fs", "int32", 32, FIELD(fs)},      {"gs", "int32", 32, FIELD(gs)},
};

// The FXSAVE image (SDM vol. 1, table 10-2). The kernel saves with the 64-bit form, for 32-bit tasks too: it
// has 64-bit pointers and no selectors, so what gdb calls the segment is the pointer's next 16 bits. gdb and
// gdbserver read it the same way.
struct X87Row {
  std::string_view name;
  Storage storage;
  std::uint16_t stored;
  std::uint32_t offset;
};
constexpr X87Row x87_control[] = {
    {"fctrl", Storage::control_word, 2, 0}, {"fstat", Storage::xstate, 2, 2},
    {"ftag", Storage::tag_word, 1, 4},      {"fiseg", Storage::xstate, 2, 12},
    {"fioff", Storage::xstate, 4, 8},       {"foseg", Storage::xstate, 2, 20},
    {"fooff", Storage::xstate, 4, 16},      {"fop", Storage::xstate, 2, 6},
};

// Collects rows; one function a feature.
class Rows {
 public:
  Rows(Mode mode, const XsaveLayout& xsave) : long_(mode == Mode::bits64), xsave_(xsave) {}

  void core();
  void sse();
  void linux_specific();
  void avx();
  void avx512();
  void pkeys();

  std::vector<RegisterRow> take() { return std::move(rows_); }

 private:
  // `count` registers of `bytes` each, the first `offset` into the component's part of the area, `stride`
  // apart.
  void run(std::span<const Name> names, std::string_view feature, std::string_view type, std::uint16_t bytes,
           Component component, std::uint32_t offset, std::uint32_t stride) {
    for (const Name& name : names) {
      rows_.push_back({name.view(),
                       feature,
                       type,
                       "",
                       static_cast<std::uint16_t>(bytes * 8),
                       {Storage::xstate, component, bytes, offset}});
      offset += stride;
    }
  }
  [[nodiscard]] std::uint32_t start(Component component) const {
    return xsave_.offset[static_cast<std::size_t>(component)];
  }
  // 32-bit code reaches the first eight only.
  [[nodiscard]] std::size_t vectors() const { return long_ ? 16 : 8; }

  bool long_;
  const XsaveLayout& xsave_;
  std::vector<RegisterRow> rows_;
};

void Rows::core() {
  const std::span<const GeneralRow> general = long_ ? std::span<const GeneralRow>(general64) : general32;
  for (const GeneralRow& row : general) {
    rows_.push_back(
        {row.name, core_feature, row.type, "", row.bits, {Storage::general, Component::none, 8, row.offset}});
  }
  run(st_names, core_feature, "i387_ext", 10, Component::x87, 32, 16);
  for (const X87Row& row : x87_control) {
    rows_.push_back(
        {row.name, core_feature, "int", "float", 32, {row.storage, Component::x87, row.stored, row.offset}});
  }
}

void Rows::sse() {
  run(std::span(xmm_names).first(vectors()), sse_feature, "vec128", 16, Component::sse, 160, 16);
  rows_.push_back(
      {"mxcsr", sse_feature, "i386_mxcsr", "vector", 32, {Storage::mxcsr, Component::sse, 4, 24}});
}

// orig_eax of -1 ("not in a system call") must become -1 in the 64-bit field, where the kernel looks.
void Rows::linux_specific() {
  if (!long_) {
    rows_.push_back({"orig_eax",
                     linux_feature,
                     "int",
                     "",
                     32,
                     {Storage::general_sign_extend, Component::none, 8, FIELD(orig_rax)}});
    return;
  }
  const auto row = [&](std::string_view name, std::string_view feature, std::uint32_t offset) {
    rows_.push_back({name, feature, "int", "", 64, {Storage::general, Component::none, 8, offset}});
  };
  row("orig_rax", linux_feature, FIELD(orig_rax));
  row("fs_base", segments_feature, FIELD(fs_base));
  row("gs_base", segments_feature, FIELD(gs_base));
}
#undef FIELD

void Rows::avx() {
  run(std::span(ymm_names).first(vectors()), avx_feature, "uint128", 16, Component::avx,
      start(Component::avx), 16);
}

void Rows::avx512() {
  const std::uint32_t high = start(Component::hi16_zmm);
  if (long_) {
    run(std::span(xmm_names).subspan(16), avx512_feature, "vec128", 16, Component::hi16_zmm, high, 64);
    run(std::span(ymm_names).subspan(16), avx512_feature, "uint128", 16, Component::hi16_zmm, high + 16, 64);
  }
  run(k_names, avx512_feature, "uint64", 8, Component::opmask, start(Component::opmask), 8);
  run(std::span(zmm_names).first(vectors()), avx512_feature, "v2ui128", 32, Component::zmm_hi256,
      start(Component::zmm_hi256), 32);
  if (long_) {
    run(std::span(zmm_names).subspan(16), avx512_feature, "v2ui128", 32, Component::hi16_zmm, high + 32, 64);
  }
}

void Rows::pkeys() {
  rows_.push_back({"pkru",
                   pkeys_feature,
                   "uint32",
                   "",
                   32,
                   {Storage::xstate, Component::pkru, 4, start(Component::pkru)}});
}

}  // namespace

// MPX (XCR0 bits 3 and 4) is left out: Linux dropped it in 5.6 and gdb 15 has forgotten it.
std::vector<RegisterRow> register_rows(Mode mode, const XsaveLayout& xsave) {
  const auto has = [&](Component component) {
    const auto bit = static_cast<unsigned>(component);
    return (xsave.xcr0 >> bit & 1) != 0 && xsave.offset[bit] != 0;
  };
  const bool avx = has(Component::avx);
  Rows rows(mode, xsave);
  rows.core();
  rows.sse();
  rows.linux_specific();
  if (avx) rows.avx();
  // The three components of AVX-512 are enabled together or not at all.
  if (avx && has(Component::opmask) && has(Component::zmm_hi256) && has(Component::hi16_zmm)) rows.avx512();
  if (has(Component::pkru)) rows.pkeys();
  return rows.take();
}

}  // namespace cotrace::arch::x86_64
