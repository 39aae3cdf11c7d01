// The target description as the real gdb reads it.
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "arch/x86_64/registers.h"

namespace cotrace::arch::x86_64 {

// For the tests' names.
static std::ostream& operator<<(std::ostream& out, Mode mode) {
  return out << (mode == Mode::bits64 ? "bits64" : "bits32");
}

}  // namespace cotrace::arch::x86_64

namespace cotrace::test {
namespace {

using arch::x86_64::Mode;
using arch::x86_64::RegisterLayout;
using arch::x86_64::XsaveLayout;

XsaveLayout everything() {
  XsaveLayout xsave;
  xsave.xcr0 = 0x2e7;
  xsave.size = 2696;
  for (int component : {2, 5, 6, 7, 9}) xsave.offset[component] = 576;
  return xsave;
}

// Output and errors of gdb with the description; the file is gone afterwards.
class Gdb {
 public:
  explicit Gdb(const RegisterLayout& layout) {
    char name[] = "/tmp/cotrace-description-XXXXXX";
    const int fd = mkstemp(name);
    EXPECT_GE(fd, 0);
    close(fd);
    path_ = name;
    std::ofstream(path_) << layout.target_xml();
  }
  ~Gdb() { unlink(path_.c_str()); }
  Gdb(const Gdb&) = delete;
  Gdb& operator=(const Gdb&) = delete;

  std::string run(const std::string& commands) {
    const std::string line =
        "gdb -nx -batch -ex 'set tdesc filename " + path_ + "' " + commands + " </dev/null 2>&1";
    FILE* pipe = popen(line.c_str(), "r");
    std::string out;
    char part[4096];
    while (const std::size_t size = fread(part, 1, sizeof part, pipe)) out.append(part, size);
    EXPECT_EQ(pclose(pipe), 0) << out;
    return out;
  }

 private:
  std::string path_;
};

struct Row {
  unsigned number, offset, bytes;
};

// "maint print remote-registers": Name Nr Rel Offset Size Type, Rmt Nr, g/G Offset. Pseudo registers have no
// last two.
std::map<std::string, Row> remote_registers(const std::string& text) {
  std::map<std::string, Row> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    unsigned nr = 0;
    unsigned rel = 0;
    unsigned offset = 0;
    Row row{};
    if (!(fields >> name >> nr >> rel >> offset >> row.bytes)) continue;
    std::string words;
    std::getline(fields, words);
    // The type may be of several words; the two numbers are last.
    std::istringstream tail(words);
    std::vector<std::string> parts;
    for (std::string part; tail >> part;) parts.push_back(part);
    if (parts.size() < 3) continue;
    row.number = static_cast<unsigned>(std::stoul(parts[parts.size() - 2]));
    row.offset = static_cast<unsigned>(std::stoul(parts.back()));
    rows[name] = row;
  }
  return rows;
}

class Description : public ::testing::TestWithParam<std::tuple<Mode, std::uint64_t>> {
 protected:
  static RegisterLayout layout() {
    XsaveLayout xsave = everything();
    xsave.xcr0 = std::get<1>(GetParam());
    return RegisterLayout(std::get<0>(GetParam()), xsave);
  }
};

TEST_P(Description, IsTakenWithoutAWord) {
  const RegisterLayout all = layout();
  Gdb gdb(all);
  const std::string out = gdb.run("-ex 'maint print xml-tdesc'");
  EXPECT_EQ(out.find("warning"), std::string::npos) << out;
  const std::string name = all.mode() == Mode::bits64 ? "i386:x86-64" : "i386";
  EXPECT_NE(out.find("<architecture>" + name + "</architecture>"), std::string::npos) << out;
  for (const auto& reg : all.registers()) {
    EXPECT_NE(
        out.find("<reg name=\"" + std::string(reg.name) + "\" bitsize=\"" + std::to_string(reg.bits) + "\""),
        std::string::npos)
        << reg.name;
  }
}

TEST_P(Description, GdbNumbersAndPlacesRegistersAsWeDo) {
  const RegisterLayout all = layout();
  Gdb gdb(all);
  const auto rows = remote_registers(gdb.run("-ex 'maint print remote-registers'"));
  for (std::size_t i = 0; i < all.registers().size(); ++i) {
    const auto& reg = all.registers()[i];
    const auto row = rows.find(std::string(reg.name));
    // gdb hides by name what makes up its own ymm, zmm registers; it shows them in the list by another one.
    if (row == rows.end()) {
      EXPECT_TRUE(reg.name.starts_with("ymm") || reg.name.starts_with("zmm")) << reg.name;
      continue;
    }
    EXPECT_EQ(row->second.number, i) << reg.name;
    EXPECT_EQ(row->second.offset, reg.offset) << reg.name;
    EXPECT_EQ(row->second.bytes, reg.bits / 8u) << reg.name;
  }
  EXPECT_GT(rows.size(), 40u);
}

// gdb knows the registers by more than their names: types, and the wide registers it puts together.
TEST_P(Description, MakesGdbsOwnRegisters) {
  const RegisterLayout all = layout();
  const std::uint64_t xcr0 = std::get<1>(GetParam());
  std::string commands;
  std::string expected;
  const auto expect = [&](const std::string& expression, const std::string& type) {
    commands += " -ex 'whatis " + expression + "'";
    expected += "type = " + type + "\n";
  };
  expect("$xmm1.v4_float", "v4f");
  expect("$xmm1.v8_bfloat16", "v8bf16");
  expect("$st1", "builtin_type_i387_ext");
  expect("$eflags", "i386_eflags");
  expect("$mxcsr", "i386_mxcsr");
  expect(all.mode() == Mode::bits64 ? "$orig_rax" : "$orig_eax", "long");
  if (all.mode() == Mode::bits64) expect("$fs_base", "long");
  if ((xcr0 & 0x4) != 0) expect("$ymm1.v8_float", "float __attribute__ ((vector_size(8)))");
  if ((xcr0 & 0xe0) == 0xe0) expect("$zmm1.v16_float", "float __attribute__ ((vector_size(16)))");
  if ((xcr0 & 0x200) != 0) expect("$pkru", "uint32_t");
  EXPECT_EQ(Gdb(all).run(commands), expected);
}

INSTANTIATE_TEST_SUITE_P(All, Description,
                         ::testing::Combine(::testing::Values(Mode::bits64, Mode::bits32),
                                            ::testing::Values(0x3, 0x7, 0xe7, 0x207, 0x2e7)),
                         [](const auto& tested) {
                           std::ostringstream name;
                           name << std::get<0>(tested.param) << "_xcr0_" << std::get<1>(tested.param);
                           return name.str();
                         });

}  // namespace
}  // namespace cotrace::test
