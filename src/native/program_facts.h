// What the client asks of a whole process: auxv, executable, libraries; and of the system.
#pragma once

#include "native/client.h"

namespace cotrace::native {

class NativeProgramFacts final : public session::ProgramFacts {
 public:
  explicit NativeProgramFacts(Client& client) : client_(client) {}

  Result<std::vector<std::byte>> auxv(Pid pid) override;
  Result<std::string> exec_file(Pid pid) override;
  Result<std::string> libraries_svr4(Pid pid, std::string_view annex) override;
  Result<std::string> osdata(std::string_view type) override;
  // Linux programs are described by auxv and the link map.
  Result<Offsets> offsets(Pid pid) override;

 private:
  // A living thread's id, by which /proc tells of the process: the leader may have exited.
  Result<TaskId> some_task(Pid pid) const;

  Client& client_;
};

}  // namespace cotrace::native
