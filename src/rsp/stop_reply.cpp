#include "rsp/stop_reply.h"

#include "base/hex.h"
#include "rsp/reply.h"
#include "rsp/thread_id.h"

namespace cotrace::rsp {

namespace {

void append_byte(std::string& out, int value) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += digits[static_cast<unsigned>(value) >> 4 & 15U];
  out += digits[static_cast<unsigned>(value) & 15U];
}

// "key:NUMBER;"
void append_number(std::string& out, std::string_view key, std::uint64_t number) {
  out += key;
  out += ':';
  base::append_hex_number(out, number);
  out += ';';
}

std::string_view watch_key(cause::Access access) {
  switch (access) {
    case cause::Access::write:
      return "watch";
    case cause::Access::read:
      return "rwatch";
    case cause::Access::any:
      return "awatch";
  }
  return "watch";
}

// Writes the "key:value;" of a cause.
class CauseWriter {
 public:
  CauseWriter(std::string& out, bool multiprocess) : out_(out), multiprocess_(multiprocess) {}

  void operator()(const cause::None& /*none*/) const {}
  void operator()(const cause::SoftwareBreak& /*hit*/) const { out_ += "swbreak:;"; }
  void operator()(const cause::HardwareBreak& /*hit*/) const { out_ += "hwbreak:;"; }
  void operator()(const cause::Watch& hit) const {
    append_number(out_, watch_key(hit.access), hit.address.value);
  }
  void operator()(const cause::Fork& fork) const { thread("fork", fork.child); }
  void operator()(const cause::Vfork& fork) const { thread("vfork", fork.child); }
  void operator()(const cause::Clone& clone) const { thread("clone", clone.child); }
  void operator()(const cause::VforkDone& /*done*/) const { out_ += "vforkdone:;"; }
  void operator()(const cause::Exec& exec) const {
    out_ += "exec:";
    out_ += base::to_hex(std::string_view(exec.path));
    out_ += ';';
  }
  void operator()(const cause::ThreadCreated& /*created*/) const { out_ += "create:;"; }
  void operator()(const cause::LibrariesChanged& /*changed*/) const { out_ += "library:;"; }
  void operator()(const cause::SyscallEntry& call) const {
    append_number(out_, "syscall_entry", call.number);
  }
  void operator()(const cause::SyscallReturn& call) const {
    append_number(out_, "syscall_return", call.number);
  }

 private:
  void thread(std::string_view key, ThreadName name) const {
    out_ += key;
    out_ += ':';
    out_ += format_thread(name.pid, name.tid, multiprocess_);
    out_ += ';';
  }

  std::string& out_;
  bool multiprocess_;
};

// Writes a whole stop reply.
class StopWriter {
 public:
  StopWriter(std::string& out, bool multiprocess) : out_(out), multiprocess_(multiprocess) {}

  // The order is gdbserver's: gdb takes any, some other clients look for the cause first.
  void operator()(const stop_reply::Stopped& stop) const {
    out_ += 'T';
    append_byte(out_, stop.signal.value);
    std::visit(CauseWriter(out_, multiprocess_), stop.cause);
    for (const auto& reg : stop.registers) {
      append_register_number(reg.number);
      out_ += ':';
      append_register(out_, reg.value, reg.valid);
      out_ += ';';
    }
    out_ += "thread:" + format_thread(stop.thread.pid, stop.thread.tid, multiprocess_) + ";";
    if (!stop.reason.empty()) out_.append("reason:").append(stop.reason).append(";");
    if (stop.core) append_number(out_, "core", static_cast<unsigned>(*stop.core));
    if (!stop.name.empty())
      out_.append("hexname:").append(base::to_hex(std::string_view(stop.name))).append(";");
    append_list("threads", stop.threads, [](Tid tid) { return static_cast<std::uint64_t>(tid.value); });
    append_list("thread-pcs", stop.pcs, [](Addr pc) { return pc.value; });
  }
  void operator()(const stop_reply::ThreadExited& exit) const {
    out_ += 'w';
    append_byte(out_, exit.code);
    out_ += ';';
    out_ += format_thread(exit.thread.pid, exit.thread.tid, multiprocess_);
  }
  void operator()(const stop_reply::Exited& exit) const { process_end('W', exit.code, exit.pid); }
  void operator()(const stop_reply::Killed& exit) const { process_end('X', exit.signal.value, exit.pid); }
  void operator()(const stop_reply::NoResumed& /*none*/) const { out_ += 'N'; }

 private:
  // gdb takes for a register whatever is hexadecimal up to the colon. Two digits are what gdbserver writes.
  void append_register_number(int number) const {
    if (number > 0xff) {
      base::append_hex_number(out_, static_cast<unsigned>(number));
    } else {
      append_byte(out_, number);
    }
  }
  // "key:NUMBER,NUMBER;"
  template <class Item, class Number>
  void append_list(std::string_view key, const std::vector<Item>& items, Number number) const {
    if (items.empty()) return;
    out_ += key;
    char separator = ':';
    for (const Item& item : items) {
      out_ += separator;
      base::append_hex_number(out_, number(item));
      separator = ',';
    }
    out_ += ';';
  }
  // The number is cut to two digits, which is all that gdb's manual has room for; exit codes are of 8 bits
  // anyway.
  void process_end(char letter, int number, Pid pid) const {
    out_ += letter;
    append_byte(out_, number);
    if (!multiprocess_) return;
    out_ += ";process:";
    base::append_hex_number(out_, static_cast<std::uint32_t>(pid.value));
  }

  std::string& out_;
  bool multiprocess_;
};

}  // namespace

std::string encode_stop(const StopReply& stop, bool multiprocess) {
  std::string out;
  std::visit(StopWriter(out, multiprocess), stop);
  return out;
}

}  // namespace cotrace::rsp
