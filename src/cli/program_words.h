// Where the options of a command end and the program that it is to start begins.
#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace cotrace::cli {

// Takes the program's words out of `words` (whose first is the command's own name) and returns them. Options
// end at the program: what follows it is its own. CLI11 2.1 would go on looking for options among the
// program's, so it gets to see none of them. The program begins after `--`, or (`bare`) at the first word
// that is neither an option nor an option's value.
std::vector<std::string> cut_program(std::vector<std::string>& words, const CLI::App& command, bool bare);

}  // namespace cotrace::cli
