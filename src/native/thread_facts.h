// Small facts about threads: name, processor, handle. None of them stops anybody.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "native/client.h"

namespace cotrace::native {

class NativeThreadFacts final : public session::ThreadFacts {
 public:
  explicit NativeThreadFacts(Client& client) : client_(client) {}

  std::string name(session::ThreadRef thread) override;
  std::optional<int> core(session::ThreadRef thread) override;
  std::string extra_info(session::ThreadRef thread) override;
  // pthread_t. On x86-64 with glibc it is the thread pointer, which is checked (tcbhead_t says so itself);
  // asking libthread_db would be a walk through the program's thread list for each of perhaps thousands of
  // threads. Kept once known, so that it is there too while the thread runs.
  std::vector<std::byte> handle(session::ThreadRef thread) override;

 private:
  Client& client_;
};

}  // namespace cotrace::native
