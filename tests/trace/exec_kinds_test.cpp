// exec of every kind of file, by every kind of thread; exec that fails, with a way back and without.

#include <algorithm>
#include <csignal>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/tracing.h"

namespace cotrace::test {
namespace {

struct ExecCase {
  const char* caller;  // "alone", "leader" or "thread"
  const char* file;
};

std::string name_of(const ::testing::TestParamInfo<ExecCase>& test) {
  std::string name = std::string(test.param.caller) + "_" + test.param.file;
  std::ranges::replace(name, '.', '_');
  return name;
}

class ExecOf : public Tracing, public ::testing::WithParamInterface<ExecCase> {};

TEST_P(ExecOf, IsToldOnceAndABreakpointAtTheEntryIsHitOnce) {
  Diary engine;
  auto program = launch(engine, {"exec_file", GetParam().caller, program_path(GetParam().file)});
  const bool of_32_bits = std::strstr(GetParam().file, "_32") != nullptr;
  std::optional<TaskId> executed;
  engine.behave([&](TaskId task, const Event& event) {
    if (!std::holds_alternative<event::Execed>(event)) return Verdict{};
    EXPECT_FALSE(executed);
    executed = task;
    EXPECT_EQ(task.tid, leader_of(program.pid));
    const auto regs = core->general_regs(task);
    EXPECT_TRUE(regs);
    const auto mode = of_32_bits ? arch::native::Mode::bits32 : arch::native::Mode::bits64;
    EXPECT_EQ(arch::native::mode_of(*regs), mode);
    const auto entry = sys::auxv_entry(task.tid, AT_ENTRY);
    EXPECT_TRUE(entry && *entry);
    EXPECT_TRUE(core->add_breakpoint(task, engine, Addr{**entry}));
    return Verdict{};
  });
  resume(engine, program.task);
  ASSERT_TRUE(until([&] { return core->released(program.pid); }));
  ASSERT_TRUE(executed);
  const auto hits = std::ranges::count_if(engine.entries, [&](const auto& entry) {
    return entry.task == *executed && std::holds_alternative<event::BreakpointHit>(entry.event);
  });
  EXPECT_EQ(hits, 1);
  EXPECT_EQ(status_of(engine, *executed), (ExitStatus{false, 0, false}));
  EXPECT_NE(program.rest(), "");
}

std::vector<ExecCase> exec_cases() {
  std::vector<ExecCase> cases;
  for (const char* caller : {"alone", "leader", "thread"}) {
    for (const char* file :
         {"hello", "hello_32", "hello_static", "hello_static_pie", "hello_no_pie", "script.sh"})
      cases.push_back({caller, file});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, ExecOf, ::testing::ValuesIn(exec_cases()), name_of);

class Folder : public Tracing {
 protected:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "cotrace-exec-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    // Another user must be able to get here.
    std::filesystem::permissions(folder, std::filesystem::perms{0755});
  }
  ~Folder() override { std::filesystem::remove_all(folder); }

  std::filesystem::path folder;
};

// --- exec of a set-user-id program ---

// The kernel lets the file's owner count only where whoever traces could have done the same (capable of
// CAP_SYS_PTRACE when it attached; cap_bprm_creds_from_file, Linux 6.18).
class SetUserId : public Folder {
 protected:
  // A copy of id(1) that belongs to root and is set-user-id.
  std::string set_user_id_program() {
    const auto path = folder / "id";
    std::filesystem::copy_file("/usr/bin/id", path);
    std::filesystem::permissions(path, std::filesystem::perms{04755});
    return path;
  }
  // What it prints where nobody's process runs it, with a breakpoint at its entry.
  std::string effective_user(std::vector<std::string> command) {
    Diary engine;
    auto program = launch(engine, std::move(command));
    engine.behave([&](TaskId task, const Event& event) {
      if (std::holds_alternative<event::Execed>(event)) {
        const auto entry = sys::auxv_entry(task.tid, AT_ENTRY);
        EXPECT_TRUE(entry && *entry);
        EXPECT_TRUE(core->add_breakpoint(task, engine, Addr{**entry}));
      }
      return Verdict{};
    });
    resume(engine, program.task);
    EXPECT_TRUE(until([&] { return core->released(program.pid); }));
    EXPECT_EQ(engine.count<event::BreakpointHit>(), engine.count<event::Execed>() - 1);
    EXPECT_EQ(status_of(engine), (ExitStatus{false, 0, false}));
    return program.rest();
  }
};

TEST_F(SetUserId, TracedByRootItIsWhatItIsWithoutATracer) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to have a set-user-id program";
  EXPECT_EQ(effective_user({"exec_file", "alone", "/usr/bin/setpriv", "--reuid", std::to_string(nobody),
                            "--clear-groups", set_user_id_program(), "-u"}),
            "0\n");
}

TEST_F(SetUserId, TracedByAnybodyElseItRunsAsItsUser) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to have a set-user-id program";
  const auto file = set_user_id_program();
  as_nobody(
      [&] { EXPECT_EQ(effective_user({"exec_file", "alone", file, "-u"}), std::to_string(nobody) + "\n"); });
}

// --- exec that fails ---

class FailingExec : public Folder {
 protected:
  // A program with one segment, at an address that is not for programs: that shows only when the old memory
  // is gone already.
  std::string unmappable() {
    const std::string path = folder / "unmappable";
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_X;
    segment.p_vaddr = segment.p_paddr = 0xffff800000000000;
    segment.p_filesz = segment.p_memsz = sizeof header + sizeof segment;
    segment.p_align = 4096;
    header.e_entry = segment.p_vaddr;
    write(path, std::as_bytes(std::span(&header, 1)), std::as_bytes(std::span(&segment, 1)));
    return path;
  }
  // `hello` with the name of its interpreter spoilt.
  std::string without_interpreter() {
    const std::string path = folder / "no_interpreter";
    std::ifstream file(program_path("hello"), std::ios::binary);
    std::vector<char> image{std::istreambuf_iterator<char>(file), {}};
    const std::string name = "/lib64/ld-linux";
    const auto at = std::search(image.begin(), image.end(), name.begin(), name.end());
    EXPECT_NE(at, image.end());
    *at = 'x';
    write(path, std::as_bytes(std::span(image)), {});
    return path;
  }

 private:
  static void write(const std::string& path, std::span<const std::byte> head,
                    std::span<const std::byte> tail) {
    std::ofstream file(path, std::ios::binary);
    for (const auto part : {head, tail})
      file.write(reinterpret_cast<const char*>(part.data()), static_cast<std::streamsize>(part.size()));
    file.close();
    std::filesystem::permissions(path, std::filesystem::perms{0755});
  }
};

TEST_F(FailingExec, WithAWayBackIsNoEvent) {
  for (const char* caller : {"alone", "leader", "thread"}) {
    for (const std::string& file : {std::string("/nonexistent"), without_interpreter()}) {
      Diary engine;
      auto program = launch(engine, {"exec_file", caller, file});
      resume(engine, program.task);
      ASSERT_TRUE(until([&] { return core->released(program.pid); }));
      EXPECT_EQ(program.rest(), "exec_file errno=" + std::to_string(ENOENT) + "\n");
      EXPECT_EQ(engine.count<event::Execed>(), 1) << "that of the launch";
      EXPECT_EQ(status_of(engine, program.task), (ExitStatus{false, 3, false}));
    }
  }
}

// The caller has become the leader, and the other threads are gone, when the kernel finds out and kills what
// is left. No exec is told, and the thread that called it ends under another id than it was known by.
TEST_F(FailingExec, WithoutAWayBackIsADeath) {
  for (const char* caller : {"alone", "leader", "thread"}) {
    SCOPED_TRACE(caller);
    Diary engine, on_leader;
    auto program = launch(engine, {"exec_file", caller, unmappable()});
    ASSERT_TRUE(core->attach(program.task, on_leader, {everything, false, false}));
    ASSERT_TRUE(core->add_breakpoint(program.task, engine, symbol(program.task, "main")));
    resume(engine, program.task);
    ASSERT_TRUE(until([&] { return core->released(program.pid); }));
    EXPECT_EQ(engine.count<event::Execed>(), 1) << "that of the launch";
    EXPECT_EQ(engine.count<event::Died>(), engine.count<event::Reaped>());
    EXPECT_EQ(engine.count<event::Died>(), 1 + engine.count<event::Born>()) << "each task once";
    const auto ended = std::ranges::count_if(engine.entries, [](const auto& entry) {
      const auto* death = std::get_if<event::Died>(&entry.event);
      return death != nullptr && death->process_ended;
    });
    EXPECT_EQ(ended, 1);
    EXPECT_TRUE(status_of(engine).signalled);
    EXPECT_TRUE(traced_processes().empty());
    EXPECT_EQ(on_leader.count<event::Died>(), 1);
  }
}

}  // namespace
}  // namespace cotrace::test
