#include "native/link_map.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <optional>
#include <set>

#include "base/hex.h"
#include "base/xml_text.h"

namespace cotrace::native {

namespace {

// More than any program has: what is read is no dynamic section.
constexpr std::size_t most_dynamic_entries = 4096;
constexpr std::size_t longest_name = 4096;  // PATH_MAX

std::uint64_t word_at(std::span<const std::byte> bytes, std::size_t offset, std::size_t word) {
  std::uint64_t value = 0;
  if (offset + word <= bytes.size()) std::memcpy(&value, bytes.data() + offset, word);
  return value;
}

// `count` words from `address` on.
std::optional<std::vector<std::uint64_t>> read_words(const ProgramMemory& memory, Addr address,
                                                     std::size_t count) {
  std::vector<std::byte> raw(count * memory.word);
  if (!memory.read(address, raw)) return std::nullopt;
  std::vector<std::uint64_t> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = word_at(raw, i * memory.word, memory.word);
  return out;
}

// Up to a NUL. In pieces that do not cross a page, so that a name at the end of a mapping can be read.
std::string read_text(const ProgramMemory& memory, Addr address) {
  constexpr std::uint64_t page = 4096;
  std::string out;
  while (address.value != 0 && out.size() < longest_name) {
    std::array<std::byte, 128> piece{};
    const auto size = std::min<std::uint64_t>(piece.size(), page - address.value % page);
    if (!memory.read(address, std::span(piece).first(size))) break;
    const auto text = std::string_view(reinterpret_cast<const char*>(piece.data()), size);
    const auto end = text.find('\0');
    out += text.substr(0, end);
    if (end != std::string_view::npos) break;
    address = address + size;
  }
  return out;
}

struct ProgramHeader {
  std::uint32_t type;
  std::uint64_t vaddr;
};

ProgramHeader header_at(std::span<const std::byte> raw, std::size_t word) {
  // Elf32_Phdr and Elf64_Phdr differ in more than width.
  const std::size_t vaddr = word == 8 ? offsetof(Elf64_Phdr, p_vaddr) : offsetof(Elf32_Phdr, p_vaddr);
  return {static_cast<std::uint32_t>(word_at(raw, 0, 4)), word_at(raw, vaddr, word)};
}

struct RDebug {
  std::uint32_t version;
  Addr map, next;
};

std::optional<RDebug> read_r_debug(const ProgramMemory& memory, Addr at) {
  // r_version (an int, padded), r_map, r_brk, r_state, r_ldbase; since version 2 (glibc 2.35) r_next.
  auto words = read_words(memory, at, 5);
  if (!words) return std::nullopt;
  RDebug out{static_cast<std::uint32_t>((*words)[0]), Addr{(*words)[1]}, {}};
  if (out.version < 2) return out;
  words = read_words(memory, at, 6);
  if (words) out.next = Addr{(*words)[5]};
  return out;
}

}  // namespace

std::size_t word_size_of(std::span<const std::byte> auxv) {
  // Read as pairs of 64-bit words, a 32-bit vector has values in the upper halves of its types.
  for (std::size_t at = 0; at + 16 <= auxv.size(); at += 16) {
    if (word_at(auxv, at, 8) > 0xffff) return 4;
    if (word_at(auxv, at, 8) == AT_NULL) break;
  }
  return 8;
}

std::uint64_t auxv_value(std::span<const std::byte> auxv, std::size_t word, std::uint64_t type) {
  for (std::size_t at = 0; at + 2 * word <= auxv.size(); at += 2 * word) {
    if (word_at(auxv, at, word) == type) return word_at(auxv, at + word, word);
  }
  return 0;
}

Result<Addr> find_r_debug(const ProgramMemory& memory, std::span<const std::byte> auxv) {
  const std::uint64_t headers = auxv_value(auxv, memory.word, AT_PHDR);
  const std::uint64_t count = auxv_value(auxv, memory.word, AT_PHNUM);
  const std::uint64_t size = auxv_value(auxv, memory.word, AT_PHENT);
  if (headers == 0 || count > 0xffff || size < sizeof(Elf32_Phdr) || size > 256) {
    return fail(Errc::not_found, "the program has no program headers");
  }
  std::vector<std::byte> raw(count * size);
  if (!memory.read(Addr{headers}, raw)) return fail(Errc::unmapped, "the program headers cannot be read");
  std::uint64_t bias = 0;
  std::uint64_t dynamic = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto header = header_at(std::span(raw).subspan(i * size, size), memory.word);
    if (header.type == PT_PHDR) bias = headers - header.vaddr;
    if (header.type == PT_DYNAMIC) dynamic = header.vaddr;
  }
  if (dynamic == 0) return fail(Errc::not_found, "the program is statically linked");
  for (std::size_t i = 0; i < most_dynamic_entries; ++i) {
    const auto entry = read_words(memory, Addr{dynamic + bias + i * 2 * memory.word}, 2);
    if (!entry || (*entry)[0] == DT_NULL) break;
    if ((*entry)[0] != DT_DEBUG) continue;
    if ((*entry)[1] == 0) break;  // the linker has not run yet
    return Addr{(*entry)[1]};
  }
  return fail(Errc::not_found, "there is no list of loaded libraries (yet)");
}

LoadedObjects loaded_objects_from(const ProgramMemory& memory, Addr space, Addr start, Addr prev) {
  LoadedObjects out;
  std::set<Addr> seen;  // a list that is being changed, or a corrupt one, may be a ring
  while (start != Addr{} && seen.insert(start).second) {
    // l_addr, l_name, l_ld, l_next, l_prev
    const auto map = read_words(memory, start, 5);
    if (!map || Addr{(*map)[4]} != prev) break;
    out.objects.push_back({read_text(memory, Addr{(*map)[1]}), start, (*map)[0], Addr{(*map)[2]}, space});
    prev = start;
    start = Addr{(*map)[3]};
  }
  return out;
}

Result<LoadedObjects> loaded_objects(const ProgramMemory& memory, Addr r_debug) {
  LoadedObjects out;
  std::set<Addr> seen;
  for (Addr at = r_debug; at != Addr{} && seen.insert(at).second;) {
    const auto debug = read_r_debug(memory, at);
    if (!debug || debug->version < 1) break;
    auto part = loaded_objects_from(memory, at, debug->map, {});
    auto first = part.objects.begin();
    // The main program heads the first namespace, under no name.
    if (at == r_debug && first != part.objects.end()) out.main_link_map = (first++)->link_map;
    out.objects.insert(out.objects.end(), std::make_move_iterator(first),
                       std::make_move_iterator(part.objects.end()));
    at = debug->next;
  }
  if (out.main_link_map == Addr{})
    return fail(Errc::not_found, "the list of loaded libraries is empty (yet)");
  return out;
}

std::string library_list_svr4(const LoadedObjects& loaded) {
  std::string out = "<library-list-svr4 version=\"1.0\"";
  if (loaded.main_link_map != Addr{}) out += fmt::format(" main-lm=\"0x{:x}\"", loaded.main_link_map.value);
  out += '>';
  for (const auto& object : loaded.objects) {
    out +=
        fmt::format("<library name=\"{}\" lm=\"0x{:x}\" l_addr=\"0x{:x}\" l_ld=\"0x{:x}\" lmid=\"0x{:x}\"/>",
                    base::xml_escaped(object.name), object.link_map.value, object.load_bias,
                    object.dynamic.value, object.space.value);
  }
  return out + "</library-list-svr4>";
}

namespace {

struct Annex {
  std::optional<Addr> start;
  Addr prev, space;
};

Result<Annex> parsed(std::string_view annex) {
  Annex out;
  while (!annex.empty()) {
    const std::string_view item = annex.substr(0, annex.find(';'));
    annex.remove_prefix(std::min(annex.size(), item.size() + 1));
    const auto equals = item.find('=');
    const auto value =
        equals == std::string_view::npos ? std::nullopt : base::number_from_hex(item.substr(equals + 1));
    if (!value) return fail(Errc::invalid, "the annex is not start=ADDRESS;prev=ADDRESS");
    const std::string_view name = item.substr(0, equals);
    if (name == "start") out.start = Addr{*value};
    if (name == "prev") out.prev = Addr{*value};
    if (name == "lmid") out.space = Addr{*value};
    // Others are of later versions of the protocol and may be left alone.
  }
  return out;
}

}  // namespace

Result<std::string> libraries_svr4(const ProgramMemory& memory, std::span<const std::byte> auxv,
                                   std::string_view annex) {
  const auto wanted = parsed(annex);
  if (!wanted) return std::unexpected(wanted.error());
  if (wanted->start && *wanted->start != Addr{}) {
    auto part = loaded_objects_from(memory, wanted->space, *wanted->start, wanted->prev);
    // Without a predecessor it is the main program, which no list has.
    if (wanted->prev == Addr{} && !part.objects.empty() && part.objects.front().name.empty()) {
      part.objects.erase(part.objects.begin());
    }
    return library_list_svr4(part);
  }
  const auto r_debug = find_r_debug(memory, auxv);
  if (!r_debug) return std::unexpected(r_debug.error());
  const auto all = loaded_objects(memory, *r_debug);
  if (!all) return std::unexpected(all.error());
  return library_list_svr4(*all);
}

}  // namespace cotrace::native
