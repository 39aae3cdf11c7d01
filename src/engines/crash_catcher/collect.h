// Finding out about a crash, from /proc and from threads that stand.
#pragma once

#include <string>
#include <vector>

#include <cotrace/tracer.h>

#include "engines/crash_catcher/crash.h"

namespace cotrace::engines {

CrashProgram program_now(Tid task);

// The thread stands: its registers, the code at its pc, and what these let one guess.
void collect_first(Tracer& tracer, Crash& crash);
// Stack and registers of a thread; its error if it does not stand.
void collect_thread(Tracer& tracer, StackTracer& stacks, CrashThread& thread, std::size_t most_frames);

// Lines of /proc/TID/maps and limits; none if it is gone.
std::vector<std::string> lines_of(Tid task, std::string_view file);
// What its descriptors are open on.
std::vector<std::string> open_files_of(Tid task);

}  // namespace cotrace::engines
