#include "rsp/command_query.h"

#include "rsp/scanner.h"

namespace cotrace::rsp {

std::optional<XferRead> XferRead::parse(std::string_view arguments) {
  if (!arguments.contains(':')) return std::nullopt;
  Scanner in(arguments);
  const auto annex = in.until(':');
  const auto offset = in.number();
  if (!offset || !in.eat(',')) return std::nullopt;
  const auto length = in.number();
  if (!length || !in.done()) return std::nullopt;
  return XferRead{std::string(annex), *offset, *length};
}

std::optional<XferWrite> XferWrite::parse(std::string_view arguments) {
  if (!arguments.contains(':')) return std::nullopt;
  Scanner in(arguments);
  const auto annex = in.until(':');
  const auto offset = in.number();
  if (!offset || !in.eat(':')) return std::nullopt;
  return XferWrite{std::string(annex), *offset, to_bytes(in.rest())};
}

std::optional<SectionOffsets> SectionOffsets::parse(std::string_view arguments) {
  return parse_bare<SectionOffsets>(arguments);
}

std::optional<Symbol> Symbol::parse(std::string_view arguments) {
  Scanner in(arguments);
  Symbol out;
  out.value = in.number();
  if (!in.eat(':')) return std::nullopt;
  auto symbol = parse_hex_text(in.rest());
  if (!symbol || (symbol->empty() && out.value)) return std::nullopt;
  out.symbol = std::move(*symbol);
  return out;
}

}  // namespace cotrace::rsp
