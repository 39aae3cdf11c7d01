#include "rsp/command_point.h"

#include "base/hex.h"
#include "rsp/scanner.h"

namespace cotrace::rsp {

namespace {

struct Place {
  std::optional<PointType> type;
  Addr address;
  std::uint64_t kind;
};

std::optional<PointType> point_type(std::uint64_t number) {
  if (number > static_cast<std::uint64_t>(PointType::access_watch)) return std::nullopt;
  return static_cast<PointType>(number);
}

// "type,address,kind"
std::optional<Place> scan_place(Scanner& in) {
  const auto type = in.number();
  if (!type || !in.eat(',')) return std::nullopt;
  const auto address = in.number();
  if (!address || !in.eat(',')) return std::nullopt;
  const auto kind = in.number();
  if (!kind) return std::nullopt;
  return Place{point_type(*type), Addr{*address}, *kind};
}

// "X length,digits", the length in bytes.
std::optional<Bytecode> scan_bytecode(Scanner& in) {
  if (!in.eat('X')) return std::nullopt;
  const auto length = in.number();
  if (!length || !in.eat(',')) return std::nullopt;
  // Asked before doubling, which could overflow.
  if (!Scanner(in).take(*length)) return std::nullopt;
  const auto digits = in.take(*length * 2);
  if (!digits) return std::nullopt;
  return base::bytes_from_hex(*digits);
}

// One or more expressions: gdb writes them one after the other; the manual can be read as if each had a ';'
// of its own before it (gdbserver skips those too).
std::optional<std::vector<Bytecode>> scan_bytecodes(Scanner& in) {
  std::vector<Bytecode> out;
  do {
    auto code = scan_bytecode(in);
    if (!code) return std::nullopt;
    out.push_back(std::move(*code));
    if (Scanner(in).eat(";X")) in.eat(';');
  } while (Scanner(in).eat('X'));
  return out;
}

// What may follow "kind": ";cond_list" and ";cmds:persist,cond_list".
bool scan_programs(Scanner& in, InsertPoint& out) {
  while (in.eat(';')) {
    if (in.eat("cmds:")) {
      const auto persist = in.number(1);
      if (!persist || !in.eat(',') || !out.commands.empty()) return false;
      auto commands = scan_bytecodes(in);
      if (!commands) return false;
      out.persist = *persist == 1;
      out.commands = std::move(*commands);
    } else {
      auto conditions = scan_bytecodes(in);
      if (!conditions || !out.conditions.empty()) return false;
      out.conditions = std::move(*conditions);
    }
  }
  return in.done();
}

}  // namespace

std::optional<InsertPoint> InsertPoint::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto place = scan_place(in);
  if (!place) return std::nullopt;
  InsertPoint out;
  out.type = place->type;
  out.address = place->address;
  out.kind = place->kind;
  if (!scan_programs(in, out)) return std::nullopt;
  return out;
}

std::optional<RemovePoint> RemovePoint::parse(std::string_view arguments) {
  Scanner in(arguments);
  const auto place = scan_place(in);
  if (!place || !in.done()) return std::nullopt;
  return RemovePoint{place->type, place->address, place->kind};
}

}  // namespace cotrace::rsp
