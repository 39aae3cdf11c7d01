// Tables of the whole system (gdb: info os; gdb manual, "Operating System Information").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cotrace/error.h>

namespace cotrace::native {

struct OsTable {
  std::string title;  // in the document
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>>
      rows;  // a value a column; a short row has no values for the last columns
};

std::string osdata_xml(const OsTable& table);

// The document of a table: "" or "types" tells which there are. not_found: no such table.
Result<std::string> osdata(std::string_view type);

// The tables themselves; columns have gdbserver's names.
OsTable processes_table();
OsTable process_groups_table();
OsTable threads_table();
OsTable files_table();
OsTable cpus_table();
OsTable modules_table();
OsTable sockets_table();
OsTable shared_memory_table();
OsTable semaphores_table();
OsTable message_queues_table();

}  // namespace cotrace::native
