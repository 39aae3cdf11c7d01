#include "rsp/threads_json.h"

#include <limits>
#include <optional>

#include "base/hex.h"
#include "base/json_text.h"
#include "base/overloaded.h"
#include "rsp/escape.h"

namespace cotrace::rsp {

namespace {

struct Told {
  std::string_view reason;
  std::string description;
};

std::string forked(ThreadName child) {
  return std::to_string(child.pid.value) + " " + std::to_string(child.tid.value);
}

// What lldb makes of the causes in a stop reply, it wants made for it here: numbers in words, all decimal.
Told told_by(const stop_reply::Stopped& stop) {
  return std::visit(
      base::Overloaded{[](const cause::Watch& hit) -> Told {
                         // The address, the number of a debug register (not known), and where it was hit.
                         const auto at = std::to_string(hit.address.value);
                         constexpr auto unknown = std::numeric_limits<std::uint32_t>::max();
                         return {"watchpoint", at + " " + std::to_string(unknown) + " " + at};
                       },
                       [&](const cause::Fork& fork) -> Told { return {stop.reason, forked(fork.child)}; },
                       [&](const cause::Vfork& fork) -> Told { return {stop.reason, forked(fork.child)}; },
                       [&](const auto&) -> Told { return {stop.reason, {}}; }},
      stop.cause);
}

void append_key(std::string& out, std::string_view key) {
  out += out.ends_with('{') ? "\"" : ",\"";
  out += key;
  out += "\":";
}

void append_registers(std::string& out, const stop_reply::Stopped& stop) {
  append_key(out, "registers");
  out += '{';
  for (const auto& reg : stop.registers) {
    if (!reg.valid) continue;
    append_key(out, std::to_string(reg.number));
    out += '"' + base::to_hex(reg.value) + '"';
  }
  out += '}';
}

}  // namespace

std::string threads_json(std::span<const stop_reply::Stopped> stops) {
  std::string out = "[";
  for (const auto& stop : stops) {
    if (out.size() > 1) out += ',';
    out += '{';
    append_key(out, "tid");
    out += std::to_string(stop.thread.tid.value);
    if (!stop.name.empty()) {
      append_key(out, "name");
      out += base::json_string(stop.name);
    }
    const Told told = told_by(stop);
    if (!told.reason.empty()) {
      append_key(out, "reason");
      out += base::json_string(told.reason);
    }
    if (!told.description.empty()) {
      append_key(out, "description");
      out += base::json_string(told.description);
    }
    if (stop.signal.value != 0) {
      append_key(out, "signal");
      out += std::to_string(stop.signal.value);
    }
    append_registers(out, stop);
    out += '}';
  }
  out += ']';
  return escape_binary(std::as_bytes(std::span(out)), std::numeric_limits<std::size_t>::max()).text;
}

}  // namespace cotrace::rsp
