// Writes down how processes die: when a signal is about to end one, all its threads are stopped for a moment,
// and what can be told of them is written, with a core file if one is wanted.
//
// What is told as JSON is one object a line. Members that are not known are left out. "event" is one of
//   crash    "number" (of the report, from 1 on), "date" (ISO 8601, UTC), "pid", "executable", "arguments",
//   "user" (uid),
//            "signal": {"number", "name", "code", "code_name", "address" (0x...), "sender_pid",
//            "sender_uid"}, "thread" (the tid that got it), "before" (as "signal": an earlier one, for which
//            the program has a handler), "threads": [{"tid", "name", "signal" (of those that crash),
//            "registers": {name: 0x...}, "error", "frames": [{"pc", "module", "symbol", "offset", "file",
//            "line", "signal_frame", "inlined"}]}], "code": {"address", "bytes" (hex)}, "hint", "maps" (lines
//            of /proc/PID/maps), "limits" (lines), "files" (what descriptors are open on, by number),
//            "incomplete" (why)
//   death    of a process that died of a signal that nobody could see before: "number", "date", "pid",
//   "executable",
//            "arguments", "signal" (name)
//   core     "number", "pid", "path" and "bytes" (the file's length), or "error"
//   outcome  "number", "pid", "died" (of this signal), "text"
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <cotrace/ids.h>

#include "engines/job.h"

namespace cotrace::engines {

struct CrashCatcherOptions {
  enum class Format : std::uint8_t { text, json } format{Format::text};
  // Which signals: those whose default is to dump core, or all that end a process. What the program handles
  // or ignores ends nobody.
  enum class Deadly : std::uint8_t { core, all } deadly{Deadly::core};
  // A few words about those that die of SIGKILL, which nobody can see before.
  bool killed{false};
  std::size_t most_frames{64};  // of each thread
  bool maps{true};
  bool limits{false};
  bool open_files{false};
  // A file core.NAME.PID for each crash, readable for its owner alone; empty: none. What goes into it is up
  // to /proc/PID/coredump_filter (core(5)); the limit RLIMIT_CORE is not looked at.
  std::string core_directory;
  // After the report the process is kept until a debugger holds one of its threads, or until so much time has
  // passed (0: for ever).
  bool hold{false};
  std::chrono::milliseconds hold_timeout{0};
  std::function<std::string(Pid)> how_to_connect;  // for the note that says so
  // More may be attached when all have ended: only Job::finish() is the end, and JobContext::ended is not
  // called.
  bool until_finished{false};
};

std::unique_ptr<Job> make_crash_catcher(const JobContext& context, const CrashCatcherOptions& options);

}  // namespace cotrace::engines
