// Who a process is: users, groups, sessions; and prctl(2).
#include <csignal>
#include <sys/prctl.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/signal_values.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

void print_groups(Printer& to, std::uint64_t address, std::uint64_t count) {
  to.text(array_text<std::uint32_t>(to, address, count, id_text));
}

void print_groups_in(Printer& to, unsigned index) {
  print_groups(to, to.call.args[index], to.call.args[index - 1]);
}

void print_groups_out(Printer& to, unsigned index) {
  // Asked for no more than their number.
  if (to.call.failed() || to.call.args[index - 1] == 0) return print_address(to, index);
  print_groups(to, to.call.args[index], static_cast<std::uint64_t>(to.call.result));
}

// How many arguments an option takes after its own, and what the first is.
struct Option {
  std::uint64_t number;
  unsigned arguments;
  PrintArgument first{print_number};
  bool written{false};  // by the kernel
};

void print_signal_at(Printer& to, unsigned index) {
  const auto signal = to.read<std::int32_t>(to.call.args[index]);
  signal ? to.format("[{}]", signal_text(*signal)) : print_address(to, index);
}

void print_dumpable(Printer& to, unsigned index) {
  constexpr std::string_view names[] = {"SUID_DUMP_DISABLE", "SUID_DUMP_USER", "SUID_DUMP_ROOT"};
  const auto value = to.call.args[index];
  value < 3 ? to.text(names[value]) : print_hexadecimal(to, index);
}

constexpr Option options[] = {
    {PR_SET_PDEATHSIG, 1, print_signal},
    {PR_GET_PDEATHSIG, 1, print_signal_at, true},
    {PR_GET_DUMPABLE, 0},
    {PR_SET_DUMPABLE, 1, print_dumpable},
    {PR_GET_KEEPCAPS, 0},
    {PR_SET_KEEPCAPS, 1},
    {PR_SET_NAME, 1, print_string},
    {PR_GET_NAME, 1, print_string, true},
    {PR_GET_SECCOMP, 0},
    {PR_SET_SECCOMP, 2, print_hexadecimal},
    {PR_CAPBSET_READ, 1},
    {PR_CAPBSET_DROP, 1},
    {PR_GET_SECUREBITS, 0},
    {PR_GET_TIMERSLACK, 0},
    {PR_SET_TIMERSLACK, 1},
    {PR_SET_CHILD_SUBREAPER, 1},
    {PR_GET_CHILD_SUBREAPER, 1, print_number_at, true},
    {PR_SET_NO_NEW_PRIVS, 4},
    {PR_GET_NO_NEW_PRIVS, 4},
    {PR_GET_TID_ADDRESS, 1, print_hexadecimal_at, true},
    {PR_SET_THP_DISABLE, 4},
    {PR_GET_THP_DISABLE, 4},
    {PR_SET_VMA, 4, print_hexadecimal},
};

const Option& option_of(const Printer& to) {
  static constexpr Option unknown{0, 4, print_hexadecimal};
  for (const Option& option : options) {
    if (option.number == to.call.args[0]) return option;
  }
  return unknown;
}

void print_option_argument(Printer& to, unsigned index) {
  const Option& option = option_of(to);
  if (index > option.arguments) return to.omit_rest();
  // Of the arguments of PR_SET_VMA the last is a string, the others are addresses and sizes.
  if (to.call.args[0] == PR_SET_VMA && index == 4) return print_string(to, index);
  if (index > 1) return print_hexadecimal(to, index);
  if (option.written && print_unwritten(to, index)) return;
  option.first(to, index);
}

void remark_prctl(Printer& to) {
  if (to.call.args[0] != PR_GET_DUMPABLE) return;
  Call value = to.call;
  value.args[0] = static_cast<std::uint64_t>(to.call.result);
  std::swap(to.call.args[0], value.args[0]);
  print_dumpable(to, 0);
  std::swap(to.call.args[0], value.args[0]);
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument option_argument{print_option_argument, When::maybe};

constexpr Signature table[] = {
    {"getuid", {}},
    {"geteuid", {}},
    {"getgid", {}},
    {"getegid", {}},
    {"setuid", {id}},
    {"setgid", {id}},
    {"setreuid", {id, id}},
    {"setregid", {id, id}},
    {"setresuid", {id, id, id}},
    {"setresgid", {id, id, id}},
    {"getresuid", {id_out, id_out, id_out}},
    {"getresgid", {id_out, id_out, id_out}},
    {"setfsuid", {id}},
    {"setfsgid", {id}},
    {"getgroups", {number, {print_groups_out, When::exit}}},
    {"setgroups", {number, {print_groups_in}}},
    {"getpgid", {process}},
    {"setpgid", {process, process}},
    {"getpgrp", {}},
    {"getsid", {process}},
    {"setsid", {}},
    {"capget", {address, address}},
    {"capset", {address, address}},
    {"prctl",
     {value<prctl_options>, option_argument, option_argument, option_argument, option_argument},
     Returns::number,
     remark_prctl},
};

}  // namespace

Signatures identity_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
