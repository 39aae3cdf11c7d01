#include "arch/x86_64/lldb_description.h"

#include <optional>
#include <string_view>
#include <vector>

namespace cotrace::arch::x86_64 {

namespace {

// The numbers of the parts, lowest bytes first; nothing if one is not there.
std::optional<std::string> numbers_of(const RegisterLayout& layout, const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) {
    const auto number = layout.find(part);
    if (!number) return std::nullopt;
    if (!out.empty()) out += ',';
    out += std::to_string(*number);
  }
  return out;
}

}  // namespace

std::string lldb_description(const RegisterLayout& layout) {
  constexpr std::string_view end = "</target>";
  constexpr int vectors = 32, known_to_lldb = 16;
  std::string feature;
  auto next = layout.registers().size();
  const auto add = [&](const std::string& name, int bits, const std::vector<std::string>& parts) {
    const auto numbers = numbers_of(layout, parts);
    if (!numbers) return;
    feature += "<reg name=\"" + name + "\" bitsize=\"" + std::to_string(bits) + "\" regnum=\"" +
               std::to_string(next++) +
               "\" encoding=\"vector\" format=\"vector-uint8\" group=\"vector\" value_regnums=\"" + *numbers +
               "\" invalidate_regnums=\"" + *numbers + "\"/>\n";
  };
  for (int i = 0; i < vectors; ++i) {
    const auto number = std::to_string(i);
    const std::string xmm = "xmm" + number, ymm = "ymm" + number + "h", zmm = "zmm" + number + "h";
    if (i >= known_to_lldb) add("ymm" + number, 256, {xmm, ymm});
    add("zmm" + number, 512, {xmm, ymm, zmm});
  }
  std::string out = layout.target_xml();
  if (!feature.empty())
    out.insert(out.rfind(end), "<feature name=\"cotrace.vectors\">\n" + feature + "</feature>\n");
  return out;
}

}  // namespace cotrace::arch::x86_64
