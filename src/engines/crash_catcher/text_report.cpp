#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "engines/crash_catcher/report.h"
#include "engines/register_list.h"
#include "engines/shown_text.h"
#include "engines/signal_text.h"

namespace cotrace::engines {

namespace {

void add_registers(std::string& out, const user_regs_struct& regs) {
  constexpr std::size_t in_a_line = 4;
  std::size_t at = 0;
  for (const auto& [name, value] : register_list(regs)) {
    out += fmt::format("{}{:>7} {:016x}", at % in_a_line == 0 ? "\n " : " ", name, value);
    ++at;
  }
  out += '\n';
}

void add_code(std::string& out, const Crash& crash, std::uint64_t pc) {
  if (crash.code.empty()) {
    out += fmt::format("\nCode: there is no memory at 0x{:x}\n", pc);
    return;
  }
  out += fmt::format("\nCode from 0x{:x} on, <> around the first byte at pc:\n ", crash.code_at.value);
  for (std::size_t at = 0; at < crash.code.size(); ++at) {
    const auto byte = std::to_integer<unsigned>(crash.code[at]);
    out += (crash.code_at + at).value == pc ? fmt::format(" <{:02x}>", byte) : fmt::format(" {:02x}", byte);
  }
  out += '\n';
}

void add_thread(std::string& out, const CrashThread& thread) {
  out += fmt::format("\nThread {} ({})", thread.task.tid.value, harmless(thread.name));
  if (thread.signal) out += ", " + text_of(*thread.signal);
  out += ":\n";
  for (std::size_t at = 0; at < thread.frames.size(); ++at)
    out += "  " + harmless(text_of(thread.frames[at], at)) + '\n';
  if (!thread.error.empty()) out += "  " + thread.error + '\n';
}

void add_lines(std::string& out, std::string_view heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out += fmt::format("\n{}:\n", heading);
  for (const auto& line : lines) out += "  " + harmless(line) + '\n';
}

std::string program_lines(const CrashProgram& program) {
  return fmt::format("  command     {}\n  executable  {}\n", shown_command(program.arguments),
                     harmless(program.executable));
}

class TextReport final : public ReportFormat {
 public:
  [[nodiscard]] std::string of(const Crash& crash) const override {
    const CrashThread& first = crash.threads.front();
    std::string out = fmt::format("=== crash {}: process {}, {}\n", crash.number, crash.process.value,
                                  first.signal ? text_of(*first.signal) : "");
    out += fmt::format("  date        {}\n", shown_date(crash.date)) + program_lines(crash.program);
    if (crash.user) out += fmt::format("  user        {}\n", *crash.user);
    out += fmt::format("  thread      {} ({})\n", first.task.tid.value, harmless(first.name));
    const auto also = std::ranges::count_if(
        crash.threads, [](const CrashThread& thread) { return thread.signal.has_value(); });
    if (also > 1) out += fmt::format("  also        {} more at the same moment\n", also - 1);
    if (crash.before) out += fmt::format("  before      {}, which has a handler\n", text_of(*crash.before));
    if (!crash.hint.empty()) out += fmt::format("  perhaps     {}\n", crash.hint);
    if (!crash.incomplete.empty()) out += fmt::format("  incomplete  {}\n", crash.incomplete);
    add_thread(out, first);
    if (first.registers) {
      add_registers(out, *first.registers);
      add_code(out, crash, first.registers->rip);
    }
    for (std::size_t at = 1; at < crash.threads.size(); ++at) add_thread(out, crash.threads[at]);
    add_lines(out, "Memory", crash.maps);
    add_lines(out, "Limits", crash.limits);
    add_lines(out, "Open files", crash.files);
    return out + fmt::format("=== end of crash {}\n", crash.number);
  }

  [[nodiscard]] std::string of(const UnseenDeath& death) const override {
    return fmt::format("=== death {}: process {}, {}, unseen before\n  date        {}\n{}", death.number,
                       death.process.value, text_of(death.status), shown_date(death.date),
                       program_lines(death.program));
  }

  [[nodiscard]] std::string of(const CoreResult& core) const override {
    if (!core.error.empty()) return fmt::format("crash {}: no core file: {}\n", core.number, core.error);
    return fmt::format("crash {}: core file {} ({})\n", core.number, core.path, shown_size(core.bytes));
  }

  [[nodiscard]] std::string of(const Outcome& outcome) const override {
    return fmt::format("crash {}: process {} {}\n", outcome.number, outcome.process.value, outcome.text);
  }
};

}  // namespace

std::string shown_date(std::time_t date) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(date));
}

std::unique_ptr<ReportFormat> make_text_report() {
  return std::make_unique<TextReport>();
}

}  // namespace cotrace::engines
