// Calls that wait for descriptors.
#include <array>
#include <poll.h>
#include <sys/epoll.h>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/flag_tables.h"
#include "engines/syscall_log/signal_values.h"
#include "engines/syscall_log/text.h"
#include "engines/syscall_log/time_values.h"

namespace cotrace::engines::syscall_log {

namespace {

std::string events_text(short events) {
  return flags_text(poll_events, static_cast<std::uint16_t>(events));
}

void print_polled(Printer& to, unsigned index) {
  to.text(array_text<pollfd>(
      to, to.call.args[index], static_cast<std::uint32_t>(to.call.args[index + 1]), [&](const pollfd& one) {
        const auto descriptor = descriptor_text(to, one.fd);
        if (one.fd < 0) return fmt::format("{{fd={}}}", descriptor);
        return fmt::format("{{fd={}, events={}}}", descriptor, events_text(one.events));
      }));
}

// The descriptors on which something has happened.
void remark_poll(Printer& to) {
  if (to.call.result == 0) return to.text("Timeout");
  std::string out;
  for (std::uint64_t at = 0; at < static_cast<std::uint32_t>(to.call.args[1]); ++at) {
    const auto one = to.read<pollfd>(to.call.args[0] + at * sizeof(pollfd));
    if (!one) break;
    if (one->revents == 0) continue;
    if (!out.empty()) out += ", ";
    out += fmt::format("{{fd={}, revents={}}}", descriptor_text(to, one->fd), events_text(one->revents));
  }
  to.format("[{}]", out);
}

void remark_ppoll(Printer& to) {
  remark_poll(to);
  if (to.call.result == 0 || to.call.args[2] == 0) return;
  to.format(", left {}", timespec_at(to, to.call.args[2]));
}

// The numbers in a set of `count` bits, "[0 5]".
std::optional<std::string> descriptor_set_text(Printer& to, std::uint64_t address, std::uint64_t count) {
  constexpr std::uint64_t bits = 64;
  constexpr std::uint64_t most = 1024 * bits;
  std::string out = "[";
  for (std::uint64_t at = 0; at < std::min(count, most); at += bits) {
    const auto word = to.read<std::uint64_t>(address + at / 8);
    if (!word) return std::nullopt;
    for (std::uint64_t bit = 0; bit < bits && at + bit < count; ++bit) {
      if ((*word >> bit & 1) == 0) continue;
      if (out.size() > 1) out += ' ';
      out += descriptor_text(to, static_cast<std::int32_t>(at + bit));
    }
  }
  return out + "]";
}

std::uint64_t set_size(const Printer& to) {
  return static_cast<std::uint32_t>(std::max(0, static_cast<std::int32_t>(to.call.args[0])));
}

void print_descriptor_set(Printer& to, unsigned index) {
  const auto address = to.call.args[index];
  const auto set = address == 0 ? std::nullopt : descriptor_set_text(to, address, set_size(to));
  to.text(set ? *set : address_text(address));
}

void remark_sets(Printer& to, const std::string& left) {
  if (to.call.result == 0) return to.text("Timeout");
  constexpr std::array<std::string_view, 3> names{"in", "out", "except"};
  std::string out;
  for (unsigned at = 0; at < names.size(); ++at) {
    const auto address = to.call.args[at + 1];
    const auto set = address == 0 ? std::nullopt : descriptor_set_text(to, address, set_size(to));
    if (!set || *set == "[]") continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", names[at], *set);
  }
  if (!left.empty()) out += (out.empty() ? "left " : ", left ") + left;
  to.text(out);
}

void remark_select(Printer& to) {
  const auto left = to.read<timeval>(to.call.args[4]);
  remark_sets(to, left ? timeval_text(to, *left) : "");
}

void remark_pselect(Printer& to) {
  const auto left = to.read<timespec>(to.call.args[4]);
  remark_sets(to, left ? timespec_text(to, *left) : "");
}

// A pointer to the mask and its size.
void print_mask_pair(Printer& to, unsigned index) {
  const auto pair = to.read<std::array<std::uint64_t, 2>>(to.call.args[index]);
  if (!pair) return print_address(to, index);
  const auto mask = to.read<std::uint64_t>((*pair)[0]);
  to.format("{{sigmask={}, sigsetsize={}}}", mask ? signal_set_text(*mask) : address_text((*pair)[0]),
            (*pair)[1]);
}

std::string epoll_event_text(const epoll_event& event) {
  // Of the parts of a packed structure no references can be had.
  const std::uint32_t u32 = event.data.u32;
  const std::uint64_t u64 = event.data.u64;
  return fmt::format("{{events={}, data={{u32={}, u64={}}}}}", flags_text(epoll_events, event.events), u32,
                     u64);
}

void print_epoll_event(Printer& to, unsigned index) {
  const auto event = to.read<epoll_event>(to.call.args[index]);
  // EPOLL_CTL_DEL does not look at it.
  event&& to.call.args[1] != EPOLL_CTL_DEL ? to.text(epoll_event_text(*event)) : print_address(to, index);
}

void print_epoll_events(Printer& to, unsigned index) {
  if (print_unwritten(to, index)) return;
  to.text(array_text<epoll_event>(to, to.call.args[index], static_cast<std::uint64_t>(to.call.result),
                                  epoll_event_text));
}

using namespace words;  // NOLINT(google-build-using-namespace): what the table below is written in

constexpr Argument polled{print_polled};
constexpr Argument set{print_descriptor_set};
constexpr Argument epoll_events_out{print_epoll_events, When::exit};

constexpr Signature table[] = {
    {"poll", {polled, unsigned_number, number}, Returns::number, remark_poll},
    {"ppoll", {polled, unsigned_number, timespec_in, signal_set_in, size}, Returns::number, remark_ppoll},
    {"select", {number, set, set, set, timeval_in}, Returns::number, remark_select},
    {"pselect6", {number, set, set, set, timespec_in, {print_mask_pair}}, Returns::number, remark_pselect},
    {"epoll_create", {number}, Returns::descriptor},
    {"epoll_create1", {flags<epoll_create_flags>}, Returns::descriptor},
    {"epoll_ctl", {descriptor, value<epoll_operations>, descriptor, {print_epoll_event}}},
    {"epoll_wait", {descriptor, epoll_events_out, number, number}},
    {"epoll_pwait", {descriptor, epoll_events_out, number, number, signal_set_in, size}},
    {"epoll_pwait2", {descriptor, epoll_events_out, number, timespec_in, signal_set_in, size}},
};

}  // namespace

Signatures poll_calls() {
  return table;
}

}  // namespace cotrace::engines::syscall_log
