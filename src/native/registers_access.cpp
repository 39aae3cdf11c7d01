#include "native/registers_access.h"

#include <algorithm>
#include <cstring>

#include "arch/native_client.h"

namespace cotrace::native {

namespace arch_ns = arch::native;
using arch_ns::GeneralRegs;
using arch_ns::Mode;
using arch_ns::RegisterImage;
using arch_ns::RegisterLayout;

namespace {

bool same(const GeneralRegs& a, const GeneralRegs& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

std::size_t bytes_of(const arch_ns::RegisterInfo& info) {
  return info.bits / 8U;
}

// Writes back what differs: a whole block of unchanged registers costs nothing, and leaves the extended state
// of a task alone that has never used it.
Result<> store(trace::Core& core, TaskId task, const RegisterImage& before, const RegisterImage& after) {
  if (!same(before.general, after.general)) {
    if (auto set = core.set_general_regs(task, after.general); !set) return set;
  }
  if (before.xstate != after.xstate) return core.set_xstate(task, after.xstate);
  return {};
}

}  // namespace

RegisterTables::One::One(Mode mode, const arch_ns::XsaveLayout& xsave)
    : layout(mode, xsave), lldb_xml(arch_ns::lldb_description(layout)) {
  for (const auto& info : layout.registers()) fields.push_back({info.name, info.bits, info.offset});
}

RegisterTables::RegisterTables()
    : bits64_(Mode::bits64, arch_ns::XsaveLayout::of_this_processor()),
      bits32_(Mode::bits32, arch_ns::XsaveLayout::of_this_processor()) {}

const RegisterLayout& RegisterTables::layout(Mode mode) const {
  return (mode == Mode::bits64 ? bits64_ : bits32_).layout;
}

session::RegisterSet RegisterTables::set(Mode mode) const {
  const One& one = mode == Mode::bits64 ? bits64_ : bits32_;
  return {one.layout.target_xml(), one.fields, one.layout.block_size(), one.layout.expedited(), one.lldb_xml};
}

Result<Mode> RegisterAccess::mode(TaskId task) const {
  auto regs = core_.general_regs(task);
  if (!regs) return std::unexpected(regs.error());
  return arch_ns::mode_of(*regs);
}

Result<session::RegisterSet> RegisterAccess::set(TaskId task) const {
  const auto which = mode(task);
  if (!which) return std::unexpected(which.error());
  return tables_.set(*which);
}

Result<RegisterImage> RegisterAccess::image_for(TaskId task, int number,
                                                const RegisterLayout*& layout) const {
  RegisterImage image;
  auto general = core_.general_regs(task);
  if (!general) return std::unexpected(general.error());
  image.general = *general;
  layout = &tables_.layout(arch_ns::mode_of(image.general));
  const auto registers = layout->registers();
  if (number < 0 || static_cast<std::size_t>(number) >= registers.size()) {
    return fail(Errc::invalid, "no such register");
  }
  // Another request to the kernel, of some kilobytes; most stops are decided by pc and sp alone.
  if (!registers[static_cast<std::size_t>(number)].in_xstate) return image;
  auto xstate = core_.xstate(task);
  if (!xstate) return std::unexpected(xstate.error());
  image.xstate = std::move(*xstate);
  return image;
}

Result<> RegisterAccess::read_block(TaskId task, std::span<std::byte> block, std::vector<bool>& valid) const {
  RegisterImage image;
  auto general = core_.general_regs(task);
  if (!general) return std::unexpected(general.error());
  image.general = *general;
  const RegisterLayout& layout = tables_.layout(arch_ns::mode_of(image.general));
  if (block.size() < layout.block_size())
    return fail(Errc::invalid, "the block is too small for the registers");
  // Without it those registers are unavailable, the others are not.
  if (auto xstate = core_.xstate(task)) image.xstate = std::move(*xstate);
  const auto registers = layout.registers();
  valid.assign(registers.size(), false);
  for (std::size_t i = 0; i < registers.size(); ++i) {
    const auto out = block.subspan(registers[i].offset, bytes_of(registers[i]));
    valid[i] = layout.read(static_cast<int>(i), image, out).has_value();
  }
  return {};
}

Result<> RegisterAccess::write_block(TaskId task, std::span<const std::byte> block) const {
  RegisterImage before;
  auto general = core_.general_regs(task);
  if (!general) return std::unexpected(general.error());
  before.general = *general;
  const RegisterLayout& layout = tables_.layout(arch_ns::mode_of(before.general));
  if (block.size() != layout.block_size())
    return fail(Errc::invalid, "the block has not the size of the registers");
  if (auto xstate = core_.xstate(task)) before.xstate = std::move(*xstate);

  RegisterImage after = before;
  std::vector<std::byte> old;
  const auto registers = layout.registers();
  for (std::size_t i = 0; i < registers.size(); ++i) {
    const auto value = block.subspan(registers[i].offset, bytes_of(registers[i]));
    old.resize(value.size());
    // A value that has not changed is not written: to write one takes its component out of the initial state.
    if (layout.read(static_cast<int>(i), before, old) && std::ranges::equal(old, value)) continue;
    // gdb sends back what it got, also for registers that this processor or task does not have.
    auto written = layout.write(static_cast<int>(i), after, value);
    if (!written && written.error().code != Errc::unsupported) return written;
  }
  return store(core_, task, before, after);
}

Result<std::vector<std::byte>> RegisterAccess::read(TaskId task, int number) const {
  const RegisterLayout* layout = nullptr;
  auto image = image_for(task, number, layout);
  if (!image) return std::unexpected(image.error());
  std::vector<std::byte> value(bytes_of(layout->registers()[static_cast<std::size_t>(number)]));
  if (auto read = layout->read(number, *image, value); !read) return std::unexpected(read.error());
  return value;
}

Result<> RegisterAccess::write(TaskId task, int number, std::span<const std::byte> value) const {
  const RegisterLayout* layout = nullptr;
  auto image = image_for(task, number, layout);
  if (!image) return std::unexpected(image.error());
  RegisterImage after = *image;
  if (auto written = layout->write(number, after, value); !written) return written;
  return store(core_, task, *image, after);
}

Result<std::uint64_t> RegisterAccess::read_number(TaskId task, int number) const {
  const auto value = read(task, number);
  if (!value) return std::unexpected(value.error());
  std::uint64_t out = 0;
  std::memcpy(&out, value->data(), std::min(value->size(), sizeof out));
  return out;
}

Result<Addr> RegisterAccess::pc(TaskId task) const {
  auto regs = core_.general_regs(task);
  if (!regs) return std::unexpected(regs.error());
  return Addr{regs->rip};
}

Result<> RegisterAccess::set_pc(TaskId task, Addr pc) const {
  auto regs = core_.general_regs(task);
  if (!regs) return std::unexpected(regs.error());
  regs->rip = pc.value;
  return core_.set_general_regs(task, *regs);
}

}  // namespace cotrace::native
