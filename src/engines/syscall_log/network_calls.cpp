// Calls on sockets.
#include <sys/socket.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/io_vectors.h"
#include "engines/syscall_log/socket_values.h"
#include "engines/syscall_log/text.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

void print_socket_type(Printer& to, unsigned index) {
  constexpr std::uint64_t type_bits = 0xf;
  const auto type = static_cast<std::uint32_t>(to.call.args[index]);
  to.text(value_text(socket_types, type & type_bits) + more_flags_text(socket_flags, type & ~type_bits));
}

void print_protocol(Printer& to, unsigned index) {
  switch (to.call.args[0]) {
    case AF_INET:
    case AF_INET6:
      return print_value<ip_protocols>(to, index);
    case AF_NETLINK:
      return print_value<netlink_protocols>(to, index);
    default:
      return print_unsigned(to, index);
  }
}

// The next argument is its length.
void print_address_in(Printer& to, unsigned index) {
  to.text(socket_address_text(to, to.call.args[index], static_cast<std::uint32_t>(to.call.args[index + 1])));
}

// The next argument points to its length: the room for it before, what it needs afterwards.
void print_address_out(Printer& to, unsigned index) {
  const auto length = to.read<std::int32_t>(to.call.args[index + 1]);
  if (!to.call.exiting) {
    // At the exit, print_length_out says how it was.
    to.call.saved[index + 1] = length ? static_cast<std::uint64_t>(*length) : 0;
    return;
  }
  if (print_unwritten(to, index)) return;
  if (!length || *length <= 0) return print_address(to, index);
  const auto room = std::min<std::uint64_t>(to.call.saved[index + 1], static_cast<std::uint64_t>(*length));
  to.text(socket_address_text(to, to.call.args[index], room));
}

// [110 => 2]
void print_length_out(Printer& to, unsigned index) {
  const auto length = to.read<std::int32_t>(to.call.args[index]);
  if (!to.call.exiting) {
    if (length) to.call.saved[index] = static_cast<std::uint64_t>(*length);
    return;
  }
  if (!length) return print_address(to, index);
  const auto before = static_cast<std::int32_t>(to.call.saved[index]);
  if (to.call.failed() || before == *length) return to.format("[{}]", before);
  to.format("[{} => {}]", before, *length);
}

void print_option(Printer& to, unsigned index) {
  switch (to.call.args[index - 1]) {
    case SOL_SOCKET:
      return print_value<socket_options>(to, index);
    case 0:
      return print_value<ip_options>(to, index);
    case 6:
      return print_value<tcp_options>(to, index);
    case 41:
      return print_value<ipv6_options>(to, index);
    case 270:
      return print_value<netlink_options>(to, index);
    default:
      return print_hexadecimal_32(to, index);
  }
}

// Most options are an int, some are structures or strings.
void print_option_value(Printer& to, unsigned index, std::uint64_t length) {
  const auto address = to.call.args[index];
  const bool of_socket = to.call.args[index - 2] == SOL_SOCKET;
  const auto option = static_cast<int>(to.call.args[index - 1]);
  if (of_socket && option == SO_LINGER && length >= sizeof(linger)) {
    if (const auto value = to.read<linger>(address))
      return to.format("{{l_onoff={}, l_linger={}}}", value->l_onoff, value->l_linger);
  }
  if (of_socket && option == SO_PEERCRED && length >= sizeof(ucred)) {
    if (const auto value = to.read<ucred>(address))
      return to.format("{{pid={}, uid={}, gid={}}}", value->pid, value->uid, value->gid);
  }
  if (length == sizeof(std::int32_t)) return print_number_at(to, index);
  to.text(bytes_text(to, address, length));
}

void print_option_in(Printer& to, unsigned index) {
  print_option_value(to, index, static_cast<std::uint32_t>(to.call.args[index + 1]));
}

void print_option_out(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  const auto length = to.read<std::uint32_t>(to.call.args[index + 1]);
  length ? print_option_value(to, index, *length) : print_address(to, index);
}

void print_message_in(Printer& to, unsigned index) {
  to.text(message_text(to, to.call.args[index], whole_length, false, 0));
}

void print_message_out(Printer& to, unsigned index) {
  if (!to.call.exiting) {
    to.call.saved[index] = message_name_length(to, to.call.args[index]);
    return;
  }
  if (print_unwritten(to, index)) return;
  to.text(message_text(to, to.call.args[index], static_cast<std::uint64_t>(to.call.result), true,
                       to.call.saved[index]));
}

// struct mmsghdr: a message, and how much of it has gone.
void print_messages(Printer& to, unsigned index, std::uint64_t count, bool received) {
  std::string out;
  for (std::uint64_t at = 0; at < count; ++at) {
    const auto address = to.call.args[index] + at * sizeof(mmsghdr);
    const auto length = to.read<std::uint32_t>(address + offsetof(mmsghdr, msg_len));
    if (!length) break;
    const auto room = message_name_length(to, address);
    out += fmt::format("{}{{msg_hdr={}, msg_len={}}}", out.empty() ? "" : ", ",
                       message_text(to, address, received ? *length : whole_length, received, room), *length);
  }
  to.format("[{}]", out);
}

void print_messages_in(Printer& to, unsigned index) {
  // How much of each has gone shows at the exit.
  if (print_unwritten(to, index)) return;
  print_messages(to, index, static_cast<std::uint64_t>(to.call.result), false);
}

void print_messages_out(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  print_messages(to, index, static_cast<std::uint64_t>(to.call.result), true);
}

void remark_time_left(Printer& to) {
  if (to.call.args[4] == 0) return;
  to.call.result == 0 ? to.text("Timeout") : to.format("left {}", timespec_at(to, to.call.args[4]));
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument family = value<address_families>;
constexpr Argument socket_type{print_socket_type};
constexpr Argument protocol{print_protocol};
constexpr Argument address_in{print_address_in};
constexpr Argument address_out{print_address_out, When::both};
constexpr Argument length_out{print_length_out, When::both};
constexpr Argument message = flags<message_flags>;
constexpr Argument message_in{print_message_in};
constexpr Argument message_out{print_message_out, When::both};
constexpr Argument level = value<option_levels>;
constexpr Argument option{print_option};

constexpr Signature table[] = {
    {"socket", {family, socket_type, protocol}, Returns::descriptor},
    {"socketpair", {family, socket_type, protocol, descriptor_pair_out}},
    {"bind", {descriptor, address_in, number}},
    {"connect", {descriptor, address_in, number}},
    {"listen", {descriptor, number}},
    {"accept", {descriptor, address_out, length_out}, Returns::descriptor},
    {"accept4", {descriptor, address_out, length_out, flags<socket_flags>}, Returns::descriptor},
    {"getsockname", {descriptor, address_out, length_out}},
    {"getpeername", {descriptor, address_out, length_out}},
    {"shutdown", {descriptor, value<shutdown_how>}},
    {"sendto", {descriptor, buffer_in, size, message, address_in, number}},
    {"recvfrom", {descriptor, buffer_out, size, message, address_out, length_out}},
    {"sendmsg", {descriptor, message_in, message}},
    {"recvmsg", {descriptor, message_out, message}},
    {"sendmmsg", {descriptor, {print_messages_in, When::exit}, unsigned_number, message}},
    {"recvmmsg",
     {descriptor, {print_messages_out, When::exit}, unsigned_number, message, timespec_in},
     Returns::number,
     remark_time_left},
    {"getsockopt", {descriptor, level, option, {print_option_out, When::exit}, length_out}},
    {"setsockopt", {descriptor, level, option, {print_option_in}, number}},
};

}  // namespace

Signatures network_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
