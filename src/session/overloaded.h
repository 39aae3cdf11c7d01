// Lambdas as one visitor, for std::visit over closed variants.
#pragma once

namespace cotrace::session {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace cotrace::session
