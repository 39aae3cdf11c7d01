// Crashes in an inlined member function, called from one that is not.
#include <cstdlib>

namespace shop {

volatile int closed = 0;

struct Till {
  __attribute__((always_inline)) inline void open(int how) {
    if (how > 0) *reinterpret_cast<volatile int*>(static_cast<long>(closed)) = how;
  }
};

__attribute__((noinline)) void serve(int how) {
  Till till;
  till.open(how);
}

}  // namespace shop

int main(int argc, char** argv) {
  shop::serve(argc + static_cast<int>(argv == nullptr));
}
