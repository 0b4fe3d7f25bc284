#include "kernels/cpu/simd/bitmap_weight.h"

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {

std::int64_t BitmapWeight::bytes() const {
    return static_cast<std::int64_t>(masks.size() * sizeof(std::uint64_t) + valueStart.size() * sizeof(std::int64_t)) +
           nonZeros() * static_cast<std::int64_t>(sizeof(float));
}

Result<BitmapWeight> BitmapWeight::fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns) {
    TRIMTAB_REQUIRE(checkSparseShape(rows, columns));
    BitmapWeight bitmap;
    bitmap.rows = rows;
    bitmap.columns = columns;
    bitmap.masks.assign(static_cast<std::size_t>(rows * bitmap.tiles()), 0);
    bitmap.valueStart.reserve(static_cast<std::size_t>(rows + 1));
    bitmap.valueStart.push_back(0);
    for (std::int64_t n = 0; n < rows; ++n) {
        std::uint64_t* masks = bitmap.masks.data() + n * bitmap.tiles();
        for (std::int64_t k = 0; k < columns; ++k) {
            const float value = dense[static_cast<std::size_t>(n * columns + k)];
            if (value == 0) continue;
            masks[k / kTileColumns] |= std::uint64_t{1} << (k % kTileColumns);
            bitmap.values.push_back(value);
        }
        bitmap.valueStart.push_back(static_cast<std::int64_t>(bitmap.values.size()));
    }
    bitmap.values.resize(bitmap.values.size() + static_cast<std::size_t>(kLanes), 0.0F);
    return bitmap;
}

void matMul(const BitmapWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch, Isa isa) {
    multiply(kernels(isa).bitmap, weight, x, m, y, epilogue, scratch);
}

}  // namespace trimtab::cpu::simd
