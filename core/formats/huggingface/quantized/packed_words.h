#pragma once
// Codes without a sign, one behind the other in little-endian words of 32 bits: code i begins at bit i · bits, the lowest bit first, and
// may end in the next word.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace trimtab::formats::huggingface {

/// Words that hold `count` codes.
inline std::int64_t wordsOf(std::int64_t count, int bits) { return (count * bits + 31) / 32; }

struct PackedWords {
    const std::byte* words = nullptr;  // at any alignment
    int bits = 4;                      // 1 … 8
    std::int64_t step = 1;             // words from one of a run to its next

    /// Code i of the run whose first word is number `first`.
    unsigned code(std::int64_t first, std::int64_t i) const {
        const std::int64_t bit = i * bits, at = first + bit / 32 * step;
        const int shift = static_cast<int>(bit % 32);
        std::uint32_t value = word(at) >> shift;
        if (shift + bits > 32) value |= word(at + step) << (32 - shift);
        return value & ((1U << bits) - 1U);
    }

private:
    std::uint32_t word(std::int64_t at) const {
        std::uint32_t value;
        std::memcpy(&value, words + at * static_cast<std::int64_t>(sizeof value), sizeof value);
        return value;
    }
};

}  // namespace trimtab::formats::huggingface
