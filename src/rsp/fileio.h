// The numbers of the File-I/O protocol, which vFile packets use (gdb manual, "File-I/O Remote Protocol
// Extension"), and the replies to vFile packets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace cotrace::rsp {

// errno(3) of Linux to the protocol's; 9999 for those that it has not. ENAMETOOLONG is 91 there.
int fileio_errno(int linux_errno);

// Flags of open: the protocol's to Linux's. Nothing if there are bits that the protocol does not know.
std::optional<int> open_flags_to_linux(std::uint64_t flags);
// The protocol's mode bits are those of Linux, permissions and file types; nothing for others.
std::optional<std::uint32_t> mode_to_linux(std::uint64_t mode);

// What stat(2) tells; fields too wide for the protocol's 32 bits are cut.
struct FileStat {
  std::uint64_t dev{}, ino{};
  std::uint32_t mode{}, nlink{}, uid{}, gid{};
  std::uint64_t rdev{};
  std::uint64_t size{}, blksize{}, blocks{};
  std::uint64_t atime{}, mtime{}, ctime{};  // seconds
};
// `struct stat` of the protocol: 64 bytes, big-endian.
std::array<std::byte, 64> encode_stat(const FileStat& stat);

// "F RESULT" in hexadecimal.
std::string file_result(std::uint64_t result);
// "F-1,ERRNO".
std::string file_error(int linux_errno);
// "F COUNT;DATA": as many of the bytes as fit into a packet of `packet_size` characters, and COUNT says how
// many. The client asks again for the rest of a file. For what cannot come in pieces (a stat, a link) use
// file_whole.
std::string file_data(std::span<const std::byte> bytes, std::size_t packet_size);
// The same, or the error ENAMETOOLONG if not all bytes fit.
std::string file_whole(std::span<const std::byte> bytes, std::size_t packet_size);

}  // namespace cotrace::rsp
