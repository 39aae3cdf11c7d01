// Core files of real programs, read with libelf and with gdb.

#include <cstdio>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <filesystem>
#include <gelf.h>
#include <libelf.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "engines/crash_catcher/crash_catcher.h"
#include "processes/job_run.h"

namespace cotrace::test {
namespace {

namespace fs = std::filesystem;
using engines::CrashCatcherOptions;

class CoreFiles : public ::testing::Test {
 protected:
  CoreFiles() { EXPECT_NE(::mkdtemp(folder_.data()), nullptr); }
  ~CoreFiles() override { fs::remove_all(folder_); }

  // The core file of a program that crashes.
  nlohmann::json crash(std::vector<std::string> arguments) {
    CrashCatcherOptions options;
    options.format = CrashCatcherOptions::Format::json;
    options.core_directory = folder_;
    JobRun run([&](const auto& context) { return engines::make_crash_catcher(context, options); });
    EXPECT_TRUE(run.launch(std::move(arguments)));
    run.end();
    for (const auto& object : run.objects()) {
      if (object.at("event") == "core") return object;
    }
    ADD_FAILURE() << "no core file: " << run.output.text();
    return {};
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_{fs::temp_directory_path() / "cotrace-core-XXXXXX"};
};

// What gdb says to these commands.
std::string gdb(const std::string& program, const std::string& core,
                const std::vector<std::string>& commands) {
  std::string line = "gdb -nx -batch -iex 'set debuginfod enabled off'";
  for (const auto& command : commands) line += " -ex '" + command + "'";
  line += " " + program_path(program) + " " + core + " </dev/null 2>&1";
  FILE* pipe = ::popen(line.c_str(), "r");
  std::string out;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
  ::pclose(pipe);
  return out;
}

TEST_F(CoreFiles, AreWhatGdbReads) {
  const auto core = crash({"core_contents"});
  ASSERT_TRUE(core.contains("path")) << core;
  const std::string said =
      gdb("core_contents", core.at("path"),
          {"bt", "info threads", "thread apply all bt", "print known", "frame function give_up",
           "print local", "print $xmm7.v2_double[0]", "print sparse + 536870912", "print *left_out",
           "info registers rip", "info proc mappings", "info auxv", "print $_siginfo.si_signo"});
  for (const std::string wanted :
       {"Program terminated with signal SIGABRT", "give_up (reason=99)", "main ()", "wait_here (answer=42)",
        "{x = 4711, y = 815}", "{x = 99, y = 100}", "= 0.5", "\"in the middle\"", "AT_SYSINFO_EHDR",
        "core_contents\n", "$6 = 6"}) {
    EXPECT_NE(said.find(wanted), std::string::npos) << wanted << "\n" << said;
  }
  // What the program has asked to be left out is not there; gdb shows such memory as zeros.
  EXPECT_NE(said.find("$5 = 0 "), std::string::npos) << said;
  // One page of a gigabyte takes a page.
  struct stat facts{};
  ASSERT_EQ(::stat(core.at("path").get<std::string>().c_str(), &facts), 0);
  EXPECT_GT(facts.st_size, 1 << 30);
  EXPECT_LT(facts.st_blocks * 512, 4 << 20);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(CoreFiles, HaveTheKernelsNotes) {
  const auto core = crash({"crashes", "null", "2"});
  ASSERT_TRUE(core.contains("path")) << core;
  (void)elf_version(EV_CURRENT);
  const base::Fd file(::open(core.at("path").get<std::string>().c_str(), O_RDONLY | O_CLOEXEC));
  Elf* elf = elf_begin(file.get(), ELF_C_READ, nullptr);
  ASSERT_NE(elf, nullptr);
  std::size_t segments = 0;
  ASSERT_EQ(elf_getphdrnum(elf, &segments), 0);
  std::vector<unsigned> types;
  std::vector<int> tids;
  for (std::size_t i = 0; i < segments; ++i) {
    GElf_Phdr header{};
    ASSERT_NE(gelf_getphdr(elf, static_cast<int>(i), &header), nullptr);
    EXPECT_EQ(header.p_type, i == 0 ? PT_NOTE : PT_LOAD);
    if (header.p_type != PT_NOTE) {
      EXPECT_EQ(header.p_offset % 4096, header.p_vaddr % 4096);
      continue;
    }
    Elf_Data* data =
        elf_getdata_rawchunk(elf, static_cast<off_t>(header.p_offset), header.p_filesz, ELF_T_NHDR);
    ASSERT_NE(data, nullptr);
    GElf_Nhdr note{};
    std::size_t name = 0, contents = 0;
    for (std::size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &contents)) > 0;) {
      types.push_back(note.n_type);
      if (note.n_type != NT_PRSTATUS) continue;
      elf_prstatus status{};
      ASSERT_EQ(note.n_descsz, sizeof status);
      std::memcpy(&status, static_cast<const char*>(data->d_buf) + contents, sizeof status);
      EXPECT_EQ(status.pr_cursig, SIGSEGV);
      tids.push_back(status.pr_pid);
    }
  }
  elf_end(elf);
  ASSERT_EQ(tids.size(), 3U);
  EXPECT_EQ(tids[0], core.at("pid").get<int>());
  const std::vector<unsigned> first{NT_PRSTATUS, NT_PRPSINFO, NT_SIGINFO,   NT_AUXV,
                                    NT_FILE,     NT_FPREGSET, NT_X86_XSTATE};
  ASSERT_GE(types.size(), first.size());
  EXPECT_EQ(std::vector<unsigned>(types.begin(), types.begin() + static_cast<std::ptrdiff_t>(first.size())),
            first);
  EXPECT_EQ(types.size(), first.size() + 2 * 3);
}

TEST_F(CoreFiles, AreNamedAfterProgramAndProcess) {
  const auto core = crash({"crashes", "null"});
  ASSERT_TRUE(core.contains("path")) << core;
  EXPECT_TRUE(core.at("path").get<std::string>().ends_with("core.crashes." +
                                                           std::to_string(core.at("pid").get<int>())));
}

TEST_F(CoreFiles, ThatCannotBeWrittenAreSaidToBe) {
  fs::permissions(folder(), fs::perms{0500});
  CrashCatcherOptions options;
  options.core_directory = folder() + "/not/there";
  JobRun run([&](const auto& context) { return engines::make_crash_catcher(context, options); });
  ASSERT_TRUE(run.launch({"crashes", "null"}));
  EXPECT_EQ(run.end(), (ExitStatus{.signalled = true, .code = SIGSEGV}));
  EXPECT_TRUE(run.output.text().contains("no core file: ")) << run.output.text();
  EXPECT_TRUE(run.output.text().contains("died of it")) << run.output.text();
}

TEST_F(CoreFiles, Of32BitProgramsAreRefused) {
  const auto core = crash({"crashes_32", "null"});
  EXPECT_TRUE(core.at("error").get<std::string>().contains("32-bit"));
}

}  // namespace
}  // namespace cotrace::test
