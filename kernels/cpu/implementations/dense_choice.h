#pragma once
// Which kernel multiplies by dense fp32 weights: oneDNN's or our own panels, whichever is faster on this processor.
#include <cstdint>

namespace trimtab::cpu {

/// Whether our own panels are, by 5 % at least, so that equal plans come out alike. Timed once in a process for a shape and a number of
/// threads (the caller's OpenMP setting), on the shape itself or, where it is larger, on 256 rows, 1024 outputs and 1024 columns of it.
bool panelsAreFaster(std::int64_t m, std::int64_t n, std::int64_t k);

}  // namespace trimtab::cpu
