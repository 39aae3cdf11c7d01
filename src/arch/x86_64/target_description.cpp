#include "arch/x86_64/target_description.h"

#include <algorithm>
#include <string_view>

namespace cotrace::arch::x86_64 {

namespace {

struct Flag {
  std::string_view name;
  int bit;
};
// gdb shows the bit that is always 1 by its empty name, that is, not at all.
constexpr Flag eflags[] = {{"CF", 0},  {"", 1},    {"PF", 2},   {"AF", 4},   {"ZF", 6},  {"SF", 7},
                           {"TF", 8},  {"IF", 9},  {"DF", 10},  {"OF", 11},  {"NT", 14}, {"RF", 16},
                           {"VM", 17}, {"AC", 18}, {"VIF", 19}, {"VIP", 20}, {"ID", 21}};
constexpr Flag mxcsr[] = {{"IE", 0}, {"DE", 1}, {"ZE", 2}, {"OE", 3},  {"UE", 4},  {"PE", 5},  {"DAZ", 6},
                          {"IM", 7}, {"DM", 8}, {"ZM", 9}, {"OM", 10}, {"UM", 11}, {"PM", 12}, {"FZ", 15}};

struct Vector {
  std::string_view field;  // in the union; users write $xmm0.v4_float
  std::string_view id;
  std::string_view element;
  int count;
};
// The names that users of gdb know since gdb 11, which also is the first to know these two short floats.
constexpr Vector vectors[] = {
    {"v8_bfloat16", "v8bf16", "bfloat16", 8}, {"v8_half", "v8h", "ieee_half", 8},
    {"v4_float", "v4f", "ieee_single", 4},    {"v2_double", "v2d", "ieee_double", 2},
    {"v16_int8", "v16i8", "int8", 16},        {"v8_int16", "v8i16", "int16", 8},
    {"v4_int32", "v4i32", "int32", 4},        {"v2_int64", "v2i64", "int64", 2}};

void append(std::string& out, std::initializer_list<std::string_view> parts) {
  for (std::string_view part : parts) out.append(part);
}

void append_flags(std::string& out, std::string_view id, std::span<const Flag> flags) {
  append(out, {"<flags id=\"", id, "\" size=\"4\">\n"});
  for (const Flag& flag : flags) {
    const std::string bit = std::to_string(flag.bit);
    append(out, {"<field name=\"", flag.name, "\" start=\"", bit, "\" end=\"", bit, "\"/>\n"});
  }
  out += "</flags>\n";
}

void append_vector(std::string& out, std::string_view id, std::string_view element, int count) {
  append(out, {"<vector id=\"", id, "\" type=\"", element, "\" count=\"", std::to_string(count), "\"/>\n"});
}

void append_vec128(std::string& out) {
  for (const Vector& vector : vectors) append_vector(out, vector.id, vector.element, vector.count);
  out += "<union id=\"vec128\">\n";
  for (const Vector& vector : vectors) {
    append(out, {"<field name=\"", vector.field, "\" type=\"", vector.id, "\"/>\n"});
  }
  out += "<field name=\"uint128\" type=\"uint128\"/>\n</union>\n";
}

// A type must be defined in the feature that uses it, before its first use; the rest of the names are gdb's
// own.
void append_types(std::string& out, std::span<const RegisterRow> feature) {
  const auto uses = [&](std::string_view type) {
    return std::ranges::any_of(feature, [&](const RegisterRow& row) { return row.type == type; });
  };
  if (uses("i386_eflags")) append_flags(out, "i386_eflags", eflags);
  if (uses("vec128")) append_vec128(out);
  if (uses("i386_mxcsr")) append_flags(out, "i386_mxcsr", mxcsr);
  if (uses("v2ui128")) append_vector(out, "v2ui128", "uint128", 2);
}

void append_feature(std::string& out, std::span<const RegisterRow> feature) {
  append(out, {"<feature name=\"", feature.front().feature, "\">\n"});
  append_types(out, feature);
  for (const RegisterRow& row : feature) {
    append(out, {"<reg name=\"", row.name, "\" bitsize=\"", std::to_string(row.bits), "\" type=\"", row.type,
                 "\""});
    if (!row.group.empty()) append(out, {" group=\"", row.group, "\""});
    out += "/>\n";
  }
  out += "</feature>\n";
}

}  // namespace

std::string target_description(Mode mode, std::span<const RegisterRow> rows) {
  std::string out =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n";
  // gdb knows this name only; lldb's "x86_64" makes it drop the whole description.
  const std::string_view name = mode == Mode::bits64 ? "i386:x86-64" : "i386";
  append(out, {"<architecture>", name, "</architecture>\n<osabi>GNU/Linux</osabi>\n"});
  while (!rows.empty()) {
    const auto same = [&](const RegisterRow& row) { return row.feature == rows.front().feature; };
    const auto end = std::ranges::find_if_not(rows, same);
    const auto size = static_cast<std::size_t>(end - rows.begin());
    append_feature(out, rows.first(size));
    rows = rows.subspan(size);
  }
  out += "</target>\n";
  return out;
}

}  // namespace cotrace::arch::x86_64
