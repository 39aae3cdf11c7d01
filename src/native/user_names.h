// Names of users and groups.
#pragma once

#include <cstdint>
#include <string>

namespace cotrace::native {

// As the system's databases have them; the number if they do not.
std::string user_name(std::uint32_t uid);
std::string group_name(std::uint32_t gid);

}  // namespace cotrace::native
