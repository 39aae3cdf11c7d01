// Subject: a register that lives across vfork.
//
// vfork_register: r12 holds 1 when vfork is called and is looked at when vfork has come back; the child ends
// at once with 7. Prints "vfork_register kept=V".

#include <sys/wait.h>

#include "support.h"

// All in one piece: the child must not touch the stack that it shares with its parent.
static long vfork_keeping(long* value) {
  register long kept __asm__("r12") = *value;
  long child;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "mov $60, %%eax\n\t"
      "mov $7, %%edi\n\t"
      "syscall\n"
      "1:"
      : "=a"(child), "+r"(kept)
      : "0"(SYS_vfork)
      : "rcx", "r11", "rdi", "memory");
  *value = kept;
  return child;
}

int main(void) {
  long value = 1;
  int status;
  pid_t child = (pid_t)vfork_keeping(&value);
  REQUIRE(child > 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  printf("vfork_register kept=%ld\n", value);
  return 0;
}
