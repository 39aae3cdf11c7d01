// Which call a number is, and how it is written down.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

// The two tables of system calls that a program of x86_64 Linux can use: its own, and the one of 32-bit
// programs.
enum class CallTable : std::uint8_t { native, compat };

// Nothing: the number is no call's.
std::string_view call_name(CallTable table, std::uint64_t number);
// The number of a call; nothing: there is none of this name.
std::optional<std::uint64_t> call_number(CallTable table, std::string_view name);
// All numbers are below this.
std::uint64_t call_limit(CallTable table);

// What is known of the arguments of a call; nullptr: nothing.
const Signature* signature_of(std::string_view name);

// One call's text, which comes in two parts.
class CallText {
 public:
  CallText(CallTable table, std::uint64_t number);

  [[nodiscard]] const std::string& name() const { return name_; }
  // "openat(AT_FDCWD, "/etc/passwd", O_RDONLY", as far as it is known at the entry.
  std::string entry(Call& call, Memory& memory, const Style& style, Descriptors& descriptors);
  // Everything after that up to the parenthesis that closes it.
  std::string exit(Call& call, Memory& memory, const Style& style, Descriptors& descriptors);
  // " = 3", without the "=": the result, what is known of it, or the error.
  std::string result(Call& call, Memory& memory, const Style& style, Descriptors& descriptors) const;
  // With the arguments as plain numbers, all at the entry.
  void make_raw() { raw_ = true; }
  // Of restart_syscall(2), which has no arguments: what it takes up again; empty where that was not seen.
  void take_up(std::string_view interrupted);
  // Nothing comes behind the entry's text.
  [[nodiscard]] bool complete() const { return shown_ >= arity_ && !after_pending_; }

 private:
  [[nodiscard]] std::string raw_arguments(const Call& call) const;

  std::string name_;
  const Signature* signature_;
  unsigned arity_{6};
  bool raw_{false};
  std::string taken_up_;
  // How far the entry has come, and the text of arguments behind that which had to be looked at then.
  unsigned shown_{0};
  bool any_{false};        // an argument has been written
  bool separated_{false};  // and the comma after it
  bool after_pending_{false};
  std::array<std::optional<std::string>, 6> kept_{};
};

}  // namespace cotrace::engines::syscall_log
