// What lldb asks of the machine, a process and its mappings. None of it stops anybody.
#pragma once

#include "native/client.h"

namespace cotrace::native {

// What a program is built for, by the size of its words.
session::SystemFacts::Machine machine_of_words(unsigned pointer_size);

class NativeSystemFacts final : public session::SystemFacts {
 public:
  explicit NativeSystemFacts(Client& client) : client_(client) {}

  Result<Machine> host() override;
  Result<Identity> process(Pid pid) override;
  Result<Region> region(Pid pid, Addr address) override;

 private:
  Client& client_;
};

}  // namespace cotrace::native
