#include "native/launch_plan.h"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace cotrace::native {

LaunchPlan::LaunchPlan(const TargetOptions& options)
    : wrapper_(options.wrapper),
      descriptors_(options.descriptors),
      signals_(options.signals),
      foreground_(options.foreground),
      shell_(options.startup_with_shell),
      disable_randomization_(options.disable_randomization) {}

void LaunchPlan::set_environment(std::string name, std::optional<std::string> value) {
  edits_.insert_or_assign(std::move(name), std::move(value));
}

// The shell execs what it is given ("exec" in front), and a wrapper such as env(1) does so by its nature.
int LaunchPlan::execs() const {
  return 1 + (shell_ ? 1 : 0) + (wrapper_.empty() ? 0 : 1);
}

std::vector<std::string> LaunchPlan::environment(const char* const* inherited) const {
  std::vector<std::string> out;
  // Where a name is in the inherited environment twice, both go when it is edited: getenv(3) would find the
  // first.
  for (; inherited != nullptr && *inherited != nullptr; ++inherited) {
    const std::string_view entry(*inherited);
    if (!edits_.contains(std::string(entry.substr(0, entry.find('='))))) out.emplace_back(entry);
  }
  for (const auto& [name, value] : edits_) {
    if (value) out.push_back(fmt::format("{}={}", name, *value));
  }
  return out;
}

Result<sys::LaunchSpec> LaunchPlan::spec() const {
  if (program_.empty() || program_.front().empty())
    return fail(Errc::invalid, "no program was given, now or earlier");
  std::vector<std::string> words = wrapper_;
  words.push_back(program_path(program_.front()));
  words.insert(words.end(), program_.begin() + 1, program_.end());

  sys::LaunchSpec spec;
  // Verbatim: what a user typed has been through gdb already, which sends words (vRun).
  spec.arguments = shell_ ? sys::through_shell(words, true) : std::move(words);
  spec.environment = environment(environ);
  spec.working_directory = directory_;
  spec.disable_randomization = disable_randomization_;
  spec.foreground = foreground_;
  spec.descriptors = descriptors_;
  spec.signals = signals_;
  return spec;
}

std::string program_path(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  struct stat about{};
  if (::stat(name.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return name;
  char here[PATH_MAX];
  if (::getcwd(here, sizeof here) == nullptr) return name;
  return fmt::format("{}/{}", here, name);
}

std::string startup_failure(const ExitStatus& status) {
  if (!status.signalled) return fmt::format("During startup program exited with code {}.", status.code);
  const char* abbreviation = ::sigabbrev_np(status.code);
  const char* description = ::sigdescr_np(status.code);
  return fmt::format("During startup program terminated with signal SIG{}, {}.",
                     abbreviation != nullptr ? abbreviation : std::to_string(status.code),
                     description != nullptr ? description : "unknown");
}

}  // namespace cotrace::native
