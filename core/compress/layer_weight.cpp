#include "core/compress/layer_weight.h"

#include <algorithm>
#include <cmath>

#include "core/compress/precision/sixteen_bits.h"
#include "core/tensor/code_values.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

// Back to the type that the graph says. A float64 that was not changed keeps its own digits.
Result<Tensor> writeBack(const Tensor& original, const std::vector<float>& values) {
    if (original.type() == DataType::Float64) {
        TRIMTAB_TRY(Tensor tensor, Tensor::allocate(DataType::Float64, original.shape()));
        auto out = tensor.mutableData<double>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double before = tensor::elementAsDouble(original, static_cast<std::int64_t>(i));
            out[i] = static_cast<float>(before) == values[i] ? before : static_cast<double>(values[i]);
        }
        return tensor;
    }
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(DataType::Float32, original.shape()));
    std::copy(values.begin(), values.end(), tensor.mutableData<float>().begin());
    return tensor::convert(tensor, original.type());
}

Result<LayerWeight> storeAsIntegers(const Tensor& original, const graph::WeightUse& use, const std::vector<float>& values,
                                    const RoundRows& round) {
    TRIMTAB_TRY(const std::vector<float> rows, rowsOf(values, original, use.layout));
    TRIMTAB_TRY(tensor::QuantizedWeight codes, round(rows));
    codes.originalShape = original.shape();
    codes.layout = use.layout;
    const std::vector<float> decoded = tensor::decodedRows(codes);
    TRIMTAB_TRY(const std::vector<float> originalRows, tensor::toRows(original, use.layout));

    LayerWeight weight;
    weight.density = shareOfNonZeros(decoded);
    weight.sqnrDb = signalToNoiseDb(originalRows, decoded);
    weight.storedBytes = codes.storedBytes();
    weight.quantized = std::make_shared<const tensor::QuantizedWeight>(std::move(codes));
    return weight;
}

}  // namespace

Result<std::vector<float>> rowsOf(const std::vector<float>& values, const Tensor& like, tensor::WeightLayout layout) {
    TRIMTAB_TRY(Tensor tensor, Tensor::allocate(DataType::Float32, like.shape()));
    std::copy(values.begin(), values.end(), tensor.mutableData<float>().begin());
    return tensor::toRows(tensor, layout);
}

Result<std::vector<float>> elementsOf(const std::vector<float>& rows, const Tensor& like, tensor::WeightLayout layout) {
    TRIMTAB_TRY(const Tensor tensor, tensor::fromRows(rows, like.shape(), layout));
    return tensor::toFloats(tensor);
}

double shareOfNonZeros(std::span<const float> values) {
    if (values.empty()) return 1;
    const auto zeros = std::count(values.begin(), values.end(), 0.0F);
    return 1.0 - static_cast<double>(zeros) / static_cast<double>(values.size());
}

SquaredSums squaredSums(std::span<const float> original, std::span<const float> changed) {
    SquaredSums sums;
    for (std::size_t i = 0; i < original.size(); ++i) {
        if (std::isinf(original[i]) && original[i] == changed[i]) continue;
        const double error = static_cast<double>(original[i]) - changed[i];
        sums.signal += static_cast<double>(original[i]) * original[i];
        sums.noise += error * error;
    }
    return sums;
}

std::optional<double> inDecibels(const SquaredSums& sums) {
    if (!std::isfinite(sums.noise)) return 0;  // an infinity was lost: nothing of the signal can be told from the noise
    if (!(sums.noise > 0)) return std::nullopt;
    return 10 * std::log10(sums.signal / sums.noise);
}

std::optional<double> signalToNoiseDb(std::span<const float> original, std::span<const float> changed) {
    return inDecibels(squaredSums(original, changed));
}

Result<LayerWeight> storeWeight(const Tensor& original, const graph::WeightUse& use, std::vector<float> values,
                                const std::optional<recipe::WeightSpec>& spec, const RoundRows& round) {
    if (spec && spec->bits <= 8) return storeAsIntegers(original, use, values, round);
    if (spec && spec->bits == 16) TRIMTAB_REQUIRE(roundToSixteenBits(values, spec->format == "bf16"));
    LayerWeight weight;
    TRIMTAB_TRY(weight.constant, writeBack(original, values));
    weight.density = shareOfNonZeros(values);
    weight.sqnrDb = signalToNoiseDb(tensor::toFloats(original), values);
    weight.storedBytes = spec && spec->bits == 16 ? original.elementCount() * 2 : static_cast<std::int64_t>(original.bytes().size());
    return weight;
}

}  // namespace trimtab::compress
