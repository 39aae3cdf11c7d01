#include "native/osdata.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/xml_text.h"

namespace cotrace::native {

namespace {

struct TableInfo {
  std::string_view type, title, description;
  OsTable (*make)();
};

// In the order in which gdb lists them.
constexpr std::array tables{
    TableInfo{"cpus", "CPUs", "Listing of all cpus/cores on the system", cpus_table},
    TableInfo{"files", "File descriptors", "Listing of all file descriptors", files_table},
    TableInfo{"modules", "Kernel modules", "Listing of all loaded kernel modules", modules_table},
    TableInfo{"msg", "Message queues", "Listing of all message queues", message_queues_table},
    TableInfo{"processes", "Processes", "Listing of all processes", processes_table},
    TableInfo{"procgroups", "Process groups", "Listing of all process groups", process_groups_table},
    TableInfo{"semaphores", "Semaphores", "Listing of all semaphores", semaphores_table},
    TableInfo{"shm", "Shared-memory regions", "Listing of all shared-memory regions", shared_memory_table},
    TableInfo{"sockets", "Sockets", "Listing of all internet-domain sockets", sockets_table},
    TableInfo{"threads", "Threads", "Listing of all threads", threads_table},
};

OsTable types_table() {
  OsTable out{"types", {"Type", "Description", "Title"}, {}};
  for (const auto& table : tables) {
    out.rows.push_back({std::string(table.type), std::string(table.description), std::string(table.title)});
  }
  return out;
}

}  // namespace

std::string osdata_xml(const OsTable& table) {
  std::string out = fmt::format("<osdata type=\"{}\">\n", base::xml_escaped(table.title));
  for (const auto& row : table.rows) {
    out += "<item>";
    for (std::size_t i = 0; i < std::min(row.size(), table.columns.size()); ++i) {
      out += fmt::format("<column name=\"{}\">{}</column>", base::xml_escaped(table.columns[i]),
                         base::xml_escaped(row[i]));
    }
    out += "</item>";
  }
  return out + "</osdata>\n";
}

Result<std::string> osdata(std::string_view type) {
  if (type.empty() || type == "types") return osdata_xml(types_table());
  const auto at = std::ranges::find(tables, type, &TableInfo::type);
  if (at == tables.end()) return fail(Errc::not_found, fmt::format("there is no table \"{}\"", type));
  return osdata_xml(at->make());
}

}  // namespace cotrace::native
