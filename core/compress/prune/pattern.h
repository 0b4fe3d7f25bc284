#pragma once
// Which weights stay, by their scores and by the pattern that a kernel can use.
#include <cstdint>
#include <span>
#include <vector>

namespace trimtab::compress {

struct MaskPattern {
    enum class Kind : std::uint8_t {
        Unstructured,  // of the whole matrix
        PerRow,        // the share of each row
        NOfM,          // the `kept` highest of every `of` neighbours along a row
        Blocks,        // blockRows × blockColumns at a time, by the sum of their scores; those at the far edges may be smaller
        Rows,          // whole output channels, by the sum
        Columns,       // whole input columns, by the sum
    };
    Kind kind = Kind::Unstructured;
    std::int64_t kept = 2;
    std::int64_t of = 4;
    std::int64_t blockRows = 4;
    std::int64_t blockColumns = 4;
};

/// 1 where a weight stays, 0 where it goes, in the places of the scores (rows × columns, row-major). What goes is exactly
/// countToPrune(ratio, …) (magnitude.h) of the elements, of each row's elements, of the blocks, rows or columns: those of lowest score,
/// ties in order of index. N of M doesn't look at the ratio, which is 1 − kept / of; a last group of t < of keeps the t · kept / of
/// highest, rounded up. REQUIRES: no NaN, whole rows, 0 ≤ kept ≤ of, 0 < of, blocks not empty, infinities of one sign.
std::vector<std::uint8_t> maskOf(std::span<const float> scores, std::int64_t columns, const MaskPattern& pattern, double ratio);

/// Zero where the mask is 0; the rest untouched. REQUIRES: equal sizes.
void applyMask(std::span<float> values, std::span<const std::uint8_t> mask);

}  // namespace trimtab::compress
