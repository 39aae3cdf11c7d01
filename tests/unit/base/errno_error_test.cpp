#include "base/errno_error.h"

#include <cerrno>
#include <gtest/gtest.h>

#include "base/fd.h"

namespace cotrace::base {
namespace {

TEST(ErrnoError, Kinds) {
  EXPECT_EQ(errno_error(ESRCH, "x").code, Errc::gone);
  EXPECT_EQ(errno_error(EPERM, "x").code, Errc::not_permitted);
  EXPECT_EQ(errno_error(EACCES, "x").code, Errc::not_permitted);
  EXPECT_EQ(errno_error(EFAULT, "x").code, Errc::unmapped);
  EXPECT_EQ(errno_error(EIO, "x").code, Errc::unmapped);
  EXPECT_EQ(errno_error(ENOENT, "x").code, Errc::not_found);
  EXPECT_EQ(errno_error(EMFILE, "x").code, Errc::no_resources);
  EXPECT_EQ(errno_error(ENFILE, "x").code, Errc::no_resources);
  EXPECT_EQ(errno_error(ENOMEM, "x").code, Errc::no_resources);
  EXPECT_EQ(errno_error(EXDEV, "x").code, Errc::system);
}

TEST(ErrnoError, TextNamesTheCallAndTheCause) {
  const Error error = errno_error(ENOENT, "cannot open");
  EXPECT_EQ(error.text, "cannot open: No such file or directory");
  EXPECT_EQ(error.sys_errno, ENOENT);
}

TEST(ErrnoError, FailTakesErrnoItself) {
  errno = EMFILE;
  const Result<> result = fail_errno("socket");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), errno_error(EMFILE, "socket"));
}

TEST(Fd, ClosesOnceAndOnlyWhatItOwns) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Fd read_end(ends[0]);
  {
    Fd write_end(ends[1]);
    Fd moved(std::move(write_end));
    EXPECT_FALSE(write_end.valid());
    EXPECT_EQ(moved.get(), ends[1]);
  }
  // End of file shows that the only writer has been closed.
  char c = 0;
  EXPECT_EQ(::read(read_end.get(), &c, 1), 0);
}

TEST(Fd, AssignmentClosesTheOldOne) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  write_end = Fd();
  char c = 0;
  EXPECT_EQ(::read(read_end.get(), &c, 1), 0);
}

TEST(Fd, ReleaseLeavesItOpen) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Fd read_end(ends[0]);
  const int raw = [&] {
    Fd write_end(ends[1]);
    return write_end.release();
  }();
  EXPECT_EQ(::write(raw, "x", 1), 1);
  ::close(raw);
}

}  // namespace
}  // namespace cotrace::base
