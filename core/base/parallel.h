#pragma once
// Independent pieces of work on every processor that this process may use.
#include <cstddef>
#include <functional>

namespace trimtab::base {

/// Processors this process may use; at least 1.
std::size_t availableProcessors();

/// body(0) … body(count − 1), each once, in any order and several at a time. Returns when all have ended. The first exception is thrown
/// again here; pieces that have not begun by then are left out. REQUIRES: the pieces touch nothing that another one changes.
void parallelFor(std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace trimtab::base
