#include "native/link_map.h"

#include <cstring>
#include <elf.h>
#include <gtest/gtest.h>
#include <map>

namespace cotrace::native {
namespace {

// Memory made of words and texts at addresses; everything else is unmapped.
class FakeProgram {
 public:
  explicit FakeProgram(std::size_t word) : word_(word) {}

  void words(std::uint64_t at, std::initializer_list<std::uint64_t> values) {
    for (const auto value : values) {
      for (std::size_t i = 0; i < word_; ++i) bytes_[at++] = static_cast<std::byte>(value >> (8 * i));
    }
  }
  void text(std::uint64_t at, std::string_view value) {
    for (const char c : value) bytes_[at++] = static_cast<std::byte>(c);
    bytes_[at] = std::byte{0};
    // Names are read in pieces; what follows is readable too, up to the end of the page.
    for (std::uint64_t rest = at + 1; rest % 4096 != 0; ++rest) bytes_.try_emplace(rest, std::byte{0xee});
  }
  // struct link_map
  void object(std::uint64_t at, std::uint64_t bias, std::uint64_t name, std::uint64_t dynamic,
              std::uint64_t next, std::uint64_t prev) {
    words(at, {bias, name, dynamic, next, prev});
  }

  ProgramMemory memory() const {
    return {[this](Addr address, std::span<std::byte> out) {
              for (std::size_t i = 0; i < out.size(); ++i) {
                const auto at = bytes_.find(address.value + i);
                if (at == bytes_.end()) return false;
                out[i] = at->second;
              }
              return true;
            },
            word_};
  }
  std::vector<std::byte> auxv(std::uint64_t headers, std::uint64_t count) const {
    std::vector<std::byte> out;
    const std::uint64_t entry = word_ == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    for (const std::uint64_t value :
         {std::uint64_t{AT_PHDR}, headers, std::uint64_t{AT_PHENT}, entry, std::uint64_t{AT_PHNUM}, count,
          std::uint64_t{AT_NULL}, std::uint64_t{0}}) {
      for (std::size_t i = 0; i < word_; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
    return out;
  }
  void header(std::uint64_t at, std::uint32_t type, std::uint64_t vaddr) {
    if (word_ == 8) {
      Elf64_Phdr h{};
      h.p_type = type;
      h.p_vaddr = vaddr;
      raw(at, &h, sizeof h);
    } else {
      Elf32_Phdr h{};
      h.p_type = type;
      h.p_vaddr = static_cast<std::uint32_t>(vaddr);
      raw(at, &h, sizeof h);
    }
  }
  std::size_t header_size() const { return word_ == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr); }

 private:
  void raw(std::uint64_t at, const void* from, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) bytes_[at + i] = static_cast<const std::byte*>(from)[i];
  }
  std::size_t word_;
  std::map<std::uint64_t, std::byte> bytes_;
};

constexpr std::uint64_t base = 0x555000;
constexpr std::uint64_t r_debug = 0x701000;

// A position independent program at `base`, and libraries a and b.
class LinkMap : public testing::TestWithParam<std::size_t> {
 protected:
  LinkMap() {
    program.header(base + 0x40, PT_PHDR, 0x40);
    program.header(base + 0x40 + program.header_size(), PT_DYNAMIC, 0x2000);
    program.words(base + 0x2000, {DT_STRTAB, 7, DT_DEBUG, r_debug, DT_NULL, 0});
    program.words(r_debug, {1, 0x10000, 0, 0, 0});
    program.object(0x10000, base, 0x20000, base + 0x2000, 0x10100, 0);
    program.object(0x10100, 0x300000, 0x21000, 0x300e00, 0x10200, 0x10000);
    program.object(0x10200, 0x400000, 0x22000, 0x400e00, 0, 0x10100);
    program.text(0x20000, "");
    program.text(0x21000, "/lib/a<b&c.so");
    program.text(0x22000, "/lib/b.so");
    auxv = program.auxv(base + 0x40, 2);
  }
  FakeProgram program{GetParam()};
  std::vector<std::byte> auxv;
};

TEST_P(LinkMap, TheWordSizeIsSeenInAuxv) {
  EXPECT_EQ(word_size_of(auxv), GetParam());
}

TEST_P(LinkMap, TheListIsFoundThroughTheRelocatedDynamicSection) {
  EXPECT_EQ(find_r_debug(program.memory(), auxv), Addr{r_debug});
}

TEST_P(LinkMap, TheWholeList) {
  EXPECT_EQ(
      libraries_svr4(program.memory(), auxv, ""),
      "<library-list-svr4 version=\"1.0\" main-lm=\"0x10000\">"
      "<library name=\"/lib/a&lt;b&amp;c.so\" lm=\"0x10100\" l_addr=\"0x300000\" l_ld=\"0x300e00\" "
      "lmid=\"0x701000\"/>"
      "<library name=\"/lib/b.so\" lm=\"0x10200\" l_addr=\"0x400000\" l_ld=\"0x400e00\" lmid=\"0x701000\"/>"
      "</library-list-svr4>");
}

TEST_P(LinkMap, APartBeginsWhereTheClientSays) {
  const auto part = libraries_svr4(program.memory(), auxv, "start=10200;prev=10100;lmid=701000");
  EXPECT_EQ(
      part,
      "<library-list-svr4 version=\"1.0\"><library name=\"/lib/b.so\" lm=\"0x10200\" l_addr=\"0x400000\" "
      "l_ld=\"0x400e00\" lmid=\"0x701000\"/></library-list-svr4>");
}

TEST_P(LinkMap, APartFromTheBeginningLeavesTheProgramOut) {
  const auto part = libraries_svr4(program.memory(), auxv, "start=10000;prev=0");
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->find("main-lm"), std::string::npos);
  EXPECT_EQ(part->find("lm=\"0x10000\""), std::string::npos);
  EXPECT_NE(part->find("lm=\"0x10100\""), std::string::npos);
}

TEST_P(LinkMap, AWrongPredecessorMeansThatTheListIsBeingChanged) {
  EXPECT_EQ(libraries_svr4(program.memory(), auxv, "start=10200;prev=999"),
            "<library-list-svr4 version=\"1.0\"></library-list-svr4>");
}

TEST_P(LinkMap, MalformedAnnexesAreRefused) {
  for (const char* annex : {"start", "start=;prev=0", "start=xyz", "10200", "start=10200;prev"}) {
    const auto answer = libraries_svr4(program.memory(), auxv, annex);
    ASSERT_FALSE(answer.has_value()) << annex;
    EXPECT_EQ(answer.error().code, Errc::invalid);
  }
}

TEST_P(LinkMap, ARingEnds) {
  program.object(0x10200, 0x400000, 0x22000, 0x400e00, 0x10100, 0x10100);
  const auto all = loaded_objects(program.memory(), Addr{r_debug});
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->objects.size(), 2U);
  // A ring that is consistent in both directions.
  program.object(0x10300, 0, 0x22000, 0, 0x10300, 0x10300);
  EXPECT_EQ(loaded_objects_from(program.memory(), {}, Addr{0x10300}, Addr{0x10300}).objects.size(), 1U);
}

TEST_P(LinkMap, FurtherNamespacesFollowWithAllTheirObjects) {
  program.words(r_debug, {2, 0x10000, 0, 0, 0, 0x702000});
  program.words(0x702000, {2, 0x10400, 0, 0, 0, 0});
  program.object(0x10400, 0x500000, 0x22000, 0x500e00, 0, 0);
  const auto all = loaded_objects(program.memory(), Addr{r_debug});
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->main_link_map, Addr{0x10000});
  ASSERT_EQ(all->objects.size(), 3U);
  EXPECT_EQ(all->objects[2].link_map, Addr{0x10400});
  EXPECT_EQ(all->objects[2].space, Addr{0x702000});
}

TEST_P(LinkMap, NamespacesInARingEnd) {
  program.words(r_debug, {2, 0x10000, 0, 0, 0, r_debug});
  EXPECT_EQ(loaded_objects(program.memory(), Addr{r_debug})->objects.size(), 2U);
}

TEST_P(LinkMap, BeforeTheLinkerHasRunThereIsNoList) {
  program.words(base + 0x2000, {DT_STRTAB, 7, DT_DEBUG, 0, DT_NULL, 0});
  EXPECT_EQ(find_r_debug(program.memory(), auxv).error().code, Errc::not_found);
  program.words(base + 0x2000, {DT_STRTAB, 7, DT_DEBUG, r_debug, DT_NULL, 0});
  program.words(r_debug, {0, 0, 0, 0, 0});
  EXPECT_FALSE(libraries_svr4(program.memory(), auxv, "").has_value());
}

TEST_P(LinkMap, AStaticProgramHasNone) {
  program.header(base + 0x40 + program.header_size(), PT_LOAD, 0);
  EXPECT_EQ(find_r_debug(program.memory(), auxv).error().code, Errc::not_found);
}

TEST_P(LinkMap, CorruptHeadersAreAnError) {
  EXPECT_FALSE(find_r_debug(program.memory(), program.auxv(0x99000, 2)).has_value());            // unmapped
  EXPECT_FALSE(find_r_debug(program.memory(), program.auxv(base + 0x40, 1 << 20)).has_value());  // too many
  EXPECT_FALSE(find_r_debug(program.memory(), {}).has_value());
}

INSTANTIATE_TEST_SUITE_P(WordSizes, LinkMap, testing::Values(4U, 8U));

}  // namespace
}  // namespace cotrace::native
