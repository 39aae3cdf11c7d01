// Calls on files and descriptors, and what all calls have in common.
#include <array>
#include <fcntl.h>
#include <functional>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>

#include "unit/engines/syscall_log/fake_program.h"

namespace cotrace::engines::syscall_log::test {
namespace {

TEST_F(Decoding, StringsAreQuotedAndCutAtTheLimit) {
  style.string_limit = 8;
  const auto text = program.put(std::string_view("a\1\0012\n\"\\\x7f\xff", 9));
  EXPECT_EQ(decode("write", {1, text, 8}, 8), R"(write(1, "a\1\0012\n\"\\\177", 8) = 8)");
  EXPECT_EQ(decode("write", {1, text, 9}, 9), R"(write(1, "a\1\0012\n\"\\\177"..., 9) = 9)");
  EXPECT_EQ(decode("write", {1, 0, 3}, -14), "write(1, NULL, 3) = -1 EFAULT (Bad address)");
  EXPECT_EQ(decode("write", {1, 0xdead0, 3}, -14), "write(1, 0xdead0, 3) = -1 EFAULT (Bad address)");
}

TEST_F(Decoding, APathIsWholeHoweverLong) {
  style.string_limit = 4;
  const auto path = program.put("/a/long/path");
  EXPECT_EQ(decode("openat", {negative(AT_FDCWD), path, O_RDONLY | O_CLOEXEC}, 3),
            R"(openat(AT_FDCWD, "/a/long/path", O_RDONLY|O_CLOEXEC) = 3)");
}

TEST_F(Decoding, AModeIsShownOnlyWhereAFileIsMade) {
  const auto path = program.put("f");
  EXPECT_EQ(decode("open", {path, O_WRONLY | O_CREAT | O_TRUNC, 0640}, 3),
            R"(open("f", O_WRONLY|O_CREAT|O_TRUNC, 0640) = 3)");
  EXPECT_EQ(decode("open", {path, O_RDWR, 0640}, -2),
            R"(open("f", O_RDWR) = -1 ENOENT (No such file or directory))");
  EXPECT_EQ(decode("open", {path, O_RDWR | O_CREAT, 0}, 3), R"(open("f", O_RDWR|O_CREAT, 000) = 3)");
}

TEST_F(Decoding, WhatTheKernelWritesIsReadAtTheExitAndOnlyOfASuccess) {
  const std::array<char, 4> room{};
  const auto buffer = program.put_object(room);
  EXPECT_EQ(decode("read", {0, buffer, 4}, 2, [&] { program.overwrite(buffer, "ok", 2); }),
            R"(read(0, "ok", 4) = 2)");
  EXPECT_EQ(at_entry, "read(0, ");
  EXPECT_EQ(decode("read", {0, buffer, 4}, -4),
            fmt::format("read(0, {:#x}, 4) = -1 EINTR (Interrupted system call)", buffer));
}

TEST_F(Decoding, WhatTheKernelReadsIsReadAtTheEntry) {
  const auto path = program.put("before");
  EXPECT_EQ(decode("unlink", {path}, 0, [&] { program.overwrite(path, "behind", 6); }),
            R"(unlink("before") = 0)");
}

TEST_F(Decoding, StatIsShortUnlessAskedForAll) {
  struct stat file{};
  file.st_mode = S_IFREG | S_ISUID | 0755;
  file.st_size = 12;
  const auto path = program.put("f");
  const auto at = program.put_object(file);
  EXPECT_EQ(decode("stat", {path, at}, 0),
            R"(stat("f", {st_mode=S_IFREG|S_ISUID|0755, st_size=12, ...}) = 0)");
  style.abbreviate = false;
  EXPECT_EQ(
      decode("stat", {path, at}, 0),
      R"(stat("f", {st_dev=makedev(0, 0), st_ino=0, st_mode=S_IFREG|S_ISUID|0755, st_nlink=0, st_uid=0, st_gid=0, )"
      R"(st_blksize=0, st_blocks=0, st_size=12, st_atime=0, st_atime_nsec=0, st_mtime=0, st_mtime_nsec=0, st_ctime=0, )"
      R"(st_ctime_nsec=0}) = 0)");
}

TEST_F(Decoding, VectorsShowWhatTheCallHasMoved) {
  const auto one = program.put("abc");
  const auto two = program.put("defg");
  const std::array<iovec, 2> vectors{{{reinterpret_cast<void*>(one), 3}, {reinterpret_cast<void*>(two), 4}}};
  const auto at = program.put_object(vectors);
  EXPECT_EQ(decode("writev", {1, at, 2}, 7),
            R"(writev(1, [{iov_base="abc", iov_len=3}, {iov_base="defg", iov_len=4}], 2) = 7)");
  EXPECT_EQ(decode("preadv", {1, at, 2, 9, 0}, 4),
            R"(preadv(1, [{iov_base="abc", iov_len=3}, {iov_base="d", iov_len=4}], 2, 9) = 4)");
}

TEST_F(Decoding, FcntlHasTheArgumentsOfItsCommand) {
  EXPECT_EQ(decode("fcntl", {3, F_GETFL}, O_RDWR | O_APPEND),
            "fcntl(3, F_GETFL) = 0x402 (flags O_RDWR|O_APPEND)");
  EXPECT_EQ(decode("fcntl", {3, F_GETFD}, 0), "fcntl(3, F_GETFD) = 0");
  EXPECT_EQ(decode("fcntl", {3, F_SETFD, FD_CLOEXEC}, 0), "fcntl(3, F_SETFD, FD_CLOEXEC) = 0");
  const struct flock lock{.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 0, .l_pid = 7};
  EXPECT_EQ(decode("fcntl", {3, F_SETLK, program.put_object(lock)}, 0),
            "fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=5, l_len=0}) = 0");
}

TEST_F(Decoding, AnOffsetThatMovesIsShownTwice) {
  const std::int64_t before = 2;
  const std::int64_t behind = 5;
  const auto at = program.put_object(before);
  EXPECT_EQ(decode("sendfile", {1, 3, at, 3}, 3, [&] { program.overwrite(at, &behind, sizeof behind); }),
            "sendfile(1, 3, [2] => [5], 3) = 3");
}

TEST_F(Decoding, DescriptorsWithTheirPaths) {
  style.descriptors = Style::Descriptors::paths;
  program.targets = {{3, "/etc/passwd"}, {AT_FDCWD, "/home"}};
  EXPECT_EQ(decode("openat", {negative(AT_FDCWD), program.put("x"), 0}, 3),
            R"(openat(AT_FDCWD</home>, "x", O_RDONLY) = 3</etc/passwd>)");
  EXPECT_EQ(decode("dup", {4}, 3), "dup(4) = 3</etc/passwd>");
}

TEST_F(Decoding, UnknownBitsAreShownAsANumber) {
  EXPECT_EQ(decode("access", {program.put("x"), 0x10}, 0), R"(access("x", 0x10 /* ?_OK */) = 0)");
  EXPECT_EQ(decode("umask", {022}, 0), "umask(022) = 000");
}

TEST_F(Decoding, ResultsThatOnlyATracerSees) {
  EXPECT_EQ(decode("pause", {}, -514), "pause() = ? ERESTARTNOHAND (To be restarted if no handler)");
  EXPECT_EQ(decode("pause", {}, -512), "pause() = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
  EXPECT_EQ(decode("exit_group", {1}, 0), "exit_group(1) = ?");
}

TEST(CallNames, EveryNumberHasANameAndAKnownArity) {
  int unknown = 0;
  int named = 0;
  for (std::uint64_t number = 0; number < call_limit(CallTable::native); ++number) {
    const auto name = call_name(CallTable::native, number);
    if (name.empty()) continue;
    ++named;
    EXPECT_EQ(call_number(CallTable::native, name), number);
    if (signature_of(name) == nullptr) {
      ADD_FAILURE() << name << " is in no table";
      ++unknown;
    }
  }
  EXPECT_EQ(unknown, 0);
  EXPECT_GT(named, 360);
  EXPECT_EQ(call_name(CallTable::compat, 64), "getppid");
}

TEST(CallNames, ACallThatNobodyKnowsIsANumber) {
  FakeProgram program;
  Style style;
  Call call{.number = 999, .args = {1, 0, 3}};
  CallText text(CallTable::native, call.number);
  EXPECT_EQ(text.entry(call, program, style, program), "syscall_0x3e7(0x1, 0, 0x3, 0, 0, 0");
}

}  // namespace
}  // namespace cotrace::engines::syscall_log::test
