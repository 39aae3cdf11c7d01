// A client's reads and writes of memory. What it writes where gdb puts the instructions that it steps is its
// own affair: see ScratchCode.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "native/view.h"
#include "session/target.h"
#include "trace/core.h"

namespace cotrace::native {

struct Client;

class ClientMemory {
 public:
  explicit ClientMemory(Client& client) : client_(client) {}

  // As session::Target::read_memory and write_memory.
  Result<std::size_t> read(session::ThreadRef thread, Addr address, std::span<std::byte> out) const;
  Result<> write(session::ThreadRef thread, Addr address, std::span<const std::byte> bytes);

  // The client's own instruction that the thread is to be stepped through, if the client has put it at one.
  [[nodiscard]] std::optional<trace::GivenInstruction> instruction_at(const Thread& thread) const;
  // The thread is to run on, not to be stepped, from where the client has put it: nothing that gdb does with
  // its copies. If that is in what is kept, it was meant to be the program's, and is written.
  void write_through(const Thread& thread);

 private:
  Client& client_;
};

}  // namespace cotrace::native
