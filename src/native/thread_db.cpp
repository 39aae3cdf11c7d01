#include "native/thread_db.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <string_view>
#include <thread_db.h>
#include <vector>

#include "native/inspected_program.h"

namespace cotrace::native {

namespace {

constexpr const char* library_name = "libthread_db.so.1";

using SharedObject = std::unique_ptr<void, decltype([](void* object) { ::dlclose(object); })>;

SharedObject open_library(const std::string& directories) {
  if (directories.empty()) return SharedObject(::dlopen(library_name, RTLD_NOW));
  std::string_view rest(directories);
  while (!rest.empty()) {
    const std::string directory(rest.substr(0, rest.find(':')));
    rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
    // "$pdir" is where the program's own C library is, gdb's word for it; on one machine that is where the
    // linker looks.
    const bool system = directory == "$sdir" || directory == "$pdir";
    const std::string path = system ? library_name : directory + '/' + library_name;
    if (SharedObject opened{::dlopen(path.c_str(), RTLD_NOW)}) return opened;
  }
  return nullptr;
}

const char* reason(td_err_e error) {
  switch (static_cast<int>(error)) {
    case TD_NOTHR:
      return "it does not know the thread";
    case TD_NOLWP:
      return "it does not know the thread";
    case TD_NOLIBTHREAD:
      return "the program has no threads library (yet)";
    case TD_VERSION:
      return "it is of another version than the program's C library";
    case TD_NOTALLOC:
      return "the thread has not used the variable yet, so that it has no memory";
    default:
      return "it failed";
  }
}

Error failed(const char* call, td_err_e error) {
  return {Errc::unsupported, 0,
          fmt::format("libthread_db: {} ({} says {})", reason(error), call, static_cast<int>(error))};
}

}  // namespace

// The functions used, and the library they are in. The agent goes before the library does.
struct ThreadDb::Library {
  SharedObject object;
  decltype(&td_ta_new) ta_new{};
  decltype(&td_ta_delete) ta_delete{};
  decltype(&td_ta_map_lwp2thr) map_lwp2thr{};
  decltype(&td_thr_tls_get_addr) tls_get_addr{};
  decltype(&td_thr_tlsbase) tlsbase{};
  td_thragent_t* agent{nullptr};

  ~Library() {
    if (agent != nullptr) ta_delete(agent);
  }
  template <class Function>
  bool load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(object.get(), name));
    return function != nullptr;
  }
};

ThreadDb::ThreadDb(std::unique_ptr<InspectedProcess> process)
    : process_(std::move(process)), handle_{process_.get()} {}
ThreadDb::~ThreadDb() = default;

Result<std::shared_ptr<ThreadDb>> ThreadDb::create(std::unique_ptr<InspectedProcess> process,
                                                   const std::string& directories) {
  // libthread_db calls back into this program for memory, registers and symbols; it finds the functions by
  // name.
  use_proc_service();
  auto library = std::make_unique<Library>();
  library->object = open_library(directories);
  if (!library->object) {
    const char* why = ::dlerror();
    return fail(Errc::unsupported,
                fmt::format("{} cannot be loaded: {}", library_name, why == nullptr ? "?" : why));
  }
  decltype(&td_init) init{};
  const bool complete = library->load(init, "td_init") && library->load(library->ta_new, "td_ta_new") &&
                        library->load(library->ta_delete, "td_ta_delete") &&
                        library->load(library->map_lwp2thr, "td_ta_map_lwp2thr") &&
                        library->load(library->tls_get_addr, "td_thr_tls_get_addr") &&
                        library->load(library->tlsbase, "td_thr_tlsbase");
  if (!complete) return fail(Errc::unsupported, fmt::format("{} lacks functions", library_name));
  if (const auto error = init(); error != TD_OK) return std::unexpected(failed("td_init", error));

  std::shared_ptr<ThreadDb> out(new ThreadDb(std::move(process)));
  if (const auto error = library->ta_new(&out->handle_, &library->agent); error != TD_OK) {
    library->agent = nullptr;
    return std::unexpected(failed("td_ta_new", error));
  }
  out->library_ = std::move(library);
  return out;
}

Result<Addr> ThreadDb::tls_address(Tid thread, Addr link_map, std::uint64_t offset) {
  td_thrhandle_t handle{};
  if (const auto error = library_->map_lwp2thr(library_->agent, thread.value, &handle); error != TD_OK) {
    return std::unexpected(failed("td_ta_map_lwp2thr", error));
  }
  // gdb sends 0 for a static program, which has no link map.
  if (link_map == Addr{}) {
    constexpr unsigned long program = 1;  // the module number of the main program
    psaddr_t base{};
    if (const auto error = library_->tlsbase(&handle, program, &base); error != TD_OK) {
      return std::unexpected(failed("td_thr_tlsbase", error));
    }
    return Addr{reinterpret_cast<std::uint64_t>(base)} + offset;
  }
  psaddr_t address{};
  const auto error =
      library_->tls_get_addr(&handle, reinterpret_cast<psaddr_t>(link_map.value), offset, &address);
  if (error != TD_OK) return std::unexpected(failed("td_thr_tls_get_addr", error));
  return Addr{reinterpret_cast<std::uint64_t>(address)};
}

Result<Addr> NativeThreadLocals::tls_address(session::ThreadRef ref, std::uint64_t offset, Addr link_map) {
  const auto thread = client_.standing(ref);
  if (!thread) return std::unexpected(thread.error());
  Process& process = *(*thread)->process;
  // A failure is not kept: the program may not have started its threads library yet, and has at the next
  // question.
  if (!process.thread_db) {
    auto made = ThreadDb::create(std::make_unique<InspectedProgram>(client_, process.pid),
                                 client_.options.libthread_db_path);
    if (!made) return std::unexpected(made.error());
    process.thread_db = std::move(*made);
  }
  return process.thread_db->tls_address(ref.tid, link_map, offset);
}

}  // namespace cotrace::native
