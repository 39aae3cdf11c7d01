// Texts that come from programs, made fit to be shown: a command line can contain anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cotrace::engines {

// Control characters, which could tell a terminal what to do, are written as \n or \xNN.
std::string harmless(std::string_view text);
// The words as one would type them into a shell; cut, with "..." at the end, beyond `most` bytes.
std::string shown_command(const std::vector<std::string>& words, std::size_t most = 1000);
// No more than `width` characters of UTF-8, for each of which one column is assumed.
std::string clipped(std::string_view text, std::size_t width);

// "0.123s", "2m03s", "1h02m".
std::string shown_time(std::chrono::microseconds time);
// "512B", "12.3M".
std::string shown_size(std::uint64_t bytes);

}  // namespace cotrace::engines
