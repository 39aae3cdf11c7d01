// syscall_log_driver OPTION... (-p PID | PROGRAM ARGUMENT...): runs the system-call log as `cotrace trace`
// does, for tests of it.
//
// Options as strace has them: -f -o FILE -e EXPR -s N -c -C -T -t -tt -ttt -r -y -yy -v -q -qq -k. Besides:
// --narrow, the reader of the log takes it in small bites, and tasks are held meanwhile.

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <future>
#include <pthread.h>
#include <sys/signalfd.h>
#include <thread>
#include <unistd.h>

#include <cotrace/tracer.h>

#include "engines/syscall_log/syscall_log.h"

namespace {

using namespace cotrace;           // NOLINT(google-build-using-namespace): a program of tests
using namespace cotrace::engines;  // NOLINT(google-build-using-namespace)

class FileOutput final : public Output {
 public:
  explicit FileOutput(std::FILE* file) : file_(file) {}
  void write(std::string_view bytes) override {
    std::fwrite(bytes.data(), 1, bytes.size(), file_);
    pending_ += bytes.size();
    if (narrow && pending_ > bite && !draining_) {
      draining_ = true;
      drain();
    }
  }
  void note(std::string_view line) override {
    std::fflush(file_);
    fmt::print(stderr, "driver: {}\n", line);
  }
  [[nodiscard]] bool full() const override { return draining_; }
  void taken() {
    pending_ = 0;
    draining_ = false;
  }
  bool narrow{false};
  std::function<void()> drain;  // to be called back with taken(), later

 private:
  static constexpr std::size_t bite = 200;
  std::FILE* file_;
  std::size_t pending_{0};
  bool draining_{false};
};

struct Arguments {
  SyscallLogOptions options;
  std::vector<std::string> expressions;
  std::FILE* file{stderr};
  bool narrow{false};
  Pid process{};
  std::vector<std::string> program;
};

[[noreturn]] void give_up(std::string_view why) {
  fmt::print(stderr, "driver: {}\n", why);
  std::exit(2);
}

bool take_flag(Arguments& to, std::string_view word) {
  using syscall_log::Style;
  using syscall_log::Timestamps;
  auto& options = to.options;
  if (word == "-f")
    options.follow = true;
  else if (word == "-c")
    options.counts = SyscallLogOptions::Counts::only;
  else if (word == "-C")
    options.counts = SyscallLogOptions::Counts::beside;
  else if (word == "-T")
    options.call_times = true;
  else if (word == "-t")
    options.timestamps = Timestamps::seconds;
  else if (word == "-tt")
    options.timestamps = Timestamps::microseconds;
  else if (word == "-ttt")
    options.timestamps = Timestamps::epoch;
  else if (word == "-r")
    options.timestamps = Timestamps::relative;
  else if (word == "-y")
    options.descriptors = Style::Descriptors::paths;
  else if (word == "-yy")
    options.descriptors = Style::Descriptors::details;
  else if (word == "-v")
    options.abbreviate = false;
  else if (word == "-q")
    options.quiet = true;
  else if (word == "-qq")
    options.quiet = options.quiet_exits = true;
  else if (word == "-k")
    options.stack = [](TaskId task, std::string& out) {
      out += fmt::format(" > stack of {}\n", task.tid.value);
    };
  else if (word == "--narrow")
    to.narrow = true;
  else
    return false;
  return true;
}

Arguments parse(int argc, char** argv) {
  Arguments out;
  int at = 1;
  const auto next = [&]() -> std::string {
    if (++at >= argc) give_up("an argument is missing");
    return argv[at];
  };
  std::optional<syscall_log::CallStatus> only;
  for (; at < argc && argv[at][0] == '-'; ++at) {
    const std::string word = argv[at];
    if (take_flag(out, word)) continue;
    if (word == "-o")
      out.file = std::fopen(next().c_str(), "we");
    else if (word == "-e")
      out.expressions.push_back(next());
    else if (word == "-z")
      only = syscall_log::CallStatus::successful;
    else if (word == "-Z")
      only = syscall_log::CallStatus::failed;
    else if (word == "-s")
      out.options.string_limit = std::strtoul(next().c_str(), nullptr, 10);
    else if (word == "-p")
      out.process = Pid{std::atoi(next().c_str())};
    else
      give_up("what is " + word);
  }
  out.program.assign(argv + at, argv + argc);
  if (out.file == nullptr) give_up("cannot write the log");
  if (out.file != stderr && out.options.follow) out.options.prefix = syscall_log::Lines::Prefix::always;
  auto filter = syscall_log::parse_filter(out.expressions);
  if (!filter) give_up(filter.error().text);
  out.options.filter = *filter;
  if (only) out.options.filter.show_only(*only);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&blocked, signal);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  Arguments arguments = parse(argc, argv);
  auto tracer = Tracer::create();
  if (!tracer) give_up(tracer.error().text);

  FileOutput output(arguments.file);
  std::promise<std::optional<ExitStatus>> ended;
  std::atomic<bool> over{false};
  const auto end_with = [&](std::optional<ExitStatus> status) {
    if (!over.exchange(true)) ended.set_value(status);
  };
  std::unique_ptr<Job> job;
  output.narrow = arguments.narrow;
  output.drain = [&] {
    (*tracer)->post([&] {
      output.taken();
      if (job) job->output_drained();
    });
  };
  (*tracer)->post([&] {
    job = make_syscall_log({**tracer, output, end_with}, std::move(arguments.options));
    Result<> begun;
    if (arguments.process != Pid{}) {
      begun = job->attach(arguments.process);
    } else if (auto launched = job->launch({.arguments = arguments.program, .own_process_group = false});
               !launched) {
      begun = std::unexpected(launched.error());
    }
    if (begun) return;
    output.note(begun.error().text);
    end_with(ExitStatus{.code = 1});
  });
  std::thread([&] {
    // SIGCHLD is the tracer's.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    int signal = 0;
    sigwait(&ends, &signal);
    (*tracer)->post([&] {
      job->finish();
      end_with(std::nullopt);
    });
  }).detach();
  const auto status = ended.get_future().get();
  std::promise<void> gone;
  (*tracer)->post([&] {
    job.reset();
    gone.set_value();
  });
  gone.get_future().wait();
  std::fflush(arguments.file);
  if (!status) return 0;
  return status->signalled ? 128 + status->code : status->code;
}
