#pragma once
// Sparse weight of which at most N of every M neighbours along a row are non-zero (N:M), packed: N values for each group of M, each with
// its place in the group. See sparse_product.h.
//
// Values stand in units of 16 lanes, which hold 16 / N (rounded down) whole groups; lanes without a value hold zero and the place 0. Lane i
// of a unit meets column
//   unit · unitColumns() + i / N · M + place
// Places take 2 bits for M ≤ 4 and 4 bits for M ≤ 16, lowest bits first, so that a unit's places are one or two 32-bit words.
#include <array>
#include <cstdint>
#include <vector>

#include "kernels/cpu/simd/sparse_product.h"

namespace trimtab::cpu::simd {

struct NmWeight {
    static constexpr int kLargestGroup = 16;

    std::int64_t rows = 0;
    std::int64_t columns = 0;
    int kept = 2;  // N
    int of = 4;    // M
    std::vector<float> values;          // rows × units() × 16
    std::vector<std::uint32_t> places;  // rows × units() × placeWords()

    std::int64_t unitGroups() const { return kLanes / kept; }
    std::int64_t unitColumns() const { return unitGroups() * of; }
    std::int64_t units() const { return (columns + unitColumns() - 1) / unitColumns(); }
    int placeBits() const { return of <= 4 ? 2 : 4; }
    std::int64_t placeWords() const { return kLanes * placeBits() / 32; }
    /// For each lane i / N · M; 0 for lanes that are never used.
    std::array<std::int32_t, kLanes> groupColumns() const;
    /// Every unit takes the columns of 32 neighbours, the lower 8 lanes those of the lower 16.
    bool isHalf() const { return of == 2 * kept && kLanes % kept == 0; }

    std::int64_t storedValues() const { return static_cast<std::int64_t>(values.size()); }
    std::int64_t bytes() const;
    /// From rows × columns floats, row-major. Refused when a dim exceeds 2^31, for N and M other than 1 ≤ N ≤ M ≤ 16, and when a group (the
    /// last of a row may be shorter) holds more than N non-zeros.
    static Result<NmWeight> fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns, int kept, int of);
};

/// x: m × columns, y: m × rows, row-major and dense; scratch as scratchFloats() says. Allocates nothing.
void matMul(const NmWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch,
            Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
