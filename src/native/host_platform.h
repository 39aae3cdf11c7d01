// The machine's processes, users and files for lldb's platform packets. Nothing here traces anybody.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native/client.h"
#include "native/shell_command.h"
#include "session/target.h"

namespace cotrace::native {

class NativeHostPlatform final : public session::HostPlatform {
 public:
  explicit NativeHostPlatform(Client& client) : client_(client) {}

  std::vector<Pid> processes() override;
  Result<ProcessFacts> facts(Pid pid) override;
  std::optional<std::string> user_name(std::uint32_t uid) override;
  std::optional<std::string> group_name(std::uint32_t gid) override;
  void shell(const ShellRequest& request, ShellDone done) override;
  Result<> make_directory(const std::string& path, std::uint32_t mode) override;
  Result<> change_mode(const std::string& path, std::uint32_t mode) override;
  Result<> symlink(const std::string& target, const std::string& link) override;
  std::vector<std::string> complete(const std::string& path, bool only_directories) override;

 private:
  Client& client_;
  std::vector<std::unique_ptr<ShellCommand>> commands_;
};

}  // namespace cotrace::native
