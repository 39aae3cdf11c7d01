// lldb's platform packets: qLaunchGDBServer, qProcessInfoPID, qfProcessInfo, qsProcessInfo, qUserName,
// qGroupName, qPlatform_shell, qPlatform_mkdir, qPlatform_chmod, qPathComplete, and the vFile that only lldb
// has.
#include <cerrno>
#include <fmt/format.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "rsp/fileio.h"
#include "session/handlers.h"
#include "session/process_match.h"

namespace cotrace::session::handlers {

namespace {

rsp::Reply text(std::string payload) {
  return rsp::reply::Payload{std::move(payload)};
}

// An errno of Linux's, EIO if there is none.
int errno_of(const Error& error) {
  return error.sys_errno != 0 ? error.sys_errno : EIO;
}

rsp::Reply file_answer(const Result<>& done) {
  return text(done ? rsp::file_result(0) : rsp::file_error(errno_of(done.error())));
}

// The words of a command line, each in hexadecimal, so that any character may be in them.
std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += '-';
    out += base::to_hex(word);
  }
  return out;
}

// lldb wants these decimal here, and hexadecimal in qProcessInfo.
std::string described(const HostPlatform::ProcessFacts& facts) {
  return fmt::format("pid:{};ppid:{};uid:{};gid:{};euid:{};egid:{};name:{};args:{};triple:{};",
                     facts.pid.value, facts.parent.value, facts.uid, facts.gid, facts.euid, facts.egid,
                     base::to_hex(facts.program), joined(facts.arguments),
                     base::to_hex(facts.machine.triple));
}

Result<HostFiles::Stat> stat_of(Conversation& talk, const std::string& path) {
  return talk.target.files()->stat(path);
}

}  // namespace

rsp::Reply launch_gdb_server(Conversation& talk, const rsp::LaunchGdbServer&) {
  const auto& door = talk.options.door;
  if (!door) return rsp::reply::Unsupported{};
  // Without a pid: lldb would have it killed when it cannot connect.
  if (door->port != 0) return text(fmt::format("port:{};", door->port));
  return text(fmt::format("port:0;socket_name:{};", base::to_hex(door->socket)));
}

rsp::Reply process_info_of(Conversation& talk, const rsp::ProcessInfoOf& command) {
  const auto facts = talk.target.platform()->facts(command.pid);
  if (!facts) return failed(facts.error());
  return text(described(*facts));
}

rsp::Reply first_process(Conversation& talk, const rsp::FirstProcess& command) {
  auto wanted = process_filter(command);
  if (!wanted) return explained(wanted.error());
  talk.processes = {talk.target.platform()->processes(), std::move(*wanted)};
  return next_process(talk, {});
}

rsp::Reply next_process(Conversation& talk, const rsp::NextProcess&) {
  auto& left = talk.processes.left;
  while (!left.empty()) {
    const Pid pid = left.front();
    left.erase(left.begin());
    // It may have ended since.
    const auto facts = talk.target.platform()->facts(pid);
    if (facts && talk.processes.wanted(*facts)) return text(described(*facts));
  }
  return rsp::reply::Error{};
}

rsp::Reply user_name(Conversation& talk, const rsp::UserName& command) {
  const auto name = talk.target.platform()->user_name(command.uid);
  return name ? text(base::to_hex(*name)) : rsp::reply::Error{};
}

rsp::Reply group_name(Conversation& talk, const rsp::GroupName& command) {
  const auto name = talk.target.platform()->group_name(command.gid);
  return name ? text(base::to_hex(*name)) : rsp::reply::Error{};
}

rsp::Reply shell(Conversation& talk, const rsp::Shell& command) {
  HostPlatform::ShellRequest request{command.command, command.directory, std::nullopt};
  if (command.seconds) request.at_most = std::chrono::seconds(*command.seconds);
  if (request.directory.empty() && talk.target.processes() != nullptr)
    request.directory = talk.target.processes()->working_directory();
  talk.target.platform()->shell(
      request, [later = Deferred(talk)](Result<HostPlatform::ShellOutcome> outcome) mutable {
        if (!outcome) return later.answer(explained(outcome.error()));
        const auto& status = outcome->status;
        const auto head =
            fmt::format("F,{:08x},{:08x},", status.signalled ? -1U : static_cast<unsigned>(status.code),
                        status.signalled ? status.code : 0);
        const auto output = std::as_bytes(std::span(outcome->output));
        later.answer(rsp::reply::Binary{head, {output.begin(), output.end()}});
      });
  return rsp::reply::Later{};
}

rsp::Reply make_directory(Conversation& talk, const rsp::MakeDirectory& command) {
  return file_answer(talk.target.platform()->make_directory(command.path, command.mode));
}

rsp::Reply change_mode(Conversation& talk, const rsp::ChangeMode& command) {
  return file_answer(talk.target.platform()->change_mode(command.path, command.mode));
}

rsp::Reply complete_path(Conversation& talk, const rsp::CompletePath& command) {
  std::string out = "M";
  for (const auto& path : talk.target.platform()->complete(command.path, command.only_directories)) {
    const auto hex = base::to_hex(path);
    if (out.size() + 1 + hex.size() > packet_size) break;
    if (out.size() > 1) out += ',';
    out += hex;
  }
  return text(std::move(out));
}

rsp::Reply file_size(Conversation& talk, const rsp::FileSize& command) {
  const auto stat = stat_of(talk, command.path);
  return text(stat ? rsp::file_result(stat->size) : rsp::file_error(errno_of(stat.error())));
}

rsp::Reply file_mode(Conversation& talk, const rsp::FileMode& command) {
  constexpr std::uint32_t permissions = 07777;
  const auto stat = stat_of(talk, command.path);
  return text(stat ? rsp::file_result(stat->mode & permissions) : rsp::file_error(errno_of(stat.error())));
}

rsp::Reply file_exists(Conversation& talk, const rsp::FileExists& command) {
  return text(stat_of(talk, command.path) ? "F,1" : "F,0");
}

rsp::Reply file_symlink(Conversation& talk, const rsp::FileSymlink& command) {
  return file_answer(talk.target.platform()->symlink(command.target, command.link));
}

}  // namespace cotrace::session::handlers
