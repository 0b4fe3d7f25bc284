#include "core/compress/rescale/columns.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/tensor/convert.h"

namespace trimtab::compress {

void raiseToColumnMaxima(std::span<const float> rows, std::span<float> maxima) {
    assert(!maxima.empty() && rows.size() % maxima.size() == 0);
    for (std::size_t begin = 0; begin < rows.size(); begin += maxima.size())
        for (std::size_t i = 0; i < maxima.size(); ++i) maxima[i] = std::max(maxima[i], std::abs(rows[begin + i]));
}

void multiplyColumns(std::span<float> rows, std::span<const float> scales) {
    assert(!scales.empty() && rows.size() % scales.size() == 0);
    for (std::size_t begin = 0; begin < rows.size(); begin += scales.size())
        for (std::size_t i = 0; i < scales.size(); ++i) rows[begin + i] *= scales[i];
}

void divideColumns(std::span<float> rows, std::span<const float> scales) {
    assert(!scales.empty() && rows.size() % scales.size() == 0);
    for (std::size_t begin = 0; begin < rows.size(); begin += scales.size())
        for (std::size_t i = 0; i < scales.size(); ++i) rows[begin + i] /= scales[i];
}

void roundToPowersOfTwo(std::span<float> scales) {
    for (float& scale : scales) scale = std::exp2(std::round(std::log2(scale)));
}

// Bounds well inside the normal numbers, so that the reciprocal is one too.
float usableColumnScale(double scale) {
    if (std::isnan(scale)) return 1;
    return static_cast<float>(std::clamp(scale, 0x1p-100, 0x1p100));
}

Result<Tensor> multiplied(const Tensor& tensor, const std::function<double(std::int64_t index)>& factor) {
    TRIMTAB_TRY(Tensor product, Tensor::allocate(DataType::Float64, tensor.shape()));
    const auto values = product.mutableData<double>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        values[i] = tensor::elementAsDouble(tensor, index) * factor(index);
    }
    return tensor::convert(product, tensor.type());
}

}  // namespace trimtab::compress
