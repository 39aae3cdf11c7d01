// siginfo_t of stopped threads (qXfer:siginfo).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "native/client.h"

namespace cotrace::native {

class NativeSignalInfo final : public session::SignalInfo {
 public:
  explicit NativeSignalInfo(Client& client) : client_(client) {}

  // In the layout of the thread's own mode: gdb takes a 32-bit program's siginfo for 32-bit.
  Result<std::vector<std::byte>> read(session::ThreadRef thread) override;
  // Alters what will be delivered. The size must be that of siginfo_t, 128 bytes.
  Result<> write(session::ThreadRef thread, std::span<const std::byte> bytes) override;

 private:
  Client& client_;
};

// From the 64-bit layout of siginfo_t to the 32-bit one and back (both 128 bytes, <asm-generic/siginfo.h>).
// What a field loses on the way down, the upper half of pointers, comes back as zero.
std::vector<std::byte> to_32bit(const SigInfo& info);
SigInfo from_32bit(std::span<const std::byte> bytes);

}  // namespace cotrace::native
