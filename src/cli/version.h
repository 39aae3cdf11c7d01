#pragma once

namespace cotrace::cli {

// The same as in CMakeLists.txt; a test of the command line compares them.
inline constexpr const char* program_version = "0.1.0";

}  // namespace cotrace::cli
