#include "kernels/cpu/simd/nm_weight.h"

#include <algorithm>
#include <string>

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {
namespace {

/// One row into its units; false when a group holds too many.
bool packRow(const float* row, NmWeight& weight, std::int64_t n) {
    float* values = weight.values.data() + n * weight.units() * kLanes;
    std::uint32_t* places = weight.places.data() + n * weight.units() * weight.placeWords();
    const int bits = weight.placeBits();
    for (std::int64_t group = 0; group * weight.of < weight.columns; ++group) {
        const std::int64_t unit = group / weight.unitGroups();
        std::int64_t lane = group % weight.unitGroups() * weight.kept;
        const std::int64_t laneEnd = lane + weight.kept;
        const std::int64_t width = std::min<std::int64_t>(weight.of, weight.columns - group * weight.of);
        for (std::int64_t place = 0; place < width; ++place) {
            const float value = row[group * weight.of + place];
            if (value == 0) continue;
            if (lane == laneEnd) return false;
            values[unit * kLanes + lane] = value;
            places[unit * weight.placeWords() + lane * bits / 32] |= static_cast<std::uint32_t>(place) << (lane * bits % 32);
            ++lane;
        }
    }
    return true;
}

}  // namespace

std::array<std::int32_t, kLanes> NmWeight::groupColumns() const {
    std::array<std::int32_t, kLanes> columnOf{};
    for (std::int64_t lane = 0; lane < unitGroups() * kept; ++lane)
        columnOf[static_cast<std::size_t>(lane)] = static_cast<std::int32_t>(lane / kept * of);
    return columnOf;
}

std::int64_t NmWeight::bytes() const {
    return static_cast<std::int64_t>(values.size() * sizeof(float) + places.size() * sizeof(std::uint32_t));
}

Result<NmWeight> NmWeight::fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns, int kept, int of) {
    TRIMTAB_REQUIRE(checkSparseShape(rows, columns));
    if (kept < 1 || kept > of || of > kLargestGroup) return fail(ErrorCode::Refused, "a packed N:M weight needs 1 <= N <= M <= 16");
    NmWeight weight;
    weight.rows = rows;
    weight.columns = columns;
    weight.kept = kept;
    weight.of = of;
    weight.values.assign(static_cast<std::size_t>(rows * weight.units() * kLanes), 0.0F);
    weight.places.assign(static_cast<std::size_t>(rows * weight.units() * weight.placeWords()), 0);
    for (std::int64_t n = 0; n < rows; ++n) {
        if (packRow(dense.data() + n * columns, weight, n)) continue;
        return fail(ErrorCode::Refused,
                    "row " + std::to_string(n) + " holds more than " + std::to_string(kept) + " non-zeros of " + std::to_string(of));
    }
    return weight;
}

void matMul(const NmWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch, Isa isa) {
    multiply(kernels(isa).nm, weight, x, m, y, epilogue, scratch);
}

}  // namespace trimtab::cpu::simd
