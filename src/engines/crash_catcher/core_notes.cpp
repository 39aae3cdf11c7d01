#include "engines/crash_catcher/core_notes.h"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/procfs.h>
#include <sys/user.h>

#include "engines/crash_catcher/collect.h"
#include "linux/proc_file.h"
#include "linux/usage.h"

namespace cotrace::engines {

namespace {

class Notes {
 public:
  void add(std::string_view owner, std::uint32_t type, std::span<const std::byte> contents) {
    // In notes everything stands at a multiple of four, in 64-bit files too.
    const Elf64_Nhdr header{static_cast<Elf64_Word>(owner.size() + 1),
                            static_cast<Elf64_Word>(contents.size()), type};
    append(std::as_bytes(std::span(&header, 1)));
    append(std::as_bytes(std::span(owner)));
    bytes_.push_back(std::byte{0});
    align();
    append(contents);
    align();
  }
  template <class Contents>
  void add_object(std::uint32_t type, const Contents& contents) {
    add("CORE", type, std::as_bytes(std::span(&contents, 1)));
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void append(std::span<const std::byte> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  void align() { bytes_.resize((bytes_.size() + 3) / 4 * 4); }

  std::vector<std::byte> bytes_;
};

// What /proc tells of a task and both notes want.
struct TaskFacts {
  sys::TaskStatus status;
  std::string stat, text;
  [[nodiscard]] int number(std::size_t field) const {
    const auto word = sys::stat_field(stat, field);
    // The only ones that can be negative are not asked for.
    return word ? static_cast<int>(sys::decimal(*word)) : 0;
  }
  [[nodiscard]] std::uint64_t signals(std::string_view key) const {
    return sys::hexadecimal(sys::status_value(text, key));
  }
};

TaskFacts facts_of(Tid task) {
  return {sys::task_status(task).value_or(sys::TaskStatus{}), sys::read_proc(task, "stat").value_or(""),
          sys::read_proc(task, "status").value_or("")};
}

timeval time_of(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

// `signal`: that of the process. The kernel writes it into the note of every thread, and gdb believes the
// last.
elf_prstatus status_note(const CoreThread& thread, int signal, const user_regs_struct& regs) {
  const TaskFacts facts = facts_of(thread.task.tid);
  elf_prstatus note{};
  note.pr_info.si_signo = signal;
  note.pr_cursig = static_cast<short>(signal);
  note.pr_sigpend = facts.signals("SigPnd");
  note.pr_sighold = facts.signals("SigBlk");
  note.pr_pid = thread.task.tid.value;
  note.pr_ppid = facts.status.parent.value;
  note.pr_pgrp = facts.number(5);
  note.pr_sid = facts.number(6);
  const auto time = sys::cpu_time_of(thread.task.tid).value_or(sys::CpuTime{});
  note.pr_utime = time_of(time.user);
  note.pr_stime = time_of(time.system);
  static_assert(sizeof note.pr_reg == sizeof regs);
  std::memcpy(&note.pr_reg, &regs, sizeof regs);
  note.pr_fpvalid = 1;
  return note;
}

template <std::size_t Size>
void copy_text(char (&out)[Size], std::string_view text) {
  text.copy(out, Size - 1);
}

elf_prpsinfo process_note(Pid process, Tid task) {
  const TaskFacts facts = facts_of(task);
  elf_prpsinfo note{};
  // What it was before it stopped: it ran.
  note.pr_sname = 'R';
  note.pr_uid = facts.status.uid;
  note.pr_gid = facts.status.gid;
  note.pr_pid = process.value;
  note.pr_ppid = facts.status.parent.value;
  note.pr_pgrp = facts.number(5);
  note.pr_sid = facts.number(6);
  copy_text(note.pr_fname, facts.status.name);
  std::string arguments;
  for (const auto& word : sys::command_line_of(task).value_or(std::vector<std::string>{}))
    arguments += (arguments.empty() ? "" : " ") + word;
  copy_text(note.pr_psargs, arguments);
  return note;
}

// The layout, which no man page tells: how many, the page's size, for each start, end and offset in pages,
// then the names, each ended by a NUL.
std::vector<std::byte> files_note(const std::vector<sys::Mapping>& maps) {
  constexpr std::uint64_t page = 4096;
  std::vector<std::uint64_t> words{0, page};
  std::string names;
  for (const auto& mapping : maps) {
    if (!mapping.path.starts_with('/')) continue;
    ++words[0];
    words.insert(words.end(), {mapping.start.value, mapping.end.value, mapping.offset / page});
    names += mapping.path;
    names += '\0';
  }
  const auto numbers = std::as_bytes(std::span(words));
  std::vector<std::byte> out(numbers.begin(), numbers.end());
  const auto text = std::as_bytes(std::span(names));
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

void add_extended(Notes& notes, Tracer& tracer, TaskId task) {
  const auto state = tracer.extended_state(task);
  if (!state || state->size() < sizeof(user_fpregs_struct)) return;
  notes.add("CORE", NT_FPREGSET, std::span(*state).first(sizeof(user_fpregs_struct)));
  notes.add("LINUX", NT_X86_XSTATE, *state);
}

}  // namespace

Result<std::vector<std::byte>> core_notes(Tracer& tracer, Pid process, const std::vector<CoreThread>& threads,
                                          const std::vector<sys::Mapping>& maps) {
  Notes notes;
  bool first = true;
  const int signal = threads.front().signal ? threads.front().signal->si_signo : 0;
  for (const CoreThread& thread : threads) {
    user_regs_struct regs{};
    const auto got = tracer.registers(thread.task, regs);
    if (!got && first) return std::unexpected(got.error());
    if (!got) continue;
    notes.add_object(NT_PRSTATUS, status_note(thread, signal, regs));
    if (first) {
      notes.add_object(NT_PRPSINFO, process_note(process, thread.task.tid));
      if (thread.signal) notes.add_object(NT_SIGINFO, *thread.signal);
      notes.add("CORE", NT_AUXV, sys::auxv_of(thread.task.tid).value_or(std::vector<std::byte>{}));
      notes.add("CORE", NT_FILE, files_note(maps));
    }
    add_extended(notes, tracer, thread.task);
    first = false;
  }
  return notes.take();
}

}  // namespace cotrace::engines
