// Outcomes that are not success.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace cotrace {

// What kind of failure, for code that decides. The text is for people.
enum class Errc {
  gone,             // the task is dead or dying (SIGKILL can come at any moment); its death will be reported
  not_stopped,      // the request needs a stopped task and this one runs
  unmapped,         // no readable / writable memory at the address
  no_such_process,  // no such process or thread, or it is not one the caller may name
  not_permitted,    // the kernel refused; the text says why (tracer, yama, capability, user, namespace)
  already_traced,   // another tracer has it; the text names it
  not_found,        // no such file, register, breakpoint ...
  unsupported,      // this target, processor or kernel cannot
  invalid,          // the request makes no sense
  stale,            // based on an older stop of the task than the current one
  no_resources,     // out of memory, descriptors, debug registers ...
  system,           // any other errno
};

// Why something was not done. Plain data, for any thread.
struct Error {
  Errc code{Errc::system};
  int sys_errno{0};  // errno(3) where a system call failed, else 0
  std::string text;  // one sentence, without a full stop; names the process, file or cause where there is one

  friend bool operator==(const Error&, const Error&) = default;
};

// What a request answers: its value, or why there is none. Nothing in this interface throws for an outcome
// (but std::bad_alloc).
template <class T = void>
using Result = std::expected<T, Error>;

// A failure that no system call is to blame for, ready to return.
inline std::unexpected<Error> fail(Errc code, std::string text) {
  return std::unexpected(Error{code, 0, std::move(text)});
}

}  // namespace cotrace
