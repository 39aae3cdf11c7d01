// The tables of sockets and of System V shared memory, semaphores and message queues.
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>

#include "linux/proc.h"
#include "native/osdata.h"
#include "native/user_names.h"

namespace cotrace::native {

namespace {

using Fields = std::map<std::string, std::string>;

// /proc/sysvipc/*: a line of names, then a line of values for each object. Kernels add columns, so they are
// found by name.
std::vector<Fields> read_sysvipc(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> names;
  std::string line;
  if (std::getline(file, line)) {
    std::istringstream words(line);
    for (std::string name; words >> name;) names.push_back(name);
  }
  std::vector<Fields> out;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    Fields fields;
    for (const auto& name : names) words >> fields[name];
    out.push_back(std::move(fields));
  }
  return out;
}

// As gdbserver writes it, which is ctime(3)'s way. 0: it has never happened.
std::string when(const std::string& seconds) {
  const auto value = static_cast<std::time_t>(std::strtoll(seconds.c_str(), nullptr, 10));
  return value == 0 ? std::string{} : fmt::format("{:%a %b %e %H:%M:%S %Y}", fmt::localtime(value));
}

std::uint32_t number(const std::string& text) {
  return static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 10));
}

// The command that a process id belonged to, if the process is still there.
std::string command(const std::string& pid) {
  const auto status = sys::task_status(Tid{static_cast<std::int32_t>(number(pid))});
  return status ? status->name : pid;
}

std::vector<std::string> owners(Fields& f) {
  return {user_name(number(f["uid"])), group_name(number(f["gid"])), user_name(number(f["cuid"])),
          group_name(number(f["cgid"]))};
}

void append(std::vector<std::string>& row, const std::vector<std::string>& more) {
  row.insert(row.end(), more.begin(), more.end());
}

// --- sockets ---

struct Endpoint {
  std::string address, port;
};

// "0100007F:1F90": each 32-bit word of the address in host order, the port as a number.
Endpoint endpoint(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  std::array<std::uint32_t, 4> words{};
  const std::size_t count = std::min<std::size_t>(colon / 8, words.size());
  for (std::size_t i = 0; i < count; ++i) {
    words[i] =
        static_cast<std::uint32_t>(std::strtoul(std::string(text.substr(i * 8, 8)).c_str(), nullptr, 16));
  }
  std::array<char, INET6_ADDRSTRLEN> name{};
  ::inet_ntop(count == 4 ? AF_INET6 : AF_INET, words.data(), name.data(), name.size());
  return {name.data(),
          std::to_string(std::strtoul(std::string(text.substr(colon + 1)).c_str(), nullptr, 16))};
}

// <netinet/tcp.h>
std::string tcp_state(const std::string& hex) {
  static constexpr std::array names{"",           "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
                                    "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
                                    "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING"};
  const auto index = std::strtoul(hex.c_str(), nullptr, 16);
  return index < names.size() ? names[index] : "";
}

void add_sockets(OsTable& table, const char* path, const char* family, const char* protocol) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);  // the headings
  while (std::getline(file, line)) {
    // sl local remote state queues timer retransmits uid
    std::istringstream words(line);
    std::array<std::string, 8> f;
    for (auto& word : f) words >> word;
    const Endpoint local = endpoint(f[1]);
    const Endpoint remote = endpoint(f[2]);
    // UDP sockets have TCP's numbers in that column, which mean nothing there.
    const bool stream = std::string_view(protocol) == "STREAM";
    table.rows.push_back({local.address, local.port, remote.address, remote.port,
                          stream ? tcp_state(f[3]) : "", user_name(number(f[7])), family, protocol});
  }
}

}  // namespace

OsTable sockets_table() {
  OsTable out{
      "I sockets",
      {"local address", "local port", "remote address", "remote port", "state", "user", "family", "protocol"},
      {}};
  add_sockets(out, "/proc/net/tcp", "INET", "STREAM");
  add_sockets(out, "/proc/net/tcp6", "INET6", "STREAM");
  add_sockets(out, "/proc/net/udp", "INET", "DGRAM");
  add_sockets(out, "/proc/net/udp6", "INET6", "DGRAM");
  return out;
}

OsTable shared_memory_table() {
  OsTable out{"shared memory",
              {"key", "shmid", "permissions", "size", "creator command", "last op. command", "num attached",
               "user", "group", "creator user", "creator group", "last shmat() time", "last shmdt() time",
               "last shmctl() time"},
              {}};
  for (Fields& f : read_sysvipc("/proc/sysvipc/shm")) {
    std::vector<std::string> row{f["key"],           f["shmid"],         f["perms"], f["size"],
                                 command(f["cpid"]), command(f["lpid"]), f["nattch"]};
    append(row, owners(f));
    append(row, {when(f["atime"]), when(f["dtime"]), when(f["ctime"])});
    out.rows.push_back(std::move(row));
  }
  return out;
}

OsTable semaphores_table() {
  OsTable out{"semaphores",
              {"key", "semid", "permissions", "num semaphores", "user", "group", "creator user",
               "creator group", "last semop() time", "last semctl() time"},
              {}};
  for (Fields& f : read_sysvipc("/proc/sysvipc/sem")) {
    std::vector<std::string> row{f["key"], f["semid"], f["perms"], f["nsems"]};
    append(row, owners(f));
    append(row, {when(f["otime"]), when(f["ctime"])});
    out.rows.push_back(std::move(row));
  }
  return out;
}

OsTable message_queues_table() {
  OsTable out{"message queues",
              {"key", "msqid", "permissions", "num used bytes", "num messages", "last msgsnd() command",
               "last msgrcv() command", "user", "group", "creator user", "creator group",
               "last msgsnd() time", "last msgrcv() time", "last msgctl() time"},
              {}};
  for (Fields& f : read_sysvipc("/proc/sysvipc/msg")) {
    std::vector<std::string> row{f["key"],  f["msqid"],          f["perms"],         f["cbytes"],
                                 f["qnum"], command(f["lspid"]), command(f["lrpid"])};
    append(row, owners(f));
    append(row, {when(f["stime"]), when(f["rtime"]), when(f["ctime"])});
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace cotrace::native
