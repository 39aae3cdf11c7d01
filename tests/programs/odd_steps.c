// Subject: instructions that a single step gets wrong: pushf (the trap flag must not be seen), popf (nor
// lost), a system call, a signal handler and its sigreturn, a trap flag of the program's own, an int3 of the
// program's own, a repeated string instruction.
//
// odd_steps [ROUNDS=3] [no_traps]: with "no_traps" it leaves out its own int3 and its own steps. Prints
// "odd_steps traps=T steps=S handled=H flags=F": its own int3 and int $3 seen as SIGTRAP (two a round), its
// own single steps (one a round), SIGUSR1 handlers, and how often the trap flag was seen in a pushed word
// where the program had not set it (0).

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>

#include "support.h"

#if defined(__x86_64__)
#define PUSH_FLAGS_TO(out) __asm__ volatile("pushfq\n\tpop %0" : "=r"(out) : : "memory")
#define POP_FLAGS_FROM(in) __asm__ volatile("push %0\n\tpopfq" : : "r"(in) : "memory", "cc")
#define OWN_STEP __asm__ volatile("pushfq\n\torq $0x100,(%%rsp)\n\tpopfq\n\tnop" : : : "memory", "cc")
#else
#define PUSH_FLAGS_TO(out) __asm__ volatile("pushfl\n\tpop %0" : "=r"(out) : : "memory")
#define POP_FLAGS_FROM(in) __asm__ volatile("push %0\n\tpopfl" : : "r"(in) : "memory", "cc")
#define OWN_STEP __asm__ volatile("pushfl\n\torl $0x100,(%%esp)\n\tpopfl\n\tnop" : : : "memory", "cc")
#endif

enum { kTrapFlag = 0x100 };

static volatile long own_traps;
static volatile long own_steps;
static volatile long handled;
static long trap_flag_seen;
static int with_traps = 1;

// A step that the program made itself says TRAP_TRACE; an int3 says SI_KERNEL. The flag is pushed with the
// frame: take it out, or each instruction after sigreturn traps.
void on_trap(int number, siginfo_t* info, void* context) {
  (void)number;
  ucontext_t* frame = context;
#if defined(__x86_64__)
  frame->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)kTrapFlag;
#else
  frame->uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
#endif
  if (info->si_code == TRAP_TRACE) {
    ++own_steps;
  } else {
    ++own_traps;
  }
}

void on_usr1(int number) {
  (void)number;
  ++handled;
}

void push_flags(void) {
  uintptr_t flags;
  PUSH_FLAGS_TO(flags);  // mark: pushf
  if (flags & kTrapFlag) ++trap_flag_seen;
}

void pop_flags(void) {
  uintptr_t flags;
  PUSH_FLAGS_TO(flags);
  POP_FLAGS_FROM(flags & ~(uintptr_t)kTrapFlag);  // mark: popf
  PUSH_FLAGS_TO(flags);
  if (flags & kTrapFlag) ++trap_flag_seen;
}

void own_int3(void) {
  __asm__ volatile("int3");              // mark: int3
  __asm__ volatile(".byte 0xcd, 0x03");  // mark: int-3
}

void own_step(void) {
  OWN_STEP;  // mark: own-step
}

void handler_and_sigreturn(void) {
  raise(SIGUSR1);  // mark: raise
}

void system_call(void) {
  REQUIRE(syscall(SYS_getpid) == getpid());  // mark: system-call
}

void string_copy(void) {
  char from[64];
  char to[64];
  char* source = from;
  char* destination = to;
  size_t count = sizeof from;
  memset(from, 7, sizeof from);
  __asm__ volatile("rep movsb" : "+S"(source), "+D"(destination), "+c"(count) : : "memory");  // mark: rep
  REQUIRE(memcmp(from, to, sizeof from) == 0);
}

void one_round(void) {
  push_flags();
  pop_flags();
  if (with_traps) {
    own_int3();
    own_step();
  }
  handler_and_sigreturn();
  system_call();
  string_copy();
}

int main(int argc, char** argv) {
  long rounds = argument(argc, argv, 1, 3);
  with_traps = !has_word(argc, argv, "no_traps");
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  REQUIRE(sigaction(SIGTRAP, &action, NULL) == 0);
  REQUIRE(signal(SIGUSR1, on_usr1) != SIG_ERR);
  for (long i = 0; i < rounds; ++i) one_round();  // mark: round
  printf("odd_steps traps=%ld steps=%ld handled=%ld flags=%ld\n", own_traps, own_steps, handled,
         trap_flag_seen);
  long traps = with_traps ? rounds : 0;
  return own_traps == 2 * traps && own_steps == traps && handled == rounds && trap_flag_seen == 0 ? 0 : 1;
}
