// libthread_db: where a thread's thread-local variables are.
#pragma once

#include <memory>
#include <string>

#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "native/client.h"
#include "native/proc_service.h"

namespace cotrace::native {

// For one program of one process: made when first needed, to be dropped at its exec.
class ThreadDb {
 public:
  // `directories` is where libthread_db.so.1 is looked for, separated by ':' ("$sdir": where the dynamic
  // linker looks); empty: there. unsupported: no such library, or the program has no threads library that it
  // can serve (yet).
  static Result<std::shared_ptr<ThreadDb>> create(std::unique_ptr<InspectedProcess> process,
                                                  const std::string& directories);
  ~ThreadDb();
  ThreadDb(const ThreadDb&) = delete;
  ThreadDb& operator=(const ThreadDb&) = delete;

  // The variable at `offset` in the thread-local block of the object with this link map; of the program
  // itself where it is static and has no link maps (0). The thread must be stopped.
  Result<Addr> tls_address(Tid thread, Addr link_map, std::uint64_t offset);

 private:
  struct Library;
  explicit ThreadDb(std::unique_ptr<InspectedProcess> process);
  std::unique_ptr<InspectedProcess> process_;
  ps_prochandle handle_;
  std::unique_ptr<Library> library_;
};

class NativeThreadLocals final : public session::ThreadLocals {
 public:
  explicit NativeThreadLocals(Client& client) : client_(client) {}
  Result<Addr> tls_address(session::ThreadRef thread, std::uint64_t offset, Addr link_map) override;

 private:
  Client& client_;
};

}  // namespace cotrace::native
