#include "server/runtime_directory.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "unit/server/support.h"

namespace cotrace::server {
namespace {

TEST(PrivateDirectory, IsMadeForThisUserAlone) {
  const testing::TemporaryDirectory parent;
  const auto path = parent / "cotrace";
  ASSERT_TRUE(private_directory(path).has_value());
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
  EXPECT_TRUE(private_directory(path).has_value()) << "the second time it is there already";
}

TEST(PrivateDirectory, OneThatIsOpenToOthersIsRefused) {
  const testing::TemporaryDirectory parent;
  const auto path = parent / "cotrace";
  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0770), 0);
  const auto refused = private_directory(path);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::not_permitted);
}

TEST(PrivateDirectory, ALinkIsRefusedWhereverItLeads) {
  const testing::TemporaryDirectory parent;
  ASSERT_EQ(::mkdir((parent / "elsewhere").c_str(), 0700), 0);
  std::filesystem::create_directory_symlink(parent / "elsewhere", parent / "cotrace");
  EXPECT_FALSE(private_directory(parent / "cotrace").has_value());
}

TEST(PrivateDirectory, AnotherUsersIsRefused) {
  if (::geteuid() == 0) {
    const testing::TemporaryDirectory parent;
    const auto path = parent / "cotrace";
    ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
    ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
    EXPECT_FALSE(private_directory(path).has_value());
  } else {
    EXPECT_FALSE(private_directory("/root").has_value());
  }
}

TEST(DefaultSocketPath, IsInTheUsersRuntimeDirectory) {
  const testing::TemporaryDirectory runtime;
  const char* former = ::getenv("XDG_RUNTIME_DIR");
  const std::string kept = former != nullptr ? former : "";
  ::setenv("XDG_RUNTIME_DIR", (runtime / ".").c_str(), 1);
  const auto path = default_socket_path();
  if (former != nullptr) {
    ::setenv("XDG_RUNTIME_DIR", kept.c_str(), 1);
  } else {
    ::unsetenv("XDG_RUNTIME_DIR");
  }
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(*path, (runtime / ".") + "/cotrace/" + std::to_string(::getpid()) + ".sock");
}

}  // namespace
}  // namespace cotrace::server
