#include "server/log.h"

#include <fcntl.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>

namespace cotrace::server {
namespace {

constexpr const char* plain_pattern = "cotrace: %v";
constexpr const char* timed_pattern = "%H:%M:%S.%f cotrace: %v";

// spdlog's own stderr sink would block on a full terminal.
class NoticesSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit NoticesSink(Notices& notices) : notices_(notices) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string_view line(text.data(), text.size());
    if (line.ends_with('\n')) line.remove_suffix(1);
    notices_.line(line);
  }
  void flush_() override {}

 private:
  Notices& notices_;
};

}  // namespace

struct Log::Sink {
  explicit Sink(spdlog::sink_ptr sink) : logger("cotrace", std::move(sink)) {
    logger.set_pattern(timed_pattern);
    logger.flush_on(spdlog::level::info);
  }
  spdlog::logger logger;
};

Log::Log(Notices& notices) : sink_(std::make_unique<Sink>(std::make_shared<NoticesSink>(notices))) {}

Log::~Log() = default;

bool Log::to_file(const std::string& path) {
  // spdlog makes missing directories; a mistyped name should be told instead.
  if (!base::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)).valid()) return false;
  try {
    sink_ = std::make_unique<Sink>(std::make_shared<spdlog::sinks::basic_file_sink_st>(path));
    return true;
  } catch (const spdlog::spdlog_ex&) {
    return false;
  }
}

void Log::set_timestamps(bool on) {
  sink_->logger.set_pattern(on ? timed_pattern : plain_pattern);
}

void Log::write(std::string_view text) {
  sink_->logger.log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace cotrace::server
