#include "native/inspected_program.h"

#include <fmt/format.h>
#include <string_view>

#include "linux/proc.h"

namespace cotrace::native {

namespace {

bool has_threads_code(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name.starts_with("libc.so") || name.starts_with("libc-") || name.starts_with("libpthread");
}

}  // namespace

bool InspectedProgram::read(Addr address, std::span<std::byte> out) {
  const auto task = client_.memory_of({pid_, leader_of(pid_)});
  return task && client_.core.read_memory(*task, address, out) == out.size();
}

bool InspectedProgram::write(Addr address, std::span<const std::byte> bytes) {
  const auto task = client_.memory_of({pid_, leader_of(pid_)});
  return task && client_.core.write_memory(*task, address, bytes).has_value();
}

Result<arch::native::GeneralRegs> InspectedProgram::registers(Tid thread) {
  // lwpid_t is the kernel's id of the thread.
  const Thread* known = client_.view.thread({pid_, thread});
  if (known == nullptr) return fail(Errc::no_such_process, "no such thread");
  return client_.core.general_regs(known->task);
}

std::optional<Addr> InspectedProgram::symbol(const std::string& name) {
  if (!loaded_) load_objects();
  for (const Object& object : objects_) {
    auto value = object.symbols.find(name);
    // glibc 2.35 and later export the version under a reserved name, for stripped libraries.
    if (!value) value = object.symbols.find("__" + name);
    if (value) return Addr{*value + object.bias};
  }
  return std::nullopt;
}

void InspectedProgram::load_objects() {
  const auto task = client_.memory_of({pid_, leader_of(pid_)});
  if (!task) return;
  const auto maps = sys::maps_of(task->tid);
  if (!maps) return;
  const auto program = sys::executable_of(task->tid);
  std::optional<Object> main;
  for (const sys::Mapping& mapping : *maps) {
    // The first mapping of a file tells where it was loaded.
    if (mapping.offset != 0 || mapping.path.empty()) continue;
    const bool is_program = program && mapping.path == *program;
    if (!is_program && !has_threads_code(mapping.path)) continue;
    if (is_program && main) continue;
    // As the process sees the file.
    const auto path = is_program ? fmt::format("/proc/{}/exe", task->tid.value)
                                 : fmt::format("/proc/{}/root{}", task->tid.value, mapping.path);
    auto symbols = ElfSymbols::open(path);
    if (!symbols) continue;
    const std::uint64_t bias = mapping.start.value - symbols->first_address();
    if (is_program) {
      main = Object{std::move(*symbols), bias};
    } else {
      objects_.push_back({std::move(*symbols), bias});
    }
  }
  if (main) objects_.push_back(std::move(*main));
  loaded_ = true;
}

}  // namespace cotrace::native
