// Lambdas as one visitor, for std::visit over closed variants: an alternative without its lambda does not
// compile.
#pragma once

namespace cotrace::base {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace cotrace::base
