// g, G, p, P, and lldb's QSaveRegisterState and QRestoreRegisterState.
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/handlers.h"
#include "session/pc_register.h"

namespace cotrace::session::handlers {

namespace {

std::size_t bytes_of(const RegisterField& field) {
  return (field.bits + 7U) / 8U;
}

// The field of a number, nullptr if there is none.
const RegisterField* field_of(const RegisterSet& set, int number) {
  const auto index = static_cast<std::size_t>(number);
  return number >= 0 && index < set.fields.size() ? &set.fields[index] : nullptr;
}

// A thread that is moved elsewhere in the middle of a system call must not make the call anew there: the
// kernel would take the pc back to an instruction that is not where it looks for it, as long as orig_rax
// names a call. gdb writes that register itself, lldb knows nothing of it.
Result<> leave_system_call(Conversation& talk, const RegisterSet& set) {
  const auto call = register_named(set, std::array<std::string_view, 2>{"orig_rax", "orig_eax"});
  if (!call) return {};
  const std::vector<std::byte> none(bytes_of(set.fields[static_cast<std::size_t>(*call)]), std::byte{0xff});
  return talk.target.write_register(talk.subject(), *call, none);
}

}  // namespace

rsp::Reply read_registers(Conversation& talk, const rsp::ReadRegisters&) {
  const auto set = talk.target.register_set(talk.subject());
  if (!set) return failed(set.error());
  std::vector<std::byte> block(set->block_size);
  std::vector<bool> valid(set->fields.size(), true);
  if (const auto done = talk.target.read_registers(talk.subject(), block, valid); !done)
    return failed(done.error());
  talk.register_bytes = block.size();
  std::string text;
  text.reserve(2 * block.size());
  std::size_t number = 0;
  for (const RegisterField& field : set->fields) {
    // A target's own mistake must not become a read outside of the block.
    if (field.offset + bytes_of(field) > block.size()) return rsp::reply::Error{};
    const bool known = number < valid.size() && valid[number];
    rsp::append_register(text, std::span(block).subspan(field.offset, bytes_of(field)), known);
    ++number;
  }
  return rsp::reply::Payload{std::move(text)};
}

rsp::Reply write_registers(Conversation& talk, const rsp::WriteRegisters& command) {
  const auto set = talk.target.register_set(talk.subject());
  if (!set) return failed(set.error());
  if (command.block.size() != set->block_size) return rsp::reply::Error{};
  // Registers that were unavailable (xx) come back as zeros from gdb 13.
  const auto done = talk.target.write_registers(talk.subject(), command.block);
  return done ? rsp::Reply{rsp::reply::Ok{}} : explained(done.error());
}

rsp::Reply read_register(Conversation& talk, const rsp::ReadRegister& command) {
  const auto set = talk.target.register_set(talk.subject());
  if (!set) return failed(set.error());
  const RegisterField* field = field_of(*set, command.number);
  if (field == nullptr) return rsp::reply::Error{};
  auto value = talk.target.read_register(talk.subject(), command.number);
  if (value) return rsp::reply::Hex{std::move(*value)};
  const Errc code = value.error().code;
  if (code == Errc::unsupported || code == Errc::not_found) {
    // The register exists but has no value just now; gdb shows <unavailable>.
    std::string text;
    rsp::append_register(text, std::vector<std::byte>(bytes_of(*field)), false);
    return rsp::reply::Payload{std::move(text)};
  }
  return failed(value.error());
}

rsp::Reply write_register(Conversation& talk, const rsp::WriteRegister& command) {
  const auto set = talk.target.register_set(talk.subject());
  if (!set) return failed(set.error());
  const RegisterField* field = field_of(*set, command.number);
  if (field == nullptr || command.value.size() != bytes_of(*field)) return rsp::reply::Error{};
  const bool moves = talk.features.lldb && command.number == pc_register(*set) &&
                     talk.target.read_register(talk.subject(), command.number) != command.value;
  auto done = talk.target.write_register(talk.subject(), command.number, command.value);
  if (done && moves) done = leave_system_call(talk, *set);
  return done ? rsp::Reply{rsp::reply::Ok{}} : explained(done.error());
}

rsp::Reply save_registers(Conversation& talk, const rsp::SaveRegisters&) {
  const auto set = talk.target.register_set(talk.subject());
  if (!set) return failed(set.error());
  std::vector<std::byte> block(set->block_size);
  std::vector<bool> valid(set->fields.size(), true);
  if (const auto done = talk.target.read_registers(talk.subject(), block, valid); !done)
    return failed(done.error());
  return rsp::reply::Payload{std::to_string(talk.saved.keep(talk.subject(), std::move(block)))};
}

rsp::Reply restore_registers(Conversation& talk, const rsp::RestoreRegisters& command) {
  const auto block = talk.saved.take(command.number, talk.subject());
  if (!block) return rsp::reply::Error{};
  const auto done = talk.target.write_registers(talk.subject(), *block);
  return done ? rsp::Reply{rsp::reply::Ok{}} : explained(done.error());
}

}  // namespace cotrace::session::handlers
