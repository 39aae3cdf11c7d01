// Text as JSON wants it.
#pragma once

#include <string>
#include <string_view>

namespace cotrace::base {

// In quotes, with what JSON reserves escaped. Bytes that are no ASCII stay as they are.
std::string json_string(std::string_view text);

}  // namespace cotrace::base
