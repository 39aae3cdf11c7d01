#include "linux/proc_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/errno_error.h"
#include "base/fd.h"

namespace cotrace::sys {

namespace {

constexpr std::string_view blanks = " \t\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::uint64_t number_of(std::string_view text, int base) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

std::string proc_path(Tid tid, std::string_view name) {
  return fmt::format("/proc/{}/{}", tid.value, name);
}

// A file that vanishes with its task is gone, whichever call notices it first.
Error task_error(Tid tid, std::string_view name, Error error) {
  if (error.sys_errno == ENOENT || error.sys_errno == ESRCH) {
    error.code = Errc::gone;
    error.text = fmt::format("there is no process or thread with id {}", tid.value);
  } else {
    error.text = fmt::format("{}: {}", proc_path(tid, name), error.text);
  }
  return error;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return base::fail_errno("cannot open");
  // Files of /proc have size 0; how long they are shows when they end. Most end within the first piece, and a
  // read that starts in the middle could see another state of the process than the one before.
  std::string text;
  std::size_t piece = 4096;
  while (true) {
    const std::size_t have = text.size();
    text.resize(have + piece);
    const ssize_t got = ::read(fd.get(), text.data() + have, piece);
    if (got < 0 && errno != EINTR) return base::fail_errno("cannot read");
    text.resize(have + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got == 0) return text;
    piece = 65536;
  }
}

Result<std::string> read_proc(Tid tid, std::string_view name) {
  auto text = read_file(proc_path(tid, name));
  if (!text) text = std::unexpected(task_error(tid, name, std::move(text).error()));
  return text;
}

Result<std::string> read_proc_link(Tid tid, std::string_view name) {
  std::array<char, 4097> target;
  const std::string path = proc_path(tid, name);
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length >= 0) return std::string(target.data(), static_cast<std::size_t>(length));
  Error error = base::errno_error(errno, "cannot read the link");
  const bool task_exists = ::access(proc_path(tid, "status").c_str(), F_OK) == 0;
  if (task_exists) {
    error.text = fmt::format("{}: {}", path, error.text);
    return std::unexpected(std::move(error));
  }
  return std::unexpected(task_error(tid, name, std::move(error)));
}

std::string_view status_value(std::string_view status, std::string_view key) {
  std::size_t start = 0;
  while (start < status.size()) {
    const std::size_t end = std::min(status.find('\n', start), status.size());
    const std::string_view line = status.substr(start, end - start);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ':')
      return trimmed(line.substr(key.size() + 1));
    start = end + 1;
  }
  return {};
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = line.find_first_not_of(blanks);
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const std::size_t length = std::min(line.find_first_of(blanks), line.size());
    words.push_back(line.substr(0, length));
    line.remove_prefix(length);
  }
}

std::optional<std::string_view> stat_field(std::string_view stat, std::size_t number) {
  // The name ends at the last parenthesis: no field behind it has one.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || number < 3) return std::nullopt;
  const auto fields = words_of(stat.substr(name_end + 1));
  if (number - 3 >= fields.size()) return std::nullopt;
  return fields[number - 3];
}

std::uint64_t decimal(std::string_view text) {
  return number_of(text, 10);
}
std::uint64_t hexadecimal(std::string_view text) {
  return number_of(text, 16);
}

}  // namespace cotrace::sys
