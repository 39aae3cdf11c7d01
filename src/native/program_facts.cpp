#include "native/program_facts.h"

#include "linux/proc.h"
#include "native/link_map.h"
#include "native/osdata.h"

namespace cotrace::native {

Result<TaskId> NativeProgramFacts::some_task(Pid pid) const {
  const auto process = client_.process(pid);
  if (!process) return std::unexpected(process.error());
  return client_.memory_of({pid, leader_of(pid)});
}

Result<std::vector<std::byte>> NativeProgramFacts::auxv(Pid pid) {
  const auto task = some_task(pid);
  if (!task) return std::unexpected(task.error());
  return sys::auxv_of(task->tid);
}

Result<std::string> NativeProgramFacts::exec_file(Pid pid) {
  const auto task = some_task(pid);
  if (!task) return std::unexpected(task.error());
  return sys::executable_of(task->tid);
}

Result<std::string> NativeProgramFacts::libraries_svr4(Pid pid, std::string_view annex) {
  const auto task = some_task(pid);
  if (!task) return std::unexpected(task.error());
  const auto vector = sys::auxv_of(task->tid);
  if (!vector) return std::unexpected(vector.error());
  const ProgramMemory memory{[&](Addr address, std::span<std::byte> out) {
                               return client_.core.read_memory(*task, address, out) == out.size();
                             },
                             word_size_of(*vector)};
  return native::libraries_svr4(memory, *vector, annex);
}

Result<std::string> NativeProgramFacts::osdata(std::string_view type) {
  return native::osdata(type);
}

Result<session::ProgramFacts::Offsets> NativeProgramFacts::offsets(Pid) {
  return fail(Errc::unsupported, "programs here are relocated as their link map says");
}

}  // namespace cotrace::native
