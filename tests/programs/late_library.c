// Subject: a library that is loaded while the program runs, twice.
//
// late_library PATH: opens the library, calls its late_function(), closes it, and does so again. Prints
// "late_library calls=2 sum=S".

#include <dlfcn.h>

#include "support.h"

int main(int argc, char** argv) {
  int sum = 0;
  REQUIRE(argc == 2);
  for (int i = 1; i <= 2; ++i) {
    void* library = dlopen(argv[1], RTLD_NOW);
    REQUIRE(library != NULL);
    int (*function)(int) = (int (*)(int))dlsym(library, "late_function");
    REQUIRE(function != NULL);
    sum += function(i);
    REQUIRE(dlclose(library) == 0);
  }
  printf("late_library calls=2 sum=%d\n", sum);
  return sum == 13 ? 0 : 1;
}
