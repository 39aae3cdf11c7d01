// std::visit with one lambda an alternative.
#pragma once

namespace cotrace::native {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace cotrace::native
