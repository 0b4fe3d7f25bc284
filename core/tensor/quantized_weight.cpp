#include "core/tensor/quantized_weight.h"

#include <algorithm>

#include "core/tensor/code_values.h"
#include "core/tensor/convert.h"

namespace trimtab::tensor {
namespace {

struct Extent {
    std::int64_t rows;
    std::int64_t columns;
};

Extent extentOf(const Shape& shape, WeightLayout layout) {
    assert(shape.rank() >= 2);
    if (layout == WeightLayout::OutputsLast)
        return {shape[shape.rank() - 1], shape.elementCount() / std::max<std::int64_t>(shape[shape.rank() - 1], 1)};
    return {shape[0], shape.elementCount() / std::max<std::int64_t>(shape[0], 1)};
}

std::vector<float> transposed(const std::vector<float>& values, std::int64_t rows, std::int64_t columns) {
    constexpr std::int64_t kTile = 32;
    std::vector<float> result(values.size());
    for (std::int64_t r0 = 0; r0 < rows; r0 += kTile)
        for (std::int64_t c0 = 0; c0 < columns; c0 += kTile)
            for (std::int64_t r = r0; r < std::min(r0 + kTile, rows); ++r)
                for (std::int64_t c = c0; c < std::min(c0 + kTile, columns); ++c)
                    result[static_cast<std::size_t>(c * rows + r)] = values[static_cast<std::size_t>(r * columns + c)];
    return result;
}

}  // namespace

bool QuantizedWeight::hasOneScale() const {
    const auto isFirst = [](const auto& all) { return std::ranges::all_of(all, [&](auto one) { return one == all.front(); }); };
    return group >= columns && !scales.empty() && isFirst(scales) && isFirst(zeroPoints);
}

std::int64_t QuantizedWeight::storedBytes() const {
    constexpr std::int64_t kTensorScale = sizeof(float);
    const std::int64_t codeBytes = (rows * columns * bits + 7) / 8;
    const std::int64_t count = hasOneScale() ? 1 : rows * groups();
    const std::int64_t zeroBytes = symmetric ? 0 : (count * bits + 7) / 8;
    switch (scaleFormat) {
        case ScaleFormat::Float32: return codeBytes + count * static_cast<std::int64_t>(sizeof(float)) + zeroBytes;
        case ScaleFormat::PowerOfTwo: return codeBytes + count + zeroBytes;
        case ScaleFormat::Float8E4M3: return codeBytes + count + kTensorScale + zeroBytes;
    }
    return 0;
}

Result<Tensor> QuantizedWeight::dequantize() const { return fromRows(decodedRows(*this), originalShape, layout); }

Result<std::vector<float>> toRows(const Tensor& weight, WeightLayout layout) {
    if (!isFloatingPoint(weight.type()))
        return fail(ErrorCode::Refused, "a weight must be of a floating type, not " + std::string(name(weight.type())));
    std::vector<float> values = toFloats(weight);
    const Extent extent = extentOf(weight.shape(), layout);
    return layout == WeightLayout::OutputsLast ? transposed(values, extent.columns, extent.rows) : values;
}

Result<Tensor> fromRows(const std::vector<float>& rows, const Shape& originalShape, WeightLayout layout) {
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(DataType::Float32, originalShape));
    assert(static_cast<std::int64_t>(rows.size()) == tensor.elementCount());
    const Extent extent = extentOf(originalShape, layout);
    const std::vector<float>& values = layout == WeightLayout::OutputsLast ? transposed(rows, extent.rows, extent.columns) : rows;
    std::copy(values.begin(), values.end(), tensor.mutableData<float>().begin());
    return tensor;
}

}  // namespace trimtab::tensor
