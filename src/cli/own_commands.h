// cotrace's own commands: serve, run, attach, gdb.
#pragma once

#include <string>
#include <vector>

namespace cotrace::cli {

// `arguments` without the program's name. Returns the exit code.
int own_commands(const std::vector<std::string>& arguments);

}  // namespace cotrace::cli
