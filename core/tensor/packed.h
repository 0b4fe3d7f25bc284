#pragma once
// Elements below a byte: 8 / bits of them a byte, the first in the low bits, as ONNX packs them.
#include <cstddef>
#include <cstdint>
#include <span>

namespace trimtab::tensor {

inline unsigned packedCode(std::span<const std::byte> bytes, int bits, std::int64_t i) {
    const std::int64_t perByte = 8 / bits;
    return (std::to_integer<unsigned>(bytes[static_cast<std::size_t>(i / perByte)]) >> (i % perByte * bits)) & ((1U << bits) - 1U);
}

/// Codes are taken by their low bits.
inline void setPackedCode(std::span<std::byte> bytes, int bits, std::int64_t i, unsigned code) {
    const std::int64_t perByte = 8 / bits;
    const unsigned shift = static_cast<unsigned>(i % perByte * bits), mask = (1U << bits) - 1U;
    std::byte& byte = bytes[static_cast<std::size_t>(i / perByte)];
    byte = static_cast<std::byte>((std::to_integer<unsigned>(byte) & ~(mask << shift)) | ((code & mask) << shift));
}

/// The code as a two's complement number of `bits` bits.
inline int signedCode(unsigned code, int bits) { return static_cast<int>(code) - (code >> (bits - 1) != 0 ? 1 << bits : 0); }

}  // namespace trimtab::tensor
