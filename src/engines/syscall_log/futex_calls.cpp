// futex(2) and its relatives: the operation says how many arguments there are and what they mean.
#include <linux/futex.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

std::uint32_t command_of(const Printer& to) {
  return static_cast<std::uint32_t>(to.call.args[1]) & FUTEX_CMD_MASK;
}

void print_operation(Printer& to, unsigned index) {
  const auto operation = static_cast<std::uint32_t>(to.call.args[index]);
  to.text(value_text(futex_commands, command_of(to)));
  if ((operation & FUTEX_PRIVATE_FLAG) != 0) to.text("_PRIVATE");
  if ((operation & FUTEX_CLOCK_REALTIME) != 0) to.text("|FUTEX_CLOCK_REALTIME");
}

// The fourth: a time, or how many waiters are moved to another futex.
void print_timeout_or_count(Printer& to, unsigned index) {
  switch (command_of(to)) {
    case FUTEX_WAIT:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
      return to.text(timespec_at(to, to.call.args[index]));
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
    case FUTEX_WAKE_OP:
      return print_unsigned(to, index);
    case FUTEX_WAKE_BITSET:
      return print_address(to, index);
    default:
      return to.omit_rest();
  }
}

void print_second_futex(Printer& to, unsigned index) {
  switch (command_of(to)) {
    case FUTEX_WAKE_BITSET:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
    case FUTEX_WAKE_OP:
    case FUTEX_WAIT_REQUEUE_PI:
      return print_address(to, index);
    case FUTEX_WAIT_BITSET:
      return to.skip();
    default:
      return to.omit_rest();
  }
}

// Operation, comparison and their operands in one number (futex(2), FUTEX_WAKE_OP).
void print_wake_operation(Printer& to, std::uint32_t packed) {
  constexpr std::string_view operations[] = {"FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN",
                                             "FUTEX_OP_XOR"};
  constexpr std::string_view comparisons[] = {"FUTEX_OP_CMP_EQ", "FUTEX_OP_CMP_NE", "FUTEX_OP_CMP_LT",
                                              "FUTEX_OP_CMP_LE", "FUTEX_OP_CMP_GT", "FUTEX_OP_CMP_GE"};
  const auto number_text = [](std::uint32_t value) { return value == 0 ? "0" : fmt::format("{:#x}", value); };
  const auto operation = packed >> 28 & 7;
  const auto comparison = packed >> 24 & 15;
  if ((packed & 0x80000000) != 0) to.text("FUTEX_OP_OPARG_SHIFT<<28|");
  to.text(operation < 5 ? operations[operation] : "FUTEX_OP_???");
  to.format("<<28|{}<<12|", number_text(packed >> 12 & 0xfff));
  to.text(comparison < 6 ? comparisons[comparison] : "FUTEX_OP_CMP_???");
  to.format("<<24|{}", number_text(packed & 0xfff));
}

void print_third_value(Printer& to, unsigned index) {
  const auto value = static_cast<std::uint32_t>(to.call.args[index]);
  switch (command_of(to)) {
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAKE_BITSET:
      return value == FUTEX_BITSET_MATCH_ANY ? to.text("FUTEX_BITSET_MATCH_ANY") : to.format("{:#x}", value);
    case FUTEX_WAKE_OP:
      return print_wake_operation(to, value);
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
      return to.format("{}", value);
    default:
      return to.omit_rest();
  }
}

void print_value_or_nothing(Printer& to, unsigned index) {
  const auto command = command_of(to);
  if (command == FUTEX_UNLOCK_PI || command == FUTEX_LOCK_PI || command == FUTEX_TRYLOCK_PI ||
      command == FUTEX_LOCK_PI2) {
    // No value: the next argument, if any, follows the operation.
    return command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2 ? to.text(timespec_at(to, to.call.args[3]))
                                                                 : to.omit_rest();
  }
  print_unsigned(to, index);
}

void print_after_value(Printer& to, unsigned index) {
  const auto command = command_of(to);
  if (command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2) return to.omit_rest();
  print_timeout_or_count(to, index);
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Signature table[] = {
    {"futex",
     {address,
      {print_operation},
      {print_value_or_nothing},
      {print_after_value},
      {print_second_futex},
      {print_third_value}}},
    {"futex_waitv", {address, unsigned_number, hexadecimal_32, timespec_in, value<clock_ids>}},
    {"set_robust_list", {address, size}},
    {"get_robust_list", {process, hexadecimal_out, unsigned_out}},
    {"rseq", {address, hexadecimal_32, hexadecimal_32, hexadecimal_32}},
};

}  // namespace

Signatures futex_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
