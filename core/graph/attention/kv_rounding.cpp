#include "core/graph/attention/kv_rounding.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/tensor/convert.h"

namespace trimtab::graph {
namespace {

/// Values `stride` apart.
void roundRange(const float* from, float* to, std::int64_t count, std::int64_t stride, float levels) {
    float low = from[0];
    float high = from[0];
    bool isFinite = true;
    for (std::int64_t i = 0; i < count; ++i) {
        const float value = from[i * stride];
        isFinite = isFinite && std::isfinite(value);
        low = std::min(low, value);
        high = std::max(high, value);
    }
    const float scale = (high - low) / levels;
    const bool keeps = !isFinite || !(scale > 0) || !std::isfinite(scale);
    for (std::int64_t i = 0; i < count; ++i) {
        const float value = from[i * stride];
        to[i * stride] = keeps ? value : low + scale * std::nearbyint((value - low) / scale);
    }
}

}  // namespace

void roundCache(std::span<const float> values, std::int64_t rows, std::int64_t columns, bool rangePerRow, int bits, std::span<float> out) {
    assert(bits >= 2 && bits <= 8 && static_cast<std::int64_t>(values.size()) == rows * columns && out.size() == values.size());
    if (values.empty()) return;
    const auto levels = static_cast<float>((1 << bits) - 1);
    if (rangePerRow)
        for (std::int64_t row = 0; row < rows; ++row)
            roundRange(values.data() + row * columns, out.data() + row * columns, columns, 1, levels);
    else
        for (std::int64_t column = 0; column < columns; ++column)
            roundRange(values.data() + column, out.data() + column, rows, columns, levels);
}

void roundCache(const Treatment& treatment, CachePart part, const Shape& shape, std::span<const float> operand, std::span<float> out) {
    assert(treatment.kvBits < 32 && shape.rank() >= 2);
    const std::int64_t rows = shape[shape.rank() - 2], columns = shape[shape.rank() - 1];
    const auto size = static_cast<std::size_t>(rows * columns);
    const bool tokensAreRows = part == CachePart::Values;
    for (std::size_t begin = 0; size > 0 && begin < operand.size(); begin += size)
        roundCache(operand.subspan(begin, size), rows, columns, tokensAreRows != treatment.kvPerChannel, treatment.kvBits,
                   out.subspan(begin, size));
}

Result<Tensor> roundedCache(const Treatment& treatment, CachePart part, const Tensor& operand) {
    TRIMTAB_TRY(const Tensor values, tensor::convert(operand, DataType::Float32));
    TRIMTAB_TRY(Tensor rounded, Tensor::allocate(DataType::Float32, operand.shape()));
    roundCache(treatment, part, operand.shape(), values.data<float>(), rounded.mutableData<float>());
    return tensor::convert(rounded, operand.type());
}

}  // namespace trimtab::graph
