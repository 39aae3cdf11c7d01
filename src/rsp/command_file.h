// vFile: files of the target's machine. Paths never hold a NUL and are not empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cotrace/ids.h>

namespace cotrace::rsp {

// Whose file system the following opens see.
struct FileSetfs {
  std::optional<Pid> pid;  // nothing (0 on the wire): the server's own
  static constexpr std::string_view name = "vFile:setfs";
  static std::optional<FileSetfs> parse(std::string_view arguments);
};

struct FileOpen {
  std::string path;
  std::uint64_t flags;  // of the File-I/O protocol: open_flags_to_linux()
  std::uint64_t mode;   // likewise: mode_to_linux()
  static constexpr std::string_view name = "vFile:open";
  static std::optional<FileOpen> parse(std::string_view arguments);
};

struct FileClose {
  int handle;
  static constexpr std::string_view name = "vFile:close";
  static std::optional<FileClose> parse(std::string_view arguments);
};

struct FilePread {
  int handle;
  std::uint64_t count;
  std::uint64_t offset;
  static constexpr std::string_view name = "vFile:pread";
  static std::optional<FilePread> parse(std::string_view arguments);
};

struct FilePwrite {
  int handle;
  std::uint64_t offset;
  std::vector<std::byte> bytes;
  static constexpr std::string_view name = "vFile:pwrite";
  static std::optional<FilePwrite> parse(std::string_view arguments);
};

struct FileFstat {
  int handle;
  static constexpr std::string_view name = "vFile:fstat";
  static std::optional<FileFstat> parse(std::string_view arguments);
};

struct FileStatPath {
  std::string path;
  static constexpr std::string_view name = "vFile:stat";
  static std::optional<FileStatPath> parse(std::string_view arguments);
};

struct FileLstatPath {
  std::string path;
  static constexpr std::string_view name = "vFile:lstat";
  static std::optional<FileLstatPath> parse(std::string_view arguments);
};

struct FileUnlink {
  std::string path;
  static constexpr std::string_view name = "vFile:unlink";
  static std::optional<FileUnlink> parse(std::string_view arguments);
};

struct FileReadlink {
  std::string path;
  static constexpr std::string_view name = "vFile:readlink";
  static std::optional<FileReadlink> parse(std::string_view arguments);
};

}  // namespace cotrace::rsp
