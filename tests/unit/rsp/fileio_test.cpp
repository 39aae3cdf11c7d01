#include "rsp/fileio.h"

#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string_view>
#include <sys/stat.h>
#include <vector>

#include "base/hex.h"

namespace cotrace::rsp {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

TEST(FileErrno, IsTheProtocolsNumber) {
  EXPECT_EQ(fileio_errno(ENOENT), 2);
  EXPECT_EQ(fileio_errno(EROFS), 30);
  EXPECT_EQ(fileio_errno(ENAMETOOLONG), 91);
  EXPECT_EQ(fileio_errno(ENOSYS), 88);
  EXPECT_EQ(fileio_errno(ELOOP), 9999);
  EXPECT_EQ(fileio_errno(0), 9999);
}

TEST(OpenFlags, BecomeLinuxs) {
  EXPECT_EQ(open_flags_to_linux(0), O_RDONLY);
  EXPECT_EQ(open_flags_to_linux(0x601), O_WRONLY | O_CREAT | O_TRUNC);
  EXPECT_EQ(open_flags_to_linux(0x80a), O_RDWR | O_APPEND | O_EXCL);
}

TEST(OpenFlags, RefuseWhatTheProtocolHasNot) {
  EXPECT_FALSE(open_flags_to_linux(3));
  EXPECT_FALSE(open_flags_to_linux(0x40));  // Linux's O_CREAT
  EXPECT_FALSE(open_flags_to_linux(0x100000000));
}

TEST(FileMode, PassesPermissionsAndTypes) {
  EXPECT_EQ(mode_to_linux(0100644), S_IFREG | 0644U);
  EXPECT_FALSE(mode_to_linux(04755));
  EXPECT_FALSE(mode_to_linux(0x100000000));
}

TEST(FileStat, IsBigEndianAndInOrder) {
  FileStat stat;
  stat.dev = 0x1122334455667788;  // only its low half has room
  stat.ino = 2;
  stat.mode = 0100644;
  stat.nlink = 3;
  stat.uid = 4;
  stat.gid = 5;
  stat.rdev = 6;
  stat.size = 0x0102030405060708;
  stat.blksize = 4096;
  stat.blocks = 8;
  stat.atime = 9;
  stat.mtime = 10;
  stat.ctime = 11;
  EXPECT_EQ(base::to_hex(encode_stat(stat)),
            "5566778800000002000081a40000000300000004000000050000000601020304050607080000000000001000"
            "0000000000000008000000090000000a0000000b");
}

TEST(FileReplies, AreHexadecimal) {
  EXPECT_EQ(file_result(0), "F0");
  EXPECT_EQ(file_result(26), "F1a");
  EXPECT_EQ(file_error(ENOENT), "F-1,2");
  EXPECT_EQ(file_error(ENAMETOOLONG), "F-1,5b");
  EXPECT_EQ(file_error(ELOOP), "F-1,270f");
}

TEST(FileReplies, CarryEscapedDataWhoseCountIsUnescaped) {
  EXPECT_EQ(file_data(bytes_of("ab#"), 100), "F3;ab}\x03");
  EXPECT_EQ(file_data({}, 100), "F0;");
}

TEST(FileReplies, FillThePacketAndNotMore) {
  const std::vector<std::byte> bytes(1000, std::byte{'#'});
  for (std::size_t packet_size = 8; packet_size < 300; ++packet_size) {
    const auto reply = file_data(bytes, packet_size);
    EXPECT_LE(reply.size(), packet_size);
    const auto semicolon = reply.find(';');
    const auto count = base::number_from_hex(std::string_view(reply).substr(1, semicolon - 1));
    ASSERT_TRUE(count);
    EXPECT_EQ(*count * 2, reply.size() - semicolon - 1);
    EXPECT_GE(*count * 2 + 8, packet_size - 2) << "room left unused";
  }
}

TEST(FileReplies, WhatMustBeWholeIsWholeOrAnError) {
  EXPECT_EQ(file_whole(bytes_of("/bin/true"), 100), "F9;/bin/true");
  EXPECT_EQ(file_whole(bytes_of("/bin/true"), 10), file_error(ENAMETOOLONG));
}

}  // namespace
}  // namespace cotrace::rsp
