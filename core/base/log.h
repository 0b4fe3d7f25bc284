#pragma once
// Logging goes to standard error, never to standard output (that belongs to results and to the protocol).
#include <string_view>

#include <spdlog/spdlog.h>

namespace trimtab::base {

/// -1 quiet (errors only), 0 warnings, 1 information, 2 debug.
void initLogging(std::string_view program, int verbosity);

}  // namespace trimtab::base
