// `cotrace gdbserver ...`, and this program under the name gdbserver.
#pragma once

#include <string>
#include <vector>

namespace cotrace::cli {

// `arguments` without the program's name. Returns the exit code.
int gdbserver_command(const std::vector<std::string>& arguments);

}  // namespace cotrace::cli
