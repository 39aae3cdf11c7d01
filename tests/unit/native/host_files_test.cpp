#include "native/host_files.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

namespace cotrace::native {
namespace {

class HostFiles : public testing::Test {
 protected:
  HostFiles() {
    char name[] = "/tmp/cotrace-host-files-XXXXXX";
    directory = ::mkdtemp(name);
  }
  ~HostFiles() override { std::filesystem::remove_all(directory); }

  static std::string text(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static std::vector<std::byte> bytes(std::string_view text) {
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    return {first, first + text.size()};
  }
  std::filesystem::path directory;
  NativeHostFiles files;
};

TEST_F(HostFiles, WritesReadsAndTellsOfAFile) {
  const auto path = (directory / "a").string();
  const auto handle = files.open(path, O_RDWR | O_CREAT | O_EXCL, 0640);
  ASSERT_TRUE(handle.has_value());
  EXPECT_EQ(files.pwrite(*handle, bytes("hello world"), 0), 11U);
  EXPECT_EQ(files.pwrite(*handle, bytes("W"), 6), 1U);
  EXPECT_EQ(text(files.pread(*handle, 100, 6).value()), "World");
  EXPECT_EQ(text(files.pread(*handle, 2, 0).value()), "he");
  EXPECT_TRUE(files.pread(*handle, 10, 100)->empty());
  const auto about = files.fstat(*handle);
  ASSERT_TRUE(about.has_value());
  EXPECT_EQ(about->size, 11U);
  EXPECT_TRUE(S_ISREG(about->mode));
  EXPECT_EQ(files.stat(path)->ino, about->ino);
  EXPECT_TRUE(files.close(*handle).has_value());
  EXPECT_EQ(files.close(*handle).error().sys_errno, EBADF);
}

TEST_F(HostFiles, ErrorsCarryErrno) {
  EXPECT_EQ(files.open((directory / "none").string(), O_RDONLY, 0).error().sys_errno, ENOENT);
  EXPECT_EQ(files.open(directory.string(), O_WRONLY, 0).error().sys_errno, EISDIR);
  EXPECT_EQ(files.pread(99, 1, 0).error().sys_errno, EBADF);
  EXPECT_EQ(files.pwrite(99, {}, 0).error().sys_errno, EBADF);
  EXPECT_EQ(files.fstat(99).error().sys_errno, EBADF);
  EXPECT_EQ(files.stat("").error().sys_errno, ENOENT);
  EXPECT_EQ(files.unlink((directory / "none").string()).error().sys_errno, ENOENT);
  EXPECT_EQ(files.readlink(directory.string()).error().sys_errno, EINVAL);
  EXPECT_EQ(files.set_filesystem(Pid{0x7ffffffe}).error().sys_errno, ENOENT);
}

TEST_F(HostFiles, LinksAreReadAndFollowed) {
  std::ofstream(directory / "target") << "content";
  std::filesystem::create_symlink(directory / "target", directory / "link");
  EXPECT_EQ(files.readlink((directory / "link").string()), (directory / "target").string());
  EXPECT_EQ(files.stat((directory / "link").string())->size, 7U);
  EXPECT_TRUE(files.unlink((directory / "link").string()).has_value());
  EXPECT_TRUE(std::filesystem::exists(directory / "target"));
}

TEST_F(HostFiles, AFifoDoesNotKeepEverybodyWaiting) {
  const auto path = directory / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_TRUE(files.open(path.string(), O_RDONLY, 0).has_value());
}

TEST_F(HostFiles, AClientCannotUseUpTheDescriptors) {
  std::size_t opened = 0;
  while (opened < 5000 && files.open("/dev/null", O_RDONLY, 0)) ++opened;
  EXPECT_LT(opened, 1000U);
  EXPECT_GT(opened, 100U);
}

TEST_F(HostFiles, TheOwnNamespaceByPidIsTheOwn) {
  std::ofstream(directory / "a") << "x";
  ASSERT_TRUE(files.set_filesystem(Pid{::getpid()}).has_value());
  EXPECT_TRUE(files.stat((directory / "a").string()).has_value());
}

// A child with a mount namespace of its own, in which `directory` is another file system. Needs a user
// namespace where we are not root; a system that forbids both has no such processes to look at either.
class OtherNamespace : public HostFiles {
 protected:
  OtherNamespace() {
    int ready[2];
    EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    child = ::fork();
    if (child == 0) {
      char result = 'n';
      if (::unshare(CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER)) == 0 &&
          ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
          ::mount("none", directory.c_str(), "tmpfs", 0, nullptr) == 0 && make_files()) {
        result = 'y';
      }
      if (::write(ready[1], &result, 1) != 1) ::_exit(1);
      ::pause();
      ::_exit(0);
    }
    ::close(ready[1]);
    const base::Fd reader(ready[0]);
    char result = '?';
    EXPECT_EQ(::read(reader.get(), &result, 1), 1);
    prepared = result == 'y';
  }
  ~OtherNamespace() override {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  bool make_files() const {
    std::ofstream(directory / "inside") << "theirs";
    return ::symlink((directory / "inside").c_str(), (directory / "absolute").c_str()) == 0;
  }
  pid_t child{-1};
  bool prepared{false};
};

TEST_F(OtherNamespace, FilesAreSeenAsThatProcessSeesThem) {
  ASSERT_TRUE(prepared) << "mount namespaces are not to be had here";
  const auto inside = (directory / "inside").string();
  EXPECT_EQ(files.stat(inside).error().sys_errno, ENOENT);
  ASSERT_TRUE(files.set_filesystem(Pid{child}).has_value());
  const auto handle = files.open(inside, O_RDONLY, 0);
  ASSERT_TRUE(handle.has_value());
  EXPECT_EQ(text(files.pread(*handle, 100, 0).value()), "theirs");
  // An absolute link is resolved there, not here.
  EXPECT_EQ(files.stat((directory / "absolute").string())->size, 6U);
  EXPECT_EQ(files.readlink((directory / "absolute").string()), inside);
  EXPECT_TRUE(files.unlink(inside).has_value());
  EXPECT_EQ(files.stat(inside).error().sys_errno, ENOENT);
  ASSERT_TRUE(files.set_filesystem(std::nullopt).has_value());
  EXPECT_EQ(text(files.pread(*handle, 100, 0).value()), "theirs") << "an open file stays what it is";
}

}  // namespace
}  // namespace cotrace::native
