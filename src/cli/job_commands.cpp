#include "cli/job_commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <clocale>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <set>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/catch_command.h"
#include "cli/joined.h"
#include "cli/program_words.h"
#include "cli/run_server.h"
#include "cli/trace_command.h"
#include "cli/tree_command.h"
#include "server/runtime_directory.h"

namespace cotrace::cli {
namespace {

struct Entry {
  const char* name;
  const char* help;
  std::unique_ptr<JobCommand> (*make)();
};

constexpr std::array entries = {
    Entry{"trace", "Log the system calls of a program, or of running processes, as strace does",
          trace_command},
    Entry{"catch", "Report how the processes of a program crash, with stacks, and core files on request",
          catch_command},
    Entry{"tree", "Show the processes that a program makes, what they run, how they end", tree_command},
};

const Entry* entry_of(const std::string& name) {
  const auto* found =
      std::ranges::find_if(entries, [&name](const Entry& entry) { return name == entry.name; });
  return found == entries.end() ? nullptr : found;
}

// One command line, read.
class Line {
 public:
  explicit Line(const Entry& entry)
      : command_(entry.make()),
        app_(std::make_unique<CLI::App>(entry.help, fmt::format("cotrace {}", entry.name))) {
    app_->footer(
        fmt::format("Form: cotrace {0} [OPTIONS] [--] PROGRAM [ARGS...]\n"
                    "      cotrace {0} [OPTIONS] -p PID\n"
                    "A process that a running cotrace has already is joined there.",
                    entry.name));
    app_->add_option("-p,--attach", processes_, "Join a running process; may be given often")
        ->type_name("PID")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all()
        ->check(CLI::PositiveNumber);
    app_->add_option("-o,--output", output_, "Write to FILE")->type_name("FILE");
    app_->add_flag("-A,--output-append-mode", append_, "Add to the end of FILE");
    if (command_->takes_all()) {
      app_->add_flag(
          "--all", all_,
          "Every process of this user, or as root of this pid namespace, those that come later included");
      app_->add_flag("--with-init", with_init_, "With --all: process 1 too");
    }
    app_->add_option("--listen", listen_,
                     "Where debuggers can connect meanwhile; else a Unix socket of its own")
        ->type_name("ADDRESS");
    command_->add_options(*app_);
  }

  // The exit code, where the words end the command: --help, or an error, which is not for people then.
  Result<std::optional<int>> read(std::vector<std::string> words) {
    words_ = words;
    program_ = cut_program(words, *app_, true);
    words_.resize(words.size());
    words.erase(words.begin());
    std::ranges::reverse(words);  // as CLI11 takes them
    try {
      app_->parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_->exit(error);
      return fail(Errc::invalid, fmt::format("{} (see cotrace {} --help)", error.what(), words_.front()));
    }
    return std::nullopt;
  }

  [[nodiscard]] server::JobRequest request(int output) const {
    server::JobRequest request;
    request.words = words_;
    for (const int process : processes_) request.processes.emplace_back(process);
    request.all = all_;
    request.all_with_init = with_init_;
    std::array<char, PATH_MAX> directory{};
    if (::getcwd(directory.data(), directory.size()) != nullptr) request.directory = directory.data();
    // As the terminal's locale says, where there is one.
    std::setlocale(LC_CTYPE, "");
    request.unicode = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
    std::setlocale(LC_CTYPE, "C");
    request.to_file = !output_.empty();
    winsize size{};
    request.terminal = ::isatty(output) == 1;
    if (request.terminal && ::ioctl(output, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
      request.columns = size.ws_col;
      request.rows = size.ws_row;
    }
    return request;
  }

  // Where the job writes: the descriptor, and with -o its owner.
  Result<int> open_output(base::Fd& owner) const {
    if (output_.empty()) return command_->standard_output();
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (append_ ? O_APPEND : O_TRUNC);
    owner = base::Fd(::open(output_.c_str(), flags, 0666));
    if (!owner.valid())
      return fail(Errc::not_found, fmt::format("cannot write to {}: {}", output_, std::strerror(errno)));
    return owner.get();
  }

  [[nodiscard]] JobCommand& command() const { return *command_; }
  [[nodiscard]] const std::vector<std::string>& program() const { return program_; }
  [[nodiscard]] const std::string& listen() const { return listen_; }

 private:
  std::unique_ptr<JobCommand> command_;
  std::unique_ptr<CLI::App> app_;
  std::vector<std::string> words_, program_;
  std::vector<int> processes_;
  std::string output_, listen_;
  bool append_{false}, all_{false}, with_init_{false};
};

// The one cotrace that has any of the processes already; nothing: none has.
Result<std::optional<Pid>> host_of(const std::vector<Pid>& processes) {
  std::optional<Pid> host;
  for (const Pid process : processes) {
    const auto server = server_of(process);
    if (!server) continue;
    if (host && *host != *server) {
      return fail(Errc::invalid,
                  fmt::format("two servers have these processes, {} and {}: one command for each",
                              host->value, server->value));
    }
    host = server;
  }
  return host;
}

Result<server::Address> listening_address(const std::string& text) {
  if (!text.empty()) return server::parse_address(text);
  auto path = server::default_socket_path();
  if (!path) return std::unexpected(path.error());
  return server::UnixAddress{std::move(*path)};
}

int run_here(const Line& line, server::JobRequest request, int output) {
  server::ServerOptions options;
  auto address = listening_address(line.listen());
  if (!address) return complain(address.error().text);
  options.address = std::move(*address);
  options.life.multi = true;  // until the job is over
  options.announce = line.listen().empty() ? server::Announce::nothing : server::Announce::address;
  options.target.disable_randomization = false;
  options.jobs = make_job;
  options.start = server::StartJob{std::move(request), line.program(), output};
  return run_server(std::move(options), server::Manner::own, {});
}

}  // namespace

bool is_job_command(const std::string& name) {
  return entry_of(name) != nullptr;
}

std::string job_commands_help() {
  std::string text;
  for (const Entry& entry : entries) text += fmt::format("  {:<26}{}\n", entry.name, entry.help);
  return text;
}

Result<std::unique_ptr<engines::Job>> make_job(const server::JobRequest& request,
                                               const engines::JobContext& context) {
  const Entry* entry = request.words.empty() ? nullptr : entry_of(request.words.front());
  if (entry == nullptr) return fail(Errc::unsupported, "this cotrace has no such command");
  Line line(*entry);
  const auto ended = line.read(request.words);
  if (!ended) return std::unexpected(ended.error());
  if (*ended) return fail(Errc::invalid, "nothing to run");
  return line.command().make(request, context);
}

int run_job_command(const std::vector<std::string>& words) {
  Line line(*entry_of(words.front()));
  const auto ended = line.read(words);
  if (!ended) return complain(ended.error().text);
  if (*ended) return **ended;
  base::Fd file;
  const auto output = line.open_output(file);
  if (!output) return complain(output.error().text);
  auto request = line.request(*output);
  const bool joins = !request.processes.empty() || request.all;
  if (joins == !line.program().empty()) {
    return complain(
        fmt::format("{0}: {1} (see cotrace {0} --help)", words.front(),
                    joins ? "either a program or running processes" : "which program, or which process?"));
  }
  const auto host = host_of(request.processes);
  if (!host) return complain(host.error().text);
  return *host ? run_there(**host, request, *output) : run_here(line, std::move(request), *output);
}

}  // namespace cotrace::cli
