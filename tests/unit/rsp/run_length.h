// What a client does with the run lengths of a reply.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cotrace::rsp::test {

// Escapes stay as they are.
inline std::string expand(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '}') {
      out += text.substr(i++, 2);
    } else if (text[i] == '*') {
      out.append(static_cast<std::size_t>(text[++i] - 29), out.back());
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace cotrace::rsp::test
