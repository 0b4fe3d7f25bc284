#include "core/formats/huggingface/turn.h"

#include <algorithm>
#include <cassert>

#include "core/base/parallel.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr std::int64_t kTile = 64;  // rows and columns that are turned together, within a processor's cache

template <class T>
void turn(const Tensor& from, Tensor& to) {
    const std::int64_t rows = from.shape()[0], columns = from.shape()[1];
    const auto* const source = reinterpret_cast<const T*>(from.bytes().data());
    auto* const target = reinterpret_cast<T*>(to.mutableBytes().data());
    base::parallelFor(static_cast<std::size_t>((columns + kTile - 1) / kTile), [&](std::size_t tile) {
        const std::int64_t first = static_cast<std::int64_t>(tile) * kTile, last = std::min(first + kTile, columns);
        for (std::int64_t row = 0; row < rows; row += kTile)
            for (std::int64_t c = first; c < last; ++c)
                for (std::int64_t r = row; r < std::min(row + kTile, rows); ++r) target[c * rows + r] = source[r * columns + c];
    });
}

}  // namespace

Result<Tensor> turnedMatrix(const Tensor& matrix) {
    const int bits = tensor::bitWidth(matrix.type());
    assert(matrix.shape().rank() == 2 && (bits == 16 || bits == 32));
    TRIMTAB_TRY(Tensor turned, Tensor::allocate(matrix.type(), Shape{matrix.shape()[1], matrix.shape()[0]}));
    if (bits == 32)
        turn<std::uint32_t>(matrix, turned);
    else
        turn<std::uint16_t>(matrix, turned);
    return turned;
}

}  // namespace trimtab::formats::huggingface
