// The general registers by name, in the order in which people list them.
#pragma once

#include <cstdint>
#include <string_view>
#include <sys/user.h>
#include <utility>
#include <vector>

namespace cotrace::engines {

inline std::vector<std::pair<std::string_view, std::uint64_t>> register_list(const user_regs_struct& regs) {
  return {{"rax", regs.rax}, {"rbx", regs.rbx},       {"rcx", regs.rcx},         {"rdx", regs.rdx},
          {"rsi", regs.rsi}, {"rdi", regs.rdi},       {"rbp", regs.rbp},         {"rsp", regs.rsp},
          {"r8", regs.r8},   {"r9", regs.r9},         {"r10", regs.r10},         {"r11", regs.r11},
          {"r12", regs.r12}, {"r13", regs.r13},       {"r14", regs.r14},         {"r15", regs.r15},
          {"rip", regs.rip}, {"eflags", regs.eflags}, {"fs_base", regs.fs_base}, {"gs_base", regs.gs_base}};
}

}  // namespace cotrace::engines
