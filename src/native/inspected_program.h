// A debugged process as libthread_db may look at it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "native/client.h"
#include "native/elf_symbols.h"
#include "native/proc_service.h"

namespace cotrace::native {

class InspectedProgram final : public InspectedProcess {
 public:
  // `client` must outlive it.
  InspectedProgram(Client& client, Pid pid) : client_(client), pid_(pid) {}

  [[nodiscard]] Pid pid() const override { return pid_; }
  bool read(Addr address, std::span<std::byte> out) override;
  bool write(Addr address, std::span<const std::byte> bytes) override;
  Result<arch::native::GeneralRegs> registers(Tid thread) override;
  std::optional<Addr> symbol(const std::string& name) override;

 private:
  struct Object {
    ElfSymbols symbols;
    std::uint64_t bias;
  };
  // The C library (and, before glibc 2.34, the threads library), then the program, which has all in it if it
  // is static. Files are read when the first symbol is asked for.
  void load_objects();

  Client& client_;
  Pid pid_;
  bool loaded_{false};
  std::vector<Object> objects_;
};

}  // namespace cotrace::native
