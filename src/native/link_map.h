// The dynamic linker's list of what is loaded, read from the program's memory (<link.h>: struct r_debug,
// struct link_map).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cotrace/error.h>
#include <cotrace/ids.h>

namespace cotrace::native {

// Reads all of `out`; false if that cannot be.
using ReadMemory = std::function<bool(Addr, std::span<std::byte>)>;

// A program's memory with its word size, 4 or 8 bytes.
struct ProgramMemory {
  ReadMemory read;
  std::size_t word{8};
};

struct LoadedObject {
  std::string name;  // as the linker knows it; empty for the main program
  Addr link_map;
  std::uint64_t load_bias;  // l_addr
  Addr dynamic;             // l_ld
  Addr space;               // the r_debug of its namespace (dlmopen(3))
};

struct LoadedObjects {
  Addr main_link_map;                 // 0: not in this part of the list
  std::vector<LoadedObject> objects;  // without the main program
};

// The word size that an auxiliary vector was made for: its entries end with AT_NULL and all have known, small
// types.
std::size_t word_size_of(std::span<const std::byte> auxv);
// The value of an entry; 0 if there is none.
std::uint64_t auxv_value(std::span<const std::byte> auxv, std::size_t word, std::uint64_t type);

// The address of r_debug, from the program headers that auxv points to, relocated where the program is
// position independent. not_found: a static program, or the linker has not got that far yet.
Result<Addr> find_r_debug(const ProgramMemory& memory, std::span<const std::byte> auxv);

// Every object of every namespace.
Result<LoadedObjects> loaded_objects(const ProgramMemory& memory, Addr r_debug);
// The part of one namespace's list that begins with the link map at `start`, whose predecessor is to be
// `prev` (0: none). An entry that says otherwise ends the list: it is being changed just now.
LoadedObjects loaded_objects_from(const ProgramMemory& memory, Addr space, Addr start, Addr prev);

// gdb manual, "Library List Format for SVR4 Targets".
std::string library_list_svr4(const LoadedObjects& loaded);

// The whole answer to qXfer:libraries-svr4. `annex`: "start=HEX;prev=HEX[;lmid=HEX]", or empty for all.
// invalid: anything else.
Result<std::string> libraries_svr4(const ProgramMemory& memory, std::span<const std::byte> auxv,
                                   std::string_view annex);

}  // namespace cotrace::native
