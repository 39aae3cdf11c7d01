// vFile: files as the processes see them. gdb 13 reads the program and its libraries this way, most of what
// it ever asks for; errors are answers of their own here (F-1,ERRNO), never E.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "rsp/fileio.h"
#include "session/handlers.h"

namespace cotrace::session::handlers {

namespace {

// Targets that have no errno of their own (an emulator) give a code alone.
int errno_of(const Error& error) {
  if (error.sys_errno != 0) return error.sys_errno;
  if (error.code == Errc::not_permitted) return EPERM;
  if (error.code == Errc::not_found || error.code == Errc::no_such_process || error.code == Errc::gone)
    return ENOENT;
  if (error.code == Errc::unsupported) return ENOSYS;
  return EINVAL;
}

rsp::Reply reply(std::string payload) {
  return rsp::reply::Payload{std::move(payload)};
}

rsp::Reply refused(const Error& error) {
  return reply(rsp::file_error(errno_of(error)));
}

rsp::Reply done_or(const Result<>& done) {
  return done ? reply(rsp::file_result(0)) : refused(done.error());
}

rsp::Reply stat_reply(const Result<HostFiles::Stat>& stat) {
  if (!stat) return refused(stat.error());
  const rsp::FileStat on_wire{.dev = stat->dev,
                              .ino = stat->ino,
                              .mode = stat->mode,
                              .nlink = stat->nlink,
                              .uid = stat->uid,
                              .gid = stat->gid,
                              .rdev = stat->rdev,
                              .size = stat->size,
                              .blksize = stat->blksize,
                              .blocks = stat->blocks,
                              .atime = stat->atime,
                              .mtime = stat->mtime,
                              .ctime = stat->ctime};
  return reply(rsp::file_whole(rsp::encode_stat(on_wire), packet_size));
}

}  // namespace

rsp::Reply file_setfs(Conversation& talk, const rsp::FileSetfs& command) {
  return done_or(talk.target.files()->set_filesystem(command.pid));
}

rsp::Reply file_open(Conversation& talk, const rsp::FileOpen& command) {
  const auto flags = rsp::open_flags_to_linux(command.flags);
  const auto mode = rsp::mode_to_linux(command.mode);
  if (!flags || !mode) return reply(rsp::file_error(EINVAL));
  const auto handle = talk.target.files()->open(command.path, *flags, *mode);
  if (!handle) return refused(handle.error());
  return reply(rsp::file_result(static_cast<std::uint64_t>(*handle)));
}

rsp::Reply file_close(Conversation& talk, const rsp::FileClose& command) {
  return done_or(talk.target.files()->close(command.handle));
}

rsp::Reply file_pread(Conversation& talk, const rsp::FilePread& command) {
  const auto count = std::min<std::uint64_t>(command.count, packet_size);
  const auto bytes =
      talk.target.files()->pread(command.handle, static_cast<std::size_t>(count), command.offset);
  if (!bytes) return refused(bytes.error());
  return reply(rsp::file_data(*bytes, packet_size));
}

rsp::Reply file_pwrite(Conversation& talk, const rsp::FilePwrite& command) {
  const auto count = talk.target.files()->pwrite(command.handle, command.bytes, command.offset);
  if (!count) return refused(count.error());
  return reply(rsp::file_result(*count));
}

rsp::Reply file_fstat(Conversation& talk, const rsp::FileFstat& command) {
  return stat_reply(talk.target.files()->fstat(command.handle));
}

rsp::Reply file_stat(Conversation& talk, const rsp::FileStatPath& command) {
  return stat_reply(talk.target.files()->stat(command.path));
}

rsp::Reply file_unlink(Conversation& talk, const rsp::FileUnlink& command) {
  return done_or(talk.target.files()->unlink(command.path));
}

rsp::Reply file_readlink(Conversation& talk, const rsp::FileReadlink& command) {
  const auto target = talk.target.files()->readlink(command.path);
  if (!target) return refused(target.error());
  return reply(rsp::file_whole(std::as_bytes(std::span(*target)), packet_size));
}

}  // namespace cotrace::session::handlers
