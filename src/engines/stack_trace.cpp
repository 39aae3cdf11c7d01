#include "engines/stack_trace.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fmt/format.h>
#include <optional>
#include <span>
#include <string_view>
#include <sys/user.h>

#include "engines/debug_files.h"
#include "linux/proc.h"

namespace cotrace::engines {

namespace {

struct DwflEnd {
  void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
};
struct Free {
  void operator()(void* memory) const { std::free(memory); }  // NOLINT: libdw's and the demangler's
};

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, Free> plain(abi::__cxa_demangle(name, nullptr, nullptr, &status));
  return status == 0 && plain ? plain.get() : name;
}

// Program code of 32 bits runs in this segment, whatever the kernel's own width.
constexpr std::uint64_t user_code_32 = 0x23;

// By the numbers of the processor's ABI supplements: System V ABI, AMD64 and Intel386, "DWARF Register Number
// Mapping".
std::vector<Dwarf_Word> dwarf_registers(const user_regs_struct& regs) {
  if (regs.cs == user_code_32)
    return {regs.rax, regs.rcx, regs.rdx, regs.rbx, regs.rsp, regs.rbp, regs.rsi, regs.rdi, regs.rip};
  return {regs.rax, regs.rdx, regs.rcx, regs.rbx, regs.rsi, regs.rdi, regs.rbp, regs.rsp, regs.r8,
          regs.r9,  regs.r10, regs.r11, regs.r12, regs.r13, regs.r14, regs.r15, regs.rip};
}

// Words of the stack, which is read in pieces of this size: a word is a system call otherwise.
class StackMemory {
 public:
  StackMemory(Tracer& tracer, TaskId task) : tracer_(tracer), task_(task) {}

  std::optional<std::uint64_t> word(Addr address, std::size_t size) {
    if (address < from_ || address + size > from_ + held_ || address + size < address) {
      from_ = address;
      held_ = tracer_.read_memory(task_, address, piece_).value_or(0);
      if (held_ < size) return std::nullopt;
    }
    std::uint64_t value = 0;
    std::memcpy(&value, piece_.data() + (address - from_), size);
    return value;
  }

 private:
  Tracer& tracer_;
  TaskId task_;
  Addr from_;
  std::size_t held_{0};
  std::array<std::byte, 2048> piece_{};
};

// One walk: what libdw's callbacks are given.
struct Walk {
  user_regs_struct regs{};
  StackMemory memory;
  std::size_t most{0};
  std::vector<Frame> frames;
};

bool signal_frame(Dwfl_Module* module, Dwarf_Addr pc) {
  for (const auto table : {dwfl_module_eh_cfi, dwfl_module_dwarf_cfi}) {
    Dwarf_Addr bias = 0;
    Dwarf_CFI* cfi = table(module, &bias);
    Dwarf_Frame* frame = nullptr;
    if (cfi == nullptr || dwarf_cfi_addrframe(cfi, pc - bias, &frame) != 0) continue;
    const std::unique_ptr<Dwarf_Frame, Free> owner(frame);
    bool is_signal = false;
    dwarf_frame_info(frame, nullptr, nullptr, &is_signal);
    return is_signal;
  }
  return false;
}

// The functions whose inlined code is at an address, innermost first, each with the place of its call.
struct Inlined {
  std::string name;
  std::string call_file;
  int call_line{0};
};

Inlined inlined_of(Dwarf_Die* die) {
  Inlined out;
  Dwarf_Attribute attribute{};
  const char* name = nullptr;
  if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) != nullptr)
    name = dwarf_formstring(&attribute);
  if (name == nullptr) name = dwarf_diename(die);
  if (name != nullptr) out.name = demangled(name);
  Dwarf_Word number = 0;
  if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &number) == 0)
    out.call_line = static_cast<int>(number);
  Dwarf_Die unit{};
  Dwarf_Files* files = nullptr;
  if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &number) == 0 &&
      dwarf_diecu(die, &unit, nullptr, nullptr) != nullptr &&
      dwarf_getsrcfiles(&unit, &files, nullptr) == 0) {
    const char* file = dwarf_filesrc(files, number, nullptr, nullptr);
    if (file != nullptr) out.call_file = file;
  }
  return out;
}

std::vector<Inlined> inlined_at(Dwfl_Module* module, Dwarf_Addr pc) {
  std::vector<Inlined> out;
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = dwfl_module_addrdie(module, pc, &bias);
  if (unit == nullptr) return out;
  Dwarf_Die* scopes = nullptr;
  if (dwarf_getscopes(unit, pc - bias, &scopes) <= 0) return out;
  const std::unique_ptr<Dwarf_Die, Free> by_name(scopes);
  // The first answer leaves an inlined function for where it was written; what is asked for is where it is.
  Dwarf_Die* around = nullptr;
  const int count = dwarf_getscopes_die(scopes, &around);
  if (count <= 0) return out;
  const std::unique_ptr<Dwarf_Die, Free> by_place(around);
  for (Dwarf_Die& scope : std::span(around, static_cast<std::size_t>(count))) {
    const int tag = dwarf_tag(&scope);
    if (tag == DW_TAG_subprogram) break;
    if (tag == DW_TAG_inlined_subroutine) out.push_back(inlined_of(&scope));
  }
  return out;
}

void name_symbol(Dwfl_Module* module, Frame& frame, std::uint64_t back) {
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* name =
      dwfl_module_addrinfo(module, (frame.pc - back).value, &offset, &symbol, nullptr, nullptr, nullptr);
  if (name == nullptr) return;
  frame.symbol = demangled(name);
  frame.offset = offset + back;
}

void name_line(Dwfl_Module* module, Frame& frame, std::uint64_t back) {
  Dwfl_Line* line = dwfl_module_getsrc(module, (frame.pc - back).value);
  if (line == nullptr) return;
  const char* file = dwfl_lineinfo(line, nullptr, &frame.line, nullptr, nullptr, nullptr);
  if (file != nullptr) frame.file = file;
}

std::string module_name(Dwfl_Module* module) {
  const char* name = dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  const std::string_view text = name != nullptr ? name : "";
  // libdw adds the process to it.
  return text.starts_with("[vdso") ? "[vdso]" : std::string(text);
}

// `back`: 1 for a return address, since the call is what is meant, which may be the last instruction of its
// function.
void add_frames(Dwfl_Module* module, Addr pc, std::uint64_t back, std::vector<Frame>& out) {
  Frame frame{.pc = pc};
  if (module == nullptr) {
    out.push_back(std::move(frame));
    return;
  }
  frame.module = module_name(module);
  frame.signal_frame = signal_frame(module, pc.value);
  name_symbol(module, frame, frame.signal_frame ? 0 : back);
  name_line(module, frame, back);
  for (auto& inner : inlined_at(module, (pc - back).value)) {
    Frame part{.pc = pc, .module = frame.module, .symbol = std::move(inner.name), .inlined = true};
    part.file = std::exchange(frame.file, std::move(inner.call_file));
    part.line = std::exchange(frame.line, inner.call_line);
    out.push_back(std::move(part));
  }
  out.push_back(std::move(frame));
}

int on_frame(Dwfl_Frame* state, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  Dwarf_Addr pc = 0;
  bool activation = false;
  if (!dwfl_frame_pc(state, &pc, &activation)) return DWARF_CB_ABORT;
  const std::uint64_t back = activation || pc == 0 ? 0 : 1;
  Dwfl* dwfl = dwfl_thread_dwfl(dwfl_frame_thread(state));
  add_frames(dwfl_addrmodule(dwfl, pc - back), Addr{pc}, back, walk.frames);
  return walk.frames.size() < walk.most ? DWARF_CB_OK : DWARF_CB_ABORT;
}

pid_t next_thread(Dwfl* /*dwfl*/, void* /*argument*/, void** /*thread*/) {
  return 0;
}

bool get_thread(Dwfl* /*dwfl*/, pid_t /*tid*/, void* argument, void** thread) {
  *thread = argument;
  return true;
}

// What libdw is attached with outlives a walk; the walk of the moment hangs on it.
struct Current {
  Walk* walk{nullptr};
};

bool memory_read(Dwfl* /*dwfl*/, Dwarf_Addr address, Dwarf_Word* result, void* argument) {
  Walk& walk = *static_cast<Current*>(argument)->walk;
  const auto word = walk.memory.word(Addr{address}, walk.regs.cs == user_code_32 ? 4 : 8);
  if (word) *result = *word;
  return word.has_value();
}

bool set_initial_registers(Dwfl_Thread* thread, void* argument) {
  const auto words = dwarf_registers(static_cast<Current*>(argument)->walk->regs);
  return dwfl_thread_state_registers(thread, 0, static_cast<unsigned>(words.size()), words.data());
}

constexpr Dwfl_Thread_Callbacks thread_callbacks{.next_thread = next_thread,
                                                 .get_thread = get_thread,
                                                 .memory_read = memory_read,
                                                 .set_initial_registers = set_initial_registers,
                                                 .detach = nullptr,
                                                 .thread_detach = nullptr};

int own_module(Dwfl_Module* /*module*/, void** userdata, const char* /*name*/, Dwarf_Addr /*base*/,
               void* files) {
  *userdata = files;
  return DWARF_CB_OK;
}

bool same_code(const std::vector<sys::Mapping>& a, const std::vector<sys::Mapping>& b) {
  const auto code = [](const sys::Mapping& mapping) { return mapping.execute; };
  const auto same = [](const sys::Mapping& x, const sys::Mapping& y) {
    return x.start == y.start && x.end == y.end && x.inode == y.inode && x.offset == y.offset &&
           x.path == y.path;
  };
  std::vector<sys::Mapping> ours, theirs;
  std::ranges::copy_if(a, std::back_inserter(ours), code);
  std::ranges::copy_if(b, std::back_inserter(theirs), code);
  return std::ranges::equal(ours, theirs, same);
}

}  // namespace

struct StackTracer::State {
  Tracer& tracer;
  Current current;
  MappedFiles files;
  std::unique_ptr<Dwfl, DwflEnd> dwfl;

  // False: nothing can be said of the process's code.
  bool prepare(TaskId task);
};

bool StackTracer::State::prepare(TaskId task) {
  auto maps = sys::maps_of(task.tid);
  if (!maps || maps->empty()) return false;
  // By the task and not its process: the files in /proc of a leader that has exited are empty.
  files.task = task.tid;
  if (dwfl && same_code(files.maps, *maps)) return true;
  dwfl.reset();
  files.maps = std::move(*maps);
  std::unique_ptr<Dwfl, DwflEnd> fresh(dwfl_begin(&local_files_only()));
  if (!fresh) return false;
  dwfl_report_begin(fresh.get());
  if (dwfl_linux_proc_report(fresh.get(), task.tid.value) != 0) return false;
  if (dwfl_report_end(fresh.get(), nullptr, nullptr) != 0) return false;
  dwfl_getmodules(fresh.get(), own_module, &files, 0);
  // What processor it is, libdw learns from the first file that it can open.
  if (!dwfl_attach_state(fresh.get(), nullptr, task.tid.value, &thread_callbacks, &current)) return false;
  dwfl = std::move(fresh);
  return true;
}

StackTracer::StackTracer(Tracer& tracer) : state_(new State{tracer, {}, {}, nullptr}) {
  // libelf refuses everything until it has been asked for its version.
  (void)elf_version(EV_CURRENT);
}

StackTracer::~StackTracer() = default;

Result<std::vector<Frame>> StackTracer::frames(TaskId task, std::size_t most) {
  Walk walk{.memory = StackMemory(state_->tracer, task), .most = most};
  if (const auto got = state_->tracer.registers(task, walk.regs); !got) return std::unexpected(got.error());
  if (state_->prepare(task)) {
    state_->current.walk = &walk;
    // Its end is an error as often as not: the outermost frame of a thread looks like one without a caller.
    (void)dwfl_getthread_frames(state_->dwfl.get(), task.tid.value, on_frame, &walk);
    state_->current.walk = nullptr;
  }
  if (walk.frames.empty()) walk.frames.push_back({.pc = Addr{walk.regs.rip}});
  if (walk.frames.size() > most) walk.frames.resize(most);
  return std::move(walk.frames);
}

std::string text_of(const Frame& frame, std::size_t number) {
  std::string text = fmt::format("#{:<2} 0x{:016x}", number, frame.pc.value);
  if (frame.signal_frame) return text + " <signal handler called>";
  if (!frame.symbol.empty()) text += ' ' + frame.symbol;
  if (!frame.symbol.empty() && !frame.inlined) text += fmt::format("+0x{:x}", frame.offset);
  if (frame.inlined) text += " [inlined]";
  text += frame.module.empty() ? " (no file)" : fmt::format(" ({})", frame.module);
  if (!frame.file.empty()) text += fmt::format(" at {}:{}", frame.file, frame.line);
  return text;
}

}  // namespace cotrace::engines
