#include "engines/syscall_log/task_access.h"

#include <arpa/inet.h>
#include <array>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/user.h>
#include <unistd.h>

#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

std::optional<std::string> link_target(const std::string& path) {
  std::array<char, PATH_MAX> buffer{};
  const auto length = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (length < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(length));
}

// "0100007F:0050" of /proc/net/tcp: the address in words of the machine's byte order.
std::string endpoint_text(const std::string& field) {
  const auto colon = field.find(':');
  if (colon == std::string::npos) return field;
  const auto port = std::stoul(field.substr(colon + 1), nullptr, 16);
  std::array<std::uint32_t, 4> words{};
  constexpr std::size_t digits = 8;
  const std::size_t count = std::min(colon / digits, words.size());
  for (std::size_t i = 0; i < count; ++i)
    words[i] = static_cast<std::uint32_t>(std::stoul(field.substr(i * digits, digits), nullptr, 16));
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text.data(), text.size());
  return count == 1 ? fmt::format("{}:{}", text.data(), port) : fmt::format("[{}]:{}", text.data(), port);
}

std::optional<std::string> inet_socket(Tid tid, const std::string& inode) {
  struct Table {
    const char* file;
    const char* name;
  };
  for (const auto& [file, name] :
       {Table{"tcp", "TCP"}, Table{"udp", "UDP"}, Table{"tcp6", "TCPv6"}, Table{"udp6", "UDPv6"}}) {
    std::ifstream table(fmt::format("/proc/{}/net/{}", tid.value, file));
    std::string line;
    while (std::getline(table, line)) {
      // number local remote state queues timer retries uid timeout inode (proc(5))
      std::istringstream words(line);
      std::array<std::string, 10> fields;
      for (std::string& field : fields) words >> field;
      if (fields[9] != inode) continue;
      const bool connected = fields[2].find_first_not_of("0:") != std::string::npos;
      return connected ? fmt::format("{}:[{}->{}]", name, endpoint_text(fields[1]), endpoint_text(fields[2]))
                       : fmt::format("{}:[{}]", name, endpoint_text(fields[1]));
    }
  }
  return std::nullopt;
}

std::optional<std::string> unix_socket(Tid tid, const std::string& inode) {
  std::ifstream table(fmt::format("/proc/{}/net/unix", tid.value));
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::array<std::string, 8> fields;
    for (std::string& field : fields) words >> field;
    if (fields[6] != inode) continue;
    return fields[7].empty() ? fmt::format("UNIX:[{}]", inode)
                             : fmt::format("UNIX:[{},{}]", inode, quoted(fields[7]));
  }
  return std::nullopt;
}

}  // namespace

std::size_t TaskAccess::read(Addr address, std::span<std::byte> out) {
  if (out.empty()) return 0;
  return tracer_.read_memory(task_, address, out).value_or(0);
}

std::optional<std::string> TaskAccess::target(int descriptor) {
  if (descriptor == AT_FDCWD) return link_target(fmt::format("/proc/{}/cwd", tid_.value));
  if (descriptor < 0) return std::nullopt;
  return link_target(fmt::format("/proc/{}/fd/{}", tid_.value, descriptor));
}

std::optional<std::string> TaskAccess::detailed_target(int descriptor) {
  auto plain = target(descriptor);
  constexpr std::string_view beginning = "socket:[";
  if (!plain || !plain->starts_with(beginning)) return plain;
  const auto inode = plain->substr(beginning.size(), plain->size() - beginning.size() - 1);
  if (auto found = inet_socket(tid_, inode)) return found;
  if (auto found = unix_socket(tid_, inode)) return found;
  return plain;
}

std::uint64_t TaskAccess::stack_pointer() {
  user_regs_struct registers{};
  return tracer_.registers(task_, registers) ? registers.rsp : 0;
}

}  // namespace cotrace::engines::syscall_log
