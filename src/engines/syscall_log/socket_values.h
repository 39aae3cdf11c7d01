// Socket addresses and messages.
#pragma once

#include <cstdint>
#include <string>

#include "engines/syscall_log/printer.h"

namespace cotrace::engines::syscall_log {

// {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}; the address where it cannot be
// read.
std::string socket_address_text(Printer& to, std::uint64_t address, std::uint64_t length);
// A struct msghdr without its end: "{msg_name=..., msg_flags=0". `received`: the kernel has filled it in,
// with `length` bytes of data, and its name had had room for `name_room`.
std::string message_text(Printer& to, std::uint64_t address, std::uint64_t length, bool received,
                         std::uint64_t name_room);
std::uint32_t message_name_length(Printer& to, std::uint64_t address);

}  // namespace cotrace::engines::syscall_log
