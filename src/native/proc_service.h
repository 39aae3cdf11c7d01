// What glibc's libthread_db asks of the debugger that loads it (<proc_service.h>): functions named ps_...,
// which the program must export (link with --export-dynamic-symbol=ps_*), and an opaque handle that is ours
// to define.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "arch/native.h"

namespace cotrace::native {

// One process as libthread_db sees it.
class InspectedProcess {
 public:
  virtual ~InspectedProcess() = default;
  [[nodiscard]] virtual Pid pid() const = 0;
  // All of it or false.
  virtual bool read(Addr address, std::span<std::byte> out) = 0;
  virtual bool write(Addr address, std::span<const std::byte> bytes) = 0;
  // Of a stopped thread.
  virtual Result<arch::native::GeneralRegs> registers(Tid thread) = 0;
  // A symbol of the C library or of the program itself, where it is in memory.
  virtual std::optional<Addr> symbol(const std::string& name) = 0;
};

}  // namespace cotrace::native

// The handle; the name is libthread_db's.
struct ps_prochandle {  // NOLINT(readability-identifier-naming)
  cotrace::native::InspectedProcess* process;
};

namespace cotrace::native {

// Does nothing. Whoever loads libthread_db calls it, so that the functions above get into the program
// although nothing refers to them.
void use_proc_service();

}  // namespace cotrace::native
