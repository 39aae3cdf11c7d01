#include "engines/syscall_log/calls.h"

#include <map>

#include "engines/syscall_log/arguments.h"
#include "engines/syscall_log/families.h"
#include "engines/syscall_log/kernel_errors.h"
#include "engines/syscall_log/text.h"

namespace cotrace::engines::syscall_log {

namespace {

std::map<std::string_view, const Signature*> all_signatures() {
  std::map<std::string_view, const Signature*> out;
  for (const Signatures family :
       {file_calls(), descriptor_calls(), ioctl_calls(), memory_calls(), process_calls(), identity_calls(),
        signal_calls(), time_calls(), poll_calls(), network_calls(), futex_calls(), system_calls(),
        plain_calls()}) {
    for (const Signature& signature : family) out.emplace(signature.name, &signature);
  }
  return out;
}

std::string name_of(CallTable table, std::uint64_t number) {
  const auto name = call_name(table, number);
  return name.empty() ? fmt::format("syscall_{:#x}", number) : std::string(name);
}

}  // namespace

const Signature* signature_of(std::string_view name) {
  static const auto signatures = all_signatures();
  const auto at = signatures.find(name);
  return at == signatures.end() ? nullptr : at->second;
}

// A 32-bit program's structures are other ones, so its arguments are shown as numbers.
CallText::CallText(CallTable table, std::uint64_t number)
    : name_(name_of(table, number)), signature_(signature_of(name_)), raw_(table == CallTable::compat) {
  if (signature_ != nullptr) arity_ = signature_->arity();
}

std::string CallText::raw_arguments(const Call& call) const {
  std::string out;
  for (unsigned at = 0; at < arity_; ++at) {
    if (at != 0) out += ", ";
    out += call.args[at] == 0 ? "0" : fmt::format("{:#x}", call.args[at]);
  }
  return out;
}

std::string CallText::entry(Call& call, Memory& memory, const Style& style, Descriptors& descriptors) {
  std::string out = name_ + "(" + taken_up_;
  if (raw_ || signature_ == nullptr) {
    shown_ = arity_;
    return out + raw_arguments(call);
  }
  Printer printer(call, memory, style, descriptors);
  bool open = true;  // everything so far was known at the entry
  for (unsigned at = 0; at < arity_; ++at) {
    const Argument& argument = signature_->arguments[at];
    if (argument.when == When::never) {
      if (open) shown_ = at + 1;
      continue;
    }
    if (argument.when != When::entry) {
      if (argument.when == When::both) argument.print(printer, at);
      (void)printer.take();
      if (open && any_ && argument.when != When::maybe) {
        out += ", ";
        separated_ = true;
      }
      open = false;
      continue;
    }
    argument.print(printer, at);
    std::string text = printer.take();
    if (printer.omitted()) {
      arity_ = at;
      break;
    }
    if (printer.take_skipped()) {
      if (open) shown_ = at + 1;
      continue;
    }
    if (!open) {
      kept_[at] = std::move(text);
      continue;
    }
    if (any_) out += ", ";
    out += text;
    any_ = true;
    shown_ = at + 1;
    if (argument.after != nullptr) {
      open = false;
      after_pending_ = true;
    }
  }
  return out;
}

std::string CallText::exit(Call& call, Memory& memory, const Style& style, Descriptors& descriptors) {
  call.exiting = true;
  std::string out;
  if (raw_ || signature_ == nullptr) return out;
  Printer printer(call, memory, style, descriptors);
  if (after_pending_) {
    signature_->arguments[shown_ - 1].after(printer, shown_ - 1);
    out += printer.take();
  }
  for (unsigned at = shown_; at < arity_; ++at) {
    const Argument& argument = signature_->arguments[at];
    if (argument.when == When::never || (argument.when == When::entry && !kept_[at])) continue;
    std::string text;
    if (kept_[at]) {
      text = *kept_[at];
      if (argument.after != nullptr) {
        argument.after(printer, at);
        text += printer.take();
      }
    } else {
      argument.print(printer, at);
      text = printer.take();
    }
    if (printer.omitted()) break;
    if (printer.take_skipped()) continue;
    if (any_ && !std::exchange(separated_, false)) out += ", ";
    any_ = true;
    out += text;
  }
  return out;
}

void CallText::take_up(std::string_view interrupted) {
  taken_up_ =
      fmt::format("<... resuming interrupted {} ...>", interrupted.empty() ? "system call" : interrupted);
}

std::string CallText::result(Call& call, Memory& memory, const Style& style, Descriptors& descriptors) const {
  if (call.failed()) return error_text(call.result);
  Printer printer(call, memory, style, descriptors);
  const auto bits = static_cast<std::uint64_t>(call.result);
  // By the table's arguments alone fcntl does not tell when it makes a descriptor, or a set of flags.
  auto returns = raw_ || signature_ == nullptr ? Returns::number : signature_->returns;
  std::string remark;
  if (!raw_ && signature_ != nullptr && signature_->remark != nullptr) {
    signature_->remark(printer);
    remark = printer.take();
    if (printer.hexadecimal_result()) returns = Returns::hexadecimal;
    if (printer.descriptor_result()) returns = Returns::descriptor;
  }
  switch (returns) {
    case Returns::number:
      printer.format("{}", call.result);
      break;
    case Returns::hexadecimal:
      bits == 0 ? printer.text("0") : printer.format("{:#x}", bits);
      break;
    case Returns::octal:
      printer.format("0{:02o}", bits);
      break;
    case Returns::descriptor:
      printer.text(descriptor_text(printer, static_cast<std::int32_t>(call.result)));
      break;
    case Returns::nothing:
      printer.text("?");
      break;
  }
  if (!remark.empty()) printer.format(" ({})", remark);
  return printer.take();
}

}  // namespace cotrace::engines::syscall_log
