#pragma once
// How a row of a cache of few bits stands in memory: the least of its values and the scale, float32 both, then its codes:
//   value = low + scale · code, codes 0 … 2^bits − 1 (core/graph/attention/kv_rounding.h says how they are rounded).
// 8 bits: a byte each. 4 bits: of each 16 neighbouring values byte i holds value i in its low half and value 8 + i in its high one.
// Codes are padded to 16 values. A row that holds NaN or infinities, or spans more than float32 can say, has a low and a scale of NaN.
#include <cstdint>

namespace trimtab::tensor {

inline constexpr std::int64_t kKeptRangeBytes = 8;
inline constexpr std::int64_t kKeptChunk = 16;  // values

constexpr std::int64_t keptRowBytes(std::int64_t values, int bits) {
    return kKeptRangeBytes + (values + kKeptChunk - 1) / kKeptChunk * kKeptChunk * bits / 8;
}

}  // namespace trimtab::tensor
