#include "native/thread_facts.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.h"
#include "linux/proc.h"

namespace cotrace::native {

std::string NativeThreadFacts::name(session::ThreadRef thread) {
  if (client_.view.thread(thread) == nullptr) return {};
  const auto path = fmt::format("/proc/{}/task/{}/comm", thread.pid.value, thread.tid.value);
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  std::array<char, 64> buffer{};
  const auto got = ::read(file.get(), buffer.data(), buffer.size());
  if (got <= 0) return {};
  std::string out(buffer.data(), static_cast<std::size_t>(got));
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

std::optional<int> NativeThreadFacts::core(session::ThreadRef thread) {
  const auto core = sys::processor_of(thread.tid);
  return core ? std::optional(*core) : std::nullopt;
}

std::string NativeThreadFacts::extra_info(session::ThreadRef thread) {
  return name(thread);
}

std::vector<std::byte> NativeThreadFacts::handle(session::ThreadRef ref) {
  Thread* thread = client_.view.thread(ref);
  if (thread == nullptr) return {};
  if (!thread->handle.empty()) return thread->handle;
  const auto regs = client_.core.general_regs(thread->task);
  // Early in a thread's or program's life the thread pointer is not set yet.
  if (!regs || arch::native::mode_of(*regs) != arch::native::Mode::bits64 || regs->fs_base == 0) return {};
  std::uint64_t self = 0;
  const Addr at{regs->fs_base + 16};  // tcbhead_t::self (glibc, sysdeps/x86_64/nptl/tls.h), part of the ABI
  const auto got = client_.core.read_memory(thread->task, at, std::as_writable_bytes(std::span(&self, 1)));
  if (!got || *got != sizeof self || self != regs->fs_base) return {};
  const auto bytes = std::as_bytes(std::span(&self, 1));
  thread->handle.assign(bytes.begin(), bytes.end());
  return thread->handle;
}

}  // namespace cotrace::native
