// Which signals, events and system calls the client wants to hear of.
#pragma once

#include "native/client.h"

namespace cotrace::native {

class NativeEventOptions final : public session::EventOptions, public session::SyscallCatching {
 public:
  explicit NativeEventOptions(Client& client) : client_(client) {}

  void want(const Events& events) override { client_.wants.events = events; }
  void pass_signals(std::vector<int> numbers) override;
  void program_signals(std::vector<int> numbers) override;
  void thread_events(bool on) override { client_.wants.thread_events = on; }
  // Of threads that are there now; a thread made later has its creator's.
  void thread_options(session::ThreadPattern who, unsigned options) override;

  Result<> catch_syscalls(Pid pid, std::optional<std::vector<std::uint64_t>> numbers) override;

 private:
  Client& client_;
};

}  // namespace cotrace::native
