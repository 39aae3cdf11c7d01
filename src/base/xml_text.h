// Text as XML wants it.
#pragma once

#include <string>
#include <string_view>

namespace cotrace::base {

// With & < > " ' escaped. Control characters, which XML 1.0 has no way to write, become '?'.
std::string xml_escaped(std::string_view text);
// The same in one line: tabs and newlines become '?', too. A parser would make spaces of them in an
// attribute.
std::string xml_line(std::string_view text);

}  // namespace cotrace::base
