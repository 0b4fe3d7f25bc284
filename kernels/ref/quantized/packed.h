#pragma once
// Unsigned codes of 2, 4 or 8 bits in bytes, the first in the low bits.
#include "core/tensor/tensor.h"

namespace trimtab::ref {

/// Code `index` of a row that begins at byte `rowStart`. REQUIRES: UInt8, 2, 4 or 8 bits, an index inside.
inline int packedCode(const Tensor& packed, std::int64_t rowStart, std::int64_t index, std::int64_t bits) {
    const std::int64_t inByte = 8 / bits;
    const int byte = packed.data<std::uint8_t>()[static_cast<std::size_t>(rowStart + index / inByte)];
    return byte >> (index % inByte * bits) & ((1 << bits) - 1);
}

}  // namespace trimtab::ref
