// Which files libdw is given for what is mapped into a process: those of this machine, and nothing that would
// have to be fetched.
#pragma once

#include <elfutils/libdwfl.h>
#include <string>
#include <vector>

#include <cotrace/ids.h>

#include "linux/proc.h"

namespace cotrace::engines {

// What the callbacks must know of the process; every module's user data points to one.
struct MappedFiles {
  Tid task;
  std::vector<sys::Mapping> maps;
};

// For dwfl_begin(); good for ever.
const Dwfl_Callbacks& local_files_only();

}  // namespace cotrace::engines
