// Registers of stopped threads, in the numbers of the target description.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "arch/native.h"
#include "session/target.h"
#include "trace/core.h"

namespace cotrace::native {

// The register sets of this processor, 64- and 32-bit, made once. What it hands out refers to it.
class RegisterTables {
 public:
  RegisterTables();
  RegisterTables(const RegisterTables&) = delete;
  RegisterTables& operator=(const RegisterTables&) = delete;

  [[nodiscard]] const arch::native::RegisterLayout& layout(arch::native::Mode mode) const;
  [[nodiscard]] session::RegisterSet set(arch::native::Mode mode) const;

 private:
  struct One {
    One(arch::native::Mode mode, const arch::native::XsaveLayout& xsave);
    arch::native::RegisterLayout layout;
    std::vector<session::RegisterField> fields;
    std::string lldb_xml;
  };
  One bits64_, bits32_;
};

// Registers of one task through the core. A task that runs: not_stopped. The general ones come first and
// often are all that is needed; the extended state is a further request to the kernel, made only for a
// register that lives there.
class RegisterAccess {
 public:
  RegisterAccess(const RegisterTables& tables, trace::Core& core) : tables_(tables), core_(core) {}

  [[nodiscard]] Result<session::RegisterSet> set(TaskId task) const;
  Result<> read_block(TaskId task, std::span<std::byte> block, std::vector<bool>& valid) const;
  Result<> write_block(TaskId task, std::span<const std::byte> block) const;
  [[nodiscard]] Result<std::vector<std::byte>> read(TaskId task, int number) const;
  Result<> write(TaskId task, int number, std::span<const std::byte> value) const;
  // Zero-extended; registers wider than 64 bits give their low half.
  [[nodiscard]] Result<std::uint64_t> read_number(TaskId task, int number) const;

  [[nodiscard]] Result<Addr> pc(TaskId task) const;
  Result<> set_pc(TaskId task, Addr pc) const;
  [[nodiscard]] Result<arch::native::Mode> mode(TaskId task) const;

 private:
  // The state that register `number` is in.
  [[nodiscard]] Result<arch::native::RegisterImage> image_for(
      TaskId task, int number, const arch::native::RegisterLayout*& layout) const;

  const RegisterTables& tables_;
  trace::Core& core_;
};

}  // namespace cotrace::native
