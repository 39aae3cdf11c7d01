#include "native/launch_plan.h"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errno_error.h"

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

std::string LaunchPlan::working_directory() const {
  if (!directory_.empty()) return directory_;
  char here[PATH_MAX];
  return ::getcwd(here, sizeof here) == nullptr ? "/" : here;
}

void LaunchPlan::set_stream(int descriptor, std::string path) {
  if (path.empty()) {
    streams_.erase(descriptor);
  } else {
    streams_.insert_or_assign(descriptor, std::move(path));
  }
}

Result<std::vector<base::Fd>> LaunchPlan::open_streams(sys::LaunchSpec& spec) const {
  constexpr mode_t mode = 0666;
  std::vector<base::Fd> files;
  std::map<std::string, int> outputs;
  for (const auto& [descriptor, path] : streams_) {
    // Both outputs in one file are one open file, as with `2>&1`: else the one would write over the other.
    const auto same = outputs.find(path);
    if (same == outputs.end()) {
      const int how = descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
      files.emplace_back(::open(path.c_str(), how | O_NOCTTY | O_CLOEXEC, mode));
      if (!files.back().valid()) return base::fail_errno(path);
      if (descriptor != STDIN_FILENO) outputs.emplace(path, files.back().get());
    }
    const int source = same == outputs.end() ? files.back().get() : same->second;
    std::erase_if(spec.descriptors, [&](const auto& entry) { return entry.first == descriptor; });
    spec.descriptors.emplace_back(descriptor, source);
  }
  return files;
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
