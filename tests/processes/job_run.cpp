#include "processes/job_run.h"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cotrace::test {

namespace {

constexpr auto patience = std::chrono::seconds(60);

}  // namespace

void KeptOutput::write(std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  text_ += bytes;
  changed_.notify_all();
}

void KeptOutput::note(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  notes_ += line;
  notes_ += '\n';
  changed_.notify_all();
}

std::string KeptOutput::text() const {
  const std::scoped_lock lock(mutex_);
  return text_;
}

std::string KeptOutput::notes() const {
  const std::scoped_lock lock(mutex_);
  return notes_;
}

bool KeptOutput::until(const std::function<bool(const std::string&, const std::string&)>& so) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return so(text_, notes_); });
}

std::string program_path(const std::string& name) {
  return name.starts_with('/') ? name : std::string(COTRACE_PROGRAMS) + "/" + name;
}

std::unique_ptr<Tracer> new_tracer() {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &child, nullptr);
  auto made = Tracer::create();
  EXPECT_TRUE(made) << made.error().text;
  return made ? std::move(*made) : nullptr;
}

JobRun::JobRun(const Make& make) : tracer(new_tracer()) {
  const engines::JobContext context{*tracer, output,
                                    [this](std::optional<ExitStatus> program) { ended_.set_value(program); }};
  job_ = on_tracer(*tracer, [&] { return make(context); });
}

JobRun::~JobRun() {
  on_tracer(*tracer, [this] {
    job_.reset();
    return 0;
  });
}

Result<Pid> JobRun::launch(std::vector<std::string> arguments) {
  arguments[0] = program_path(arguments[0]);
  LaunchOptions program;
  program.arguments = std::move(arguments);
  return on_tracer(*tracer, [&] { return job_->launch(program); });
}

Result<> JobRun::attach(Pid process) {
  return on_tracer(*tracer, [&] { return job_->attach(process); });
}

void JobRun::finish() {
  on_tracer(*tracer, [this] {
    job_->finish();
    return 0;
  });
}

std::optional<ExitStatus> JobRun::end() {
  auto end = ended_.get_future();
  if (end.wait_for(patience) == std::future_status::ready) return end.get();
  ADD_FAILURE() << "the job has not ended; so far it has said:\n" << output.text() << output.notes();
  return std::nullopt;
}

std::vector<nlohmann::json> JobRun::objects() const {
  std::vector<nlohmann::json> out;
  const std::string text = output.text();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(nlohmann::json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

Untraced::Untraced(std::vector<std::string> arguments) {
  int in[2], out[2];
  EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
  arguments[0] = program_path(arguments[0]);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  pid_ = Pid{pid};
  input_ = base::Fd(in[1]);
  output_ = base::Fd(out[0]);
}

Untraced::~Untraced() {
  // Where this process traced it to its end, the tracer has reaped it, and the id may be somebody else's.
  if (reaped_ || ::waitpid(pid_.value, nullptr, WNOHANG) != 0) return;
  ::kill(pid_.value, SIGKILL);
  ::waitpid(pid_.value, nullptr, 0);
}

int Untraced::wait() {
  int status = 0;
  EXPECT_EQ(::waitpid(pid_.value, &status, 0), pid_.value);
  reaped_ = true;
  return status;
}

std::string Untraced::line() {
  std::string out;
  for (char c = 0; ::read(output_.get(), &c, 1) == 1;) {
    out += c;
    if (c == '\n') break;
  }
  return out;
}

}  // namespace cotrace::test
