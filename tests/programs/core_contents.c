// Dies of SIGABRT with memory of every kind that a core file may or may not have, and a thread that waits in
// a known place.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "support.h"

struct point {
  int x, y;
};
struct point known = {4711, 815};
char* left_out;
char* closed;
char* sparse;
double half = 0.5;

static pthread_barrier_t there;

static void __attribute__((noinline)) wait_here(int answer) {
  pthread_barrier_wait(&there);
  while (answer == 42) pause();
}

static void* thread(void* unused) {
  wait_here(42);
  return unused;
}

static void __attribute__((noinline)) give_up(int reason) {
  struct point local = {reason, reason + 1};
  __asm__ volatile("movsd %0, %%xmm7" : : "m"(half) : "xmm7");
  if (local.x) abort();
}

int main(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  left_out = mmap(NULL, 65536, PROT_READ | PROT_WRITE, flags, -1, 0);
  closed = mmap(NULL, 65536, PROT_NONE, flags, -1, 0);
  // A gigabyte of which one page is there.
  sparse = mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, flags, -1, 0);
  REQUIRE(left_out != MAP_FAILED && closed != MAP_FAILED && sparse != MAP_FAILED);
  memset(left_out, 0x5a, 65536);
  REQUIRE(madvise(left_out, 65536, MADV_DONTDUMP) == 0);
  strcpy(sparse + ((size_t)512 << 20), "in the middle");
  pthread_t other;
  REQUIRE(pthread_barrier_init(&there, NULL, 2) == 0);
  REQUIRE(pthread_create(&other, NULL, thread, NULL) == 0);
  pthread_barrier_wait(&there);
  give_up(99);
}
