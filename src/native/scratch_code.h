// Where gdb puts the instructions that it steps somewhere else than where they belong.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "trace/core.h"

namespace cotrace::native {

// To get a thread past a breakpoint while others run, gdb over the non-stop protocol copies the instruction
// behind the program's entry point, sets pc to the copy, steps, and writes back what it had found there
// ("displaced stepping"). It has two places of 16 bytes for each of its *inferiors*, and takes for granted
// that nobody else writes there. That is wrong where two inferiors are processes that share their memory
// (after vfork or clone(CLONE_VM)), and where two clients debug one process: one puts its copy, or what it
// had found, over the copy that the other is about to step, and a thread carries out the wrong instruction
// (gdb 13.1 to 16.3, with gdbserver as well; here: tests/gdb, follow_clone_vm and follow_vfork_exit_mt).
//
// So what a client writes into such a place is not written but kept, for this client and this process alone,
// and given to the core when a thread is to be stepped there.
class ScratchCode {
 public:
  static constexpr std::size_t place_size = 16, places = 2;

  // The entry point as the kernel told the program (AT_ENTRY). gdb leaves two bytes there to breakpoints.
  explicit ScratchCode(Addr entry) : first_(entry + 2) {}

  // True if it is one of the places that these bytes are written to, all of it, as gdb does.
  [[nodiscard]] bool is_place(Addr address, std::size_t size) const;
  // `there`: what is in memory. To write the same is to be done with the place.
  void keep(Addr place, std::span<const std::byte> bytes, std::span<const std::byte> there);
  // Puts what is kept over what has been read from memory.
  void show(Addr address, std::span<std::byte> bytes) const;
  [[nodiscard]] bool empty() const;
  // Something has been kept here once: the client steps this way.
  [[nodiscard]] bool used() const { return used_; }
  // What is kept for a thread that stands at this pc.
  [[nodiscard]] std::optional<trace::GivenInstruction> at(Addr pc) const;

 private:
  using Place = std::optional<std::array<std::byte, place_size>>;
  Addr first_;
  std::array<Place, places> kept_;
  bool used_{false};
};

}  // namespace cotrace::native
