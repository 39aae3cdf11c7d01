// The tree of processes as it grows: who makes whom, what they run, how they end, and what it took.
//
// Formats:
//
// text         One line an event, "TIME PID what", and at the end the whole tree.
// live         The tree of the moment, drawn again and again on a terminal, at most ten times a second; at
// the
//              end the whole tree.
// json         One object a line. Members that are not known are left out. Times are in seconds since the job
//              began, memory is in bytes. "event" is one of
//                begin       "version" 1, "date": when the job began (ISO 8601, UTC)
//                process     "time", "pid", "origin" (launched, attached, fork, vfork or shared_memory),
//                "creator"
//                            (the pid of who made it), "executable", "arguments" (array)
//                exec        "time", "pid", "executable", "arguments"
//                thread      "time", "pid", "tid"
//                thread_end  "time", "pid", "tid"
//                exit        "time", "pid", "code" or "signal" (name) and "core_dumped"; "wall", "user",
//                            "system" (seconds), "peak_memory"
//                end         "time", "processes": how many there were, "living"
// trace-event  A file for Perfetto and chrome://tracing ("Trace Event Format", the JSON array format): a
// track for
//              each process and thread, a slice for each program from exec to exec, arrows from who forks to
//              what it makes, marks at execs and at signals that kill, and slices "held by NAME".
#pragma once

#include <cstdint>
#include <memory>

#include "engines/job.h"

namespace cotrace::engines {

struct ProcessTreeOptions {
  enum class Format : std::uint8_t { text, live, json, trace_event } format{Format::text};
  bool threads{true};  // tell of threads; of no importance to `live`
  // More may be attached when all have ended: only Job::finish() is the end, and JobContext::ended is not
  // called.
  bool until_finished{false};
  bool unicode{true};  // lines of trees are drawn with box characters, else with ASCII
  // Of the terminal, for `live`. A narrower one would break lines, and lose count of them.
  unsigned width{80}, height{24};
};

std::unique_ptr<Job> make_process_tree(const JobContext& context, const ProcessTreeOptions& options);

}  // namespace cotrace::engines
