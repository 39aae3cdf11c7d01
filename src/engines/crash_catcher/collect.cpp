#include "engines/crash_catcher/collect.h"

#include <algorithm>
#include <dirent.h>
#include <fmt/format.h>
#include <map>
#include <memory>

#include "engines/shown_text.h"
#include "engines/signal_text.h"
#include "linux/proc_file.h"

namespace cotrace::engines {

namespace {

constexpr std::size_t code_before = 16;
constexpr std::size_t code_after = 32;

// There may be nothing before, or nothing at all.
void collect_code(Tracer& tracer, Crash& crash, TaskId task, Addr pc) {
  std::vector<std::byte> bytes(code_before + code_after);
  for (const std::size_t before : {std::min<std::size_t>(code_before, pc.value), std::size_t{0}}) {
    const std::span<std::byte> room(bytes.data(), before + code_after);
    const auto got = tracer.read_memory(task, pc - before, room);
    if (!got || *got <= before) continue;
    bytes.resize(*got);
    crash.code_at = pc - before;
    crash.code = std::move(bytes);
    return;
  }
}

// A frame of a function begins below the stack pointer by as much as it has local variables, and below that
// again by the 128 bytes that leaf functions may use.
bool near_stack_pointer(std::uint64_t address, std::uint64_t stack_pointer) {
  constexpr std::uint64_t reach = std::uint64_t{64} << 10U;
  return address + reach >= stack_pointer && address < stack_pointer + 4096;
}

bool mapped(Tid task, std::uint64_t address) {
  const auto maps = sys::maps_of(task);
  return !maps || std::ranges::any_of(*maps, [&](const sys::Mapping& mapping) {
    return mapping.start.value <= address && address < mapping.end.value && mapping.read;
  });
}

std::string guess(const CrashThread& thread, const std::optional<SigInfo>& before) {
  if (!thread.signal || !thread.registers) return {};
  // The kernel could not put the handler's frame on the stack, and says no more than that.
  const SigInfo& info = before && thread.signal->si_code == SI_KERNEL ? *before : *thread.signal;
  if (!has_fault_address(info) || info.si_signo != SIGSEGV) return {};
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  constexpr std::uintptr_t first_page = 4096;
  if (address < first_page) return "a null pointer";
  if (near_stack_pointer(address, thread.registers->rsp) && !mapped(thread.task.tid, address))
    return "the stack has overflowed";
  return {};
}

}  // namespace

CrashProgram program_now(Tid task) {
  return {sys::executable_of(task).value_or(""),
          sys::command_line_of(task).value_or(std::vector<std::string>{})};
}

void collect_first(Tracer& tracer, Crash& crash) {
  CrashThread& thread = crash.threads.front();
  if (const auto status = sys::task_status(thread.task.tid)) {
    crash.user = status->uid;
    thread.name = status->name;
  }
  user_regs_struct regs{};
  if (!tracer.registers(thread.task, regs)) return;
  thread.registers = regs;
  collect_code(tracer, crash, thread.task, Addr{regs.rip});
  crash.hint = guess(thread, crash.before);
}

void collect_thread(Tracer& tracer, StackTracer& stacks, CrashThread& thread, std::size_t most_frames) {
  if (thread.name.empty()) {
    if (const auto status = sys::task_status(thread.task.tid)) thread.name = status->name;
  }
  user_regs_struct regs{};
  if (!thread.registers && tracer.registers(thread.task, regs)) thread.registers = regs;
  auto frames = stacks.frames(thread.task, most_frames);
  if (frames) {
    thread.frames = std::move(*frames);
  } else {
    thread.error = frames.error().text;
  }
}

std::vector<std::string> lines_of(Tid task, std::string_view file) {
  std::vector<std::string> lines;
  const auto text = sys::read_proc(task, file);
  std::string_view left = text ? std::string_view(*text) : std::string_view();
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    lines.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return lines;
}

std::vector<std::string> open_files_of(Tid task) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(fmt::format("/proc/{}/fd", task.value).c_str()),
                                                   ::closedir);
  std::map<std::uint64_t, std::string> files;
  while (folder) {
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    if (entry->d_name[0] == '.') continue;
    const auto target = sys::read_proc_link(task, fmt::format("fd/{}", entry->d_name));
    if (target) files[sys::decimal(entry->d_name)] = *target;
  }
  std::vector<std::string> out;
  out.reserve(files.size());
  for (const auto& [number, target] : files) out.push_back(fmt::format("{} -> {}", number, target));
  return out;
}

}  // namespace cotrace::engines
