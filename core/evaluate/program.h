#pragma once
// Running the user's own scoring program.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace trimtab::evaluate {

/// Everything the program prints to its standard output. Failed when it cannot be started, ends with another status than 0, or prints more
/// than `maxBytes`; Cancelled (and killed) when asked. Its standard input is empty, its standard error this process's own.
Result<std::string> runProgram(const std::string& program, const std::vector<std::string>& arguments, std::size_t maxBytes,
                               const std::function<bool()>& cancelled);

/// One finite number a line, blank lines let pass; exactly `count` of them.
Result<std::vector<double>> parseScores(const std::string& text, std::size_t count);

}  // namespace trimtab::evaluate
