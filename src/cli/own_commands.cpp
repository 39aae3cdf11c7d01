#include "cli/own_commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/gdb_command.h"
#include "cli/gdbserver_arguments.h"
#include "cli/job_commands.h"
#include "cli/program_words.h"
#include "cli/run_server.h"
#include "cli/who_command.h"
#include "server/runtime_directory.h"

namespace cotrace::cli {
namespace {

// What all four commands understand.
struct Common {
  bool verbose{false};
  std::string log_packets;
  bool once{false};
  bool kill_on_disconnect{false};
  bool shell{false};
  bool randomize{false};
  std::string tty;
  std::vector<std::string> wrapper;
  bool follow{false};
  std::vector<std::string> hold, ignore;
  unsigned hold_timeout{0};
};

void add_reporting(CLI::App& command, Common& common) {
  command.add_flag("-v,--verbose", common.verbose, "Tell on standard error what happens");
  command.add_option("--log-packets", common.log_packets, "Write every packet to FILE, with the time")
      ->type_name("FILE");
}

void add_life(CLI::App& command, Common& common) {
  command.add_flag("--once", common.once, "End with the first connection");
  command.add_flag("--kill-on-disconnect", common.kill_on_disconnect,
                   "A program that a client started dies with that client's connection (else it runs on)");
}

void add_launching(CLI::App& command, Common& common) {
  command.add_flag("--shell", common.shell, "Start programs through $SHELL");
  command.add_flag("--randomize", common.randomize, "Leave address space randomization on");
  command.add_option("--tty", common.tty, "The program's standard input and outputs are DEVICE")
      ->type_name("DEVICE");
}

void add_following(CLI::App& command, Common& common) {
  command.add_flag(
      "--follow", common.follow,
      "Follow every process that is made, and whatever it becomes by exec; nothing stops for that");
  const auto add_patterns = [&command](const char* name, std::vector<std::string>& patterns,
                                       const char* what) {
    command.add_option(name, patterns, what)
        ->type_name("PATTERN")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
  };
  add_patterns(
      "--hold", common.hold,
      "Hold each process that runs exec=GLOB, name=GLOB or cmdline=GLOB at its first instruction until "
      "somebody attaches to it; crash: before it dies. Implies --follow, and the program runs at once");
  add_patterns(
      "--ignore", common.ignore,
      "Let a process that runs such a thing go on untraced, with all that it makes. Implies --follow");
  command.add_option("--hold-timeout", common.hold_timeout, "How long a process is held; else without end")
      ->type_name("SECONDS");
}

Reporting reporting_of(const Common& common) {
  Reporting reporting;
  if (common.verbose) reporting.level = server::LogLevel::debug;
  reporting.packet_file = common.log_packets;
  return reporting;
}

Result<server::Address> address_or_default(const std::string& text) {
  if (!text.empty()) return server::parse_address(text);
  auto path = server::default_socket_path();
  if (!path) return std::unexpected(path.error());
  return server::UnixAddress{*path};
}

Result<> add_patterns(const std::vector<std::string>& texts, std::vector<engines::ProcessPattern>& patterns) {
  for (const auto& text : texts) {
    auto pattern = engines::ProcessPattern::parse(text);
    if (!pattern) return std::unexpected(pattern.error());
    patterns.push_back(std::move(*pattern));
  }
  return {};
}

Result<server::FollowRules> following_of(const Common& common) {
  server::FollowRules rules;
  auto hold = common.hold;
  rules.gates.crash = std::erase(hold, "crash") != 0;
  if (auto added = add_patterns(hold, rules.gates.hold); !added) return std::unexpected(added.error());
  if (auto added = add_patterns(common.ignore, rules.gates.ignore); !added)
    return std::unexpected(added.error());
  rules.gates.patience = std::chrono::seconds(common.hold_timeout);
  rules.follow = common.follow || rules.gates.holds_any() || !rules.gates.ignore.empty();
  return rules;
}

// The options of the server, but for what it starts with. `tty` keeps the device open as long as the server
// lives.
Result<server::ServerOptions> options_of(const Common& common, base::Fd& tty) {
  server::ServerOptions options;
  options.jobs = make_job;
  options.life = {.once = common.once, .kill_when_lost = common.kill_on_disconnect};
  options.target.startup_with_shell = common.shell;
  options.target.disable_randomization = !common.randomize;
  auto following = following_of(common);
  if (!following) return std::unexpected(following.error());
  options.follow = std::move(*following);
  if (common.tty.empty()) return options;
  tty = base::Fd(::open(common.tty.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!tty.valid())
    return fail(Errc::not_found, fmt::format("cannot open {}: {}", common.tty, std::strerror(errno)));
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    options.target.descriptors.emplace_back(standard, tty.get());
  }
  options.terminal = false;
  return options;
}

// serve, run and attach differ in little.
int serve(const Common& common, const std::string& address, server::Start start, server::Announce announce,
          bool multi) {
  auto parsed = address_or_default(address);
  if (!parsed) return complain(parsed.error().text);
  base::Fd tty;
  auto options = options_of(common, tty);
  if (!options) return complain(options.error().text);
  options->address = std::move(*parsed);
  options->start = std::move(start);
  options->announce = announce;
  options->life.multi = multi;
  return run_server(std::move(*options), server::Manner::own, reporting_of(common));
}

class Commands {
 public:
  Commands() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", version_text());
    app_.footer(
        job_commands_help() +
        "\ncotrace gdbserver ...: as gdbserver, with gdbserver's options (cotrace gdbserver --help).");
    add_serve();
    add_run();
    add_attach();
    add_gdb();
    add_who();
  }

  int run(std::vector<std::string> arguments) {
    if (arguments.empty())
      return complain(
          "which command? serve, run, attach, gdb, trace, tree, catch, who or gdbserver (see cotrace "
          "--help)");
    const auto& name = arguments.front();
    if (is_job_command(name)) return run_job_command(arguments);
    const auto commands = app_.get_subcommands([](CLI::App*) { return true; });
    const auto command = std::ranges::find(commands, name, &CLI::App::get_name);
    if (command == commands.end() && !name.starts_with('-')) {
      return complain(fmt::format("{}: no such command (see cotrace --help)", name));
    }
    if (name == "serve" || name == "run" || name == "gdb") {
      program_ = cut_program(arguments, **command, name != "serve");
    }
    // CLI11 takes them in reverse.
    std::ranges::reverse(arguments);
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);  // --help, --version
      return complain(fmt::format("{} (see cotrace --help)", error.what()));
    }
    return code_;
  }

 private:
  void add_serve() {
    auto* command = app_.add_subcommand("serve", "Serve any number of debuggers, until ended");
    command->footer("Form: cotrace serve [OPTIONS] [ADDRESS] [-- PROGRAM [ARGS...]]");
    command->add_option(
        "ADDRESS", address_,
        "HOST:PORT, :PORT (this machine only), *:PORT, unix:PATH, stdio; else a Unix socket of its own");
    add_reporting(*command, common_);
    add_life(*command, common_);
    add_launching(*command, common_);
    add_following(*command, common_);
    command->callback([this] {
      server::Start start;
      if (!program_.empty()) start = server::StartProgram{program_};
      code_ = serve(common_, address_, std::move(start), server::Announce::address, true);
    });
  }

  void add_run() {
    auto* command =
        app_.add_subcommand("run", "Start a program, stopped, and print the line that connects gdb to it");
    command->footer("Form: cotrace run [OPTIONS] [--] PROGRAM [ARGS...]");
    command->add_option("--listen", address_, "Where to listen")->type_name("ADDRESS");
    add_reporting(*command, common_);
    add_life(*command, common_);
    add_launching(*command, common_);
    add_following(*command, common_);
    command->callback([this] {
      code_ = program_.empty() ? complain("run: which program? Write cotrace run -- PROGRAM ARGS")
                               : serve(common_, address_, server::StartProgram{program_},
                                       server::Announce::gdb_command, false);
    });
  }

  void add_attach() {
    auto* command =
        app_.add_subcommand("attach", "Attach to a process, and print the line that connects gdb to it");
    command->footer("Form: cotrace attach [OPTIONS] PID");
    command->add_option("PID", pid_, "The process")->required()->check(CLI::PositiveNumber);
    command->add_option("--listen", address_, "Where to listen")->type_name("ADDRESS");
    add_reporting(*command, common_);
    add_life(*command, common_);
    add_following(*command, common_);
    command->callback([this] {
      code_ =
          serve(common_, address_, server::StartAttached{Pid{pid_}}, server::Announce::gdb_command, false);
    });
  }

  void add_gdb() {
    auto* command = app_.add_subcommand("gdb", "Start gdb, already connected to a program under cotrace");
    command->footer("Form: cotrace gdb [OPTIONS] [--] PROGRAM [ARGS...]");
    command->add_option("--gdb", gdb_.gdb, "Which gdb")->type_name("FILE");
    command
        ->add_option("--gdb-arg", gdb_.gdb_arguments, "A word for gdb's own command line; may be given often")
        ->type_name("WORD")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    add_reporting(*command, common_);
    add_launching(*command, common_);
    add_following(*command, common_);
    command->callback([this] { code_ = start_gdb(); });
  }

  void add_who() {
    auto* command = app_.add_subcommand("who", "What is traced, and by whom; or why a process may not be");
    command->add_option("PID", pid_, "The process; else all that are traced")->check(CLI::PositiveNumber);
    command->callback([this] { code_ = who_command(pid_ == 0 ? std::nullopt : std::optional(Pid{pid_})); });
  }

  int start_gdb() {
    if (program_.empty()) return complain("gdb: which program? Write cotrace gdb PROGRAM ARGS");
    base::Fd tty;
    auto options = options_of(common_, tty);
    if (!options) return complain(options.error().text);
    options->start = server::StartProgram{program_};
    gdb_.server = std::move(*options);
    gdb_.reporting = reporting_of(common_);
    return gdb_command(std::move(gdb_));
  }

  CLI::App app_{"Many debuggers on one process: a debug server for gdb's remote protocol", "cotrace"};
  Common common_;
  std::string address_;
  std::int32_t pid_{0};
  std::vector<std::string> program_;
  GdbCommand gdb_;
  int code_{0};
};

}  // namespace

int own_commands(const std::vector<std::string>& arguments) {
  return Commands().run(arguments);
}

}  // namespace cotrace::cli
