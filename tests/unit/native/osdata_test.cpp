#include "native/osdata.h"

#include <algorithm>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

namespace cotrace::native {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(OsData, ADocumentHasOneItemARowAndItsColumnsByName) {
  EXPECT_EQ(osdata_xml({"t", {"a", "b"}, {{"1", "<"}, {"2"}}}),
            "<osdata type=\"t\">\n<item><column name=\"a\">1</column><column name=\"b\">&lt;</column></item>"
            "<item><column name=\"a\">2</column></item></osdata>\n");
}

TEST(OsData, TheListOfTablesIsTheDefault) {
  const auto types = osdata("");
  ASSERT_TRUE(types.has_value());
  EXPECT_EQ(types, osdata("types"));
  for (const char* type : {"cpus", "files", "modules", "msg", "processes", "procgroups", "semaphores", "shm",
                           "sockets", "threads"}) {
    EXPECT_THAT(*types, HasSubstr(std::string("<column name=\"Type\">") + type));
    EXPECT_TRUE(osdata(type).has_value()) << type;
  }
}

TEST(OsData, AnUnknownTableIsAnError) {
  EXPECT_EQ(osdata("nonsense").error().code, Errc::not_found);
}

std::vector<std::string> row_with(const OsTable& table, std::size_t column, const std::string& value) {
  const auto at = std::ranges::find_if(
      table.rows, [&](const auto& row) { return row.size() > column && row[column] == value; });
  return at == table.rows.end() ? std::vector<std::string>{} : *at;
}

TEST(OsData, ThisProcessIsInTheTablesOfProcessesThreadsAndGroups) {
  const auto pid = std::to_string(::getpid());
  const auto process = row_with(processes_table(), 0, pid);
  ASSERT_EQ(process.size(), 4U);
  EXPECT_THAT(process[2], HasSubstr("unit_native"));
  EXPECT_FALSE(process[3].empty());
  EXPECT_EQ(row_with(threads_table(), 2, pid).at(0), pid);
  EXPECT_EQ(row_with(process_groups_table(), 2, pid).at(0), std::to_string(::getpgrp()));
}

TEST(OsData, OpenFilesAreListedByTheirPath) {
  const auto pid = std::to_string(::getpid());
  const base::Fd file(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file.valid());
  const OsTable table = files_table();
  const bool listed = std::ranges::any_of(table.rows, [&](const auto& row) {
    return row[0] == pid && row[2] == std::to_string(file.get()) && row[3] == "/etc/passwd";
  });
  EXPECT_TRUE(listed);
}

TEST(OsData, AListeningSocketIsListed) {
  const base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto row = row_with(sockets_table(), 1, std::to_string(ntohs(address.sin_port)));
  ASSERT_EQ(row.size(), 8U);
  EXPECT_EQ(row[0], "127.0.0.1");
  EXPECT_EQ(row[4], "LISTEN");
  EXPECT_EQ(row[6], "INET");
}

TEST(OsData, ASharedMemorySegmentIsListed) {
  const int id = ::shmget(IPC_PRIVATE, 4321, IPC_CREAT | 0600);
  ASSERT_GE(id, 0);
  const auto row = row_with(shared_memory_table(), 1, std::to_string(id));
  ::shmctl(id, IPC_RMID, nullptr);
  ASSERT_EQ(row.size(), 14U);
  EXPECT_EQ(row[2], "600");
  EXPECT_EQ(row[3], "4321");
  EXPECT_FALSE(row[13].empty());
  EXPECT_TRUE(row[11].empty()) << "never attached";
}

TEST(OsData, ProcessorsHaveTheColumnsOfTheKernel) {
  const OsTable table = cpus_table();
  EXPECT_THAT(table.columns, Contains("processor"));
  ASSERT_FALSE(table.rows.empty());
  EXPECT_EQ(table.rows[0][0], "0");
}

}  // namespace
}  // namespace cotrace::native
