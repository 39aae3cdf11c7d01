#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "engines/crash_catcher/report.h"
#include "engines/register_list.h"
#include "engines/signal_text.h"

namespace cotrace::engines {

namespace {

using Object = nlohmann::ordered_json;

// Programs can be called anything, UTF-8 or not.
std::string line_of(const Object& object) {
  return object.dump(-1, ' ', false, Object::error_handler_t::replace) + '\n';
}

// JSON's numbers are doubles to many a reader, which lose the last bits of an address.
std::string address(std::uint64_t value) {
  return fmt::format("0x{:x}", value);
}

Object signal_object(const SigInfo& info) {
  Object out{{"number", info.si_signo}, {"name", signal_name(info.si_signo)}, {"code", info.si_code}};
  if (const auto name = code_name(info.si_signo, info.si_code); !name.empty()) out["code_name"] = name;
  if (has_fault_address(info)) out["address"] = address(reinterpret_cast<std::uintptr_t>(info.si_addr));
  if (has_sender(info)) {
    out["sender_pid"] = info.si_pid;
    out["sender_uid"] = info.si_uid;
  }
  return out;
}

Object frame_object(const Frame& frame) {
  Object out{{"pc", address(frame.pc.value)}};
  if (!frame.module.empty()) out["module"] = frame.module;
  if (!frame.symbol.empty()) out["symbol"] = frame.symbol;
  if (!frame.symbol.empty() && !frame.inlined) out["offset"] = frame.offset;
  if (!frame.file.empty()) {
    out["file"] = frame.file;
    out["line"] = frame.line;
  }
  if (frame.signal_frame) out["signal_frame"] = true;
  if (frame.inlined) out["inlined"] = true;
  return out;
}

Object thread_object(const CrashThread& thread) {
  Object out{{"tid", thread.task.tid.value}, {"name", thread.name}};
  if (thread.signal) out["signal"] = signal_object(*thread.signal);
  if (thread.registers) {
    Object registers = Object::object();
    for (const auto& [name, value] : register_list(*thread.registers))
      registers[std::string(name)] = address(value);
    out["registers"] = std::move(registers);
  }
  if (!thread.error.empty()) out["error"] = thread.error;
  out["frames"] = Object::array();
  for (const Frame& frame : thread.frames) out["frames"].push_back(frame_object(frame));
  return out;
}

void add_program(Object& out, const CrashProgram& program) {
  if (!program.executable.empty()) out["executable"] = program.executable;
  out["arguments"] = program.arguments;
}

class JsonReport final : public ReportFormat {
 public:
  [[nodiscard]] std::string of(const Crash& crash) const override {
    Object out{{"event", "crash"},
               {"number", crash.number},
               {"date", shown_date(crash.date)},
               {"pid", crash.process.value}};
    add_program(out, crash.program);
    if (crash.user) out["user"] = *crash.user;
    const CrashThread& first = crash.threads.front();
    if (first.signal) out["signal"] = signal_object(*first.signal);
    out["thread"] = first.task.tid.value;
    if (crash.before) out["before"] = signal_object(*crash.before);
    out["threads"] = Object::array();
    for (const CrashThread& thread : crash.threads) out["threads"].push_back(thread_object(thread));
    if (!crash.code.empty())
      out["code"] = {{"address", address(crash.code_at.value)}, {"bytes", base::to_hex(crash.code)}};
    if (!crash.hint.empty()) out["hint"] = crash.hint;
    if (!crash.maps.empty()) out["maps"] = crash.maps;
    if (!crash.limits.empty()) out["limits"] = crash.limits;
    if (!crash.files.empty()) out["files"] = crash.files;
    if (!crash.incomplete.empty()) out["incomplete"] = crash.incomplete;
    return line_of(out);
  }

  [[nodiscard]] std::string of(const UnseenDeath& death) const override {
    Object out{{"event", "death"},
               {"number", death.number},
               {"date", shown_date(death.date)},
               {"pid", death.process.value}};
    add_program(out, death.program);
    out["signal"] = signal_name(death.status.code);
    return line_of(out);
  }

  [[nodiscard]] std::string of(const CoreResult& core) const override {
    Object out{{"event", "core"}, {"number", core.number}, {"pid", core.process.value}};
    if (core.error.empty()) {
      out["path"] = core.path;
      out["bytes"] = core.bytes;
    } else {
      out["error"] = core.error;
    }
    return line_of(out);
  }

  [[nodiscard]] std::string of(const Outcome& outcome) const override {
    return line_of({{"event", "outcome"},
                    {"number", outcome.number},
                    {"pid", outcome.process.value},
                    {"died", outcome.died},
                    {"text", outcome.text}});
  }
};

}  // namespace

std::unique_ptr<ReportFormat> make_json_report() {
  return std::make_unique<JsonReport>();
}

}  // namespace cotrace::engines
