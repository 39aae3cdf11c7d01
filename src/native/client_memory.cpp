#include "native/client_memory.h"

#include <array>
#include <elf.h>
#include <memory>

#include "linux/proc.h"
#include "native/client.h"
#include "native/scratch_code.h"

namespace cotrace::native {

namespace {

// Where the kernel tells no entry point, there are no places.
ScratchCode* scratch_of(Process& process, TaskId task) {
  if (!process.scratch) {
    const auto entry = sys::auxv_entry(task.tid, AT_ENTRY).value_or(std::nullopt);
    if (!entry) return nullptr;
    process.scratch = std::make_shared<ScratchCode>(Addr{*entry});
  }
  return process.scratch.get();
}

}  // namespace

Result<std::size_t> ClientMemory::read(session::ThreadRef thread, Addr address,
                                       std::span<std::byte> out) const {
  const auto task = client_.memory_of(thread);
  if (!task) return std::unexpected(task.error());
  const auto count = client_.core.read_memory(*task, address, out);
  const Process* process = client_.view.process(thread.pid);
  if (count && process != nullptr && process->scratch) process->scratch->show(address, out.first(*count));
  return count;
}

Result<> ClientMemory::write(session::ThreadRef thread, Addr address, std::span<const std::byte> bytes) {
  const auto task = client_.memory_of(thread);
  if (!task) return std::unexpected(task.error());
  Process* process = client_.view.process(thread.pid);
  if (process == nullptr || bytes.size() != ScratchCode::place_size)
    return client_.core.write_memory(*task, address, bytes);
  ScratchCode* scratch = scratch_of(*process, *task);
  std::array<std::byte, ScratchCode::place_size> there{};
  if (scratch == nullptr || !scratch->is_place(address, bytes.size()) ||
      client_.core.read_memory(*task, address, there).value_or(0) != there.size()) {
    return client_.core.write_memory(*task, address, bytes);
  }
  scratch->keep(address, bytes, there);
  return {};
}

std::optional<trace::GivenInstruction> ClientMemory::instruction_at(const Thread& thread) const {
  // Another client may have put it there, to step something of its own.
  if (!thread.registers_written) return std::nullopt;
  if (!thread.process->scratch || thread.process->scratch->empty()) return std::nullopt;
  const auto pc = client_.registers.pc(thread.task);
  return pc ? thread.process->scratch->at(*pc) : std::nullopt;
}

void ClientMemory::write_through(const Thread& thread) {
  if (const auto given = instruction_at(thread))
    (void)client_.core.write_memory(thread.task, given->at, given->code);
}

}  // namespace cotrace::native
