// What decoders may see of a traced task, by the tracer and /proc.
#pragma once

#include <cotrace/tracer.h>

#include "engines/syscall_log/memory.h"

namespace cotrace::engines::syscall_log {

class TaskAccess final : public Memory, public Descriptors {
 public:
  TaskAccess(Tracer& tracer, TaskId task, Tid tid) : tracer_(tracer), task_(task), tid_(tid) {}

  std::size_t read(Addr address, std::span<std::byte> out) override;
  std::optional<std::string> target(int descriptor) override;
  std::optional<std::string> detailed_target(int descriptor) override;
  // 0 where the task does not stand any more.
  std::uint64_t stack_pointer();

 private:
  Tracer& tracer_;
  TaskId task_;
  Tid tid_;
};

}  // namespace cotrace::engines::syscall_log
