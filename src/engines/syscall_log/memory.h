// What a decoder may ask of the traced program: its memory, and what its descriptors are. Interfaces, so that
// decoders can be tested without a process.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <cotrace/ids.h>

namespace cotrace::engines::syscall_log {

class Memory {
 public:
  virtual ~Memory() = default;
  // How many bytes could be read; less than asked for where the memory ends.
  virtual std::size_t read(Addr address, std::span<std::byte> out) = 0;
};

class Descriptors {
 public:
  virtual ~Descriptors() = default;
  // What the descriptor leads to, as /proc has it: a path, "pipe:[4711]", "socket:[4712]". AT_FDCWD: the
  // working directory.
  virtual std::optional<std::string> target(int descriptor) = 0;
  // With the addresses of a socket ("TCP:[127.0.0.1:80->127.0.0.1:4711]"), where they can be found.
  virtual std::optional<std::string> detailed_target(int descriptor) { return target(descriptor); }
};

}  // namespace cotrace::engines::syscall_log
