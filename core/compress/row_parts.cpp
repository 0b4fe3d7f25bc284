#include "core/compress/row_parts.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/base/parallel.h"
#include "core/compress/calibrate/layer_inputs.h"
#include "core/compress/quantize/code_grid.h"
#include "core/recipe/methods.h"
#include "core/tensor/code_values.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

constexpr std::int64_t kElementsInPart = 1 << 20;
constexpr std::int64_t kElementsForAllProcessors = 1 << 26;  // smaller weights are worked on side by side with others

std::size_t widthOf(const Tensor& tensor) { return static_cast<std::size_t>(tensor::bitWidth(tensor.type())) / 8; }

/// Elements [begin, begin + count) as a row; shares the bytes.
Tensor elements(const Tensor& whole, std::int64_t begin, std::int64_t count) {
    const std::size_t width = widthOf(whole);
    const auto bytes = whole.bytes().subspan(static_cast<std::size_t>(begin) * width, static_cast<std::size_t>(count) * width);
    return Tensor::view(whole.type(), Shape{count}, bytes, std::make_shared<Tensor>(whole));
}

/// Rows [begin, begin + count) of the weight, as tensor::toRows() gives them.
Result<std::vector<float>> someRows(const Tensor& original, const graph::WeightUse& use, std::int64_t begin, std::int64_t count) {
    if (use.layout == tensor::WeightLayout::OutputsFirst)
        return tensor::toFloats(elements(original, begin * use.columns, count * use.columns));
    TRIMTAB_TRY(Tensor part, Tensor::allocate(original.type(), Shape{use.columns, count}));
    const std::size_t width = widthOf(original);
    const auto from = original.bytes();
    const auto to = part.mutableBytes();
    for (std::int64_t column = 0; column < use.columns; ++column)
        std::memcpy(to.data() + static_cast<std::size_t>(column * count) * width,
                    from.data() + static_cast<std::size_t>(column * use.rows + begin) * width, static_cast<std::size_t>(count) * width);
    return tensor::toRows(part, use.layout);
}

struct Part {
    Status status;
    SquaredSums sums;
    std::int64_t nonZeros = 0;
};

template <class T>
void place(std::vector<T>& whole, const std::vector<T>& part, std::int64_t first) {
    std::copy(part.begin(), part.end(), whole.begin() + first);
}

/// Rounds the rows [begin, begin + count) and files them where they belong.
Part roundPart(const Tensor& original, const graph::WeightUse& use, std::int64_t begin, std::int64_t count, const RoundSomeRows& round,
               tensor::QuantizedWeight& whole) {
    const auto rows = someRows(original, use, begin, count);
    if (!rows) return {tl::unexpected(rows.error()), {}, 0};
    const auto codes = round(*rows, count);
    if (!codes) return {tl::unexpected(codes.error()), {}, 0};
    place(whole.codes, codes->codes, begin * use.columns);
    place(whole.scales, codes->scales, begin * whole.groups());
    place(whole.zeroPoints, codes->zeroPoints, begin * whole.groups());
    const std::vector<float> decoded = tensor::decodedRows(*codes);
    const auto zeros = std::count(decoded.begin(), decoded.end(), 0.0F);
    return {{}, squaredSums(*rows, decoded), static_cast<std::int64_t>(decoded.size()) - zeros};
}

}  // namespace

bool roundsRowByRow(const recipe::WeightSpec& spec, DataType original) {
    const bool aByteOrMore = tensor::bitWidth(original) >= 8;
    return aByteOrMore && spec.bits <= 8 && recipe::weightMethod(spec).rounding == "rtn" && !clipsByOutputs(spec) && spec.group >= 0 &&
           spec.format != "nvfp4";
}

Result<LayerWeight> storeByRows(const Tensor& original, const graph::WeightUse& use, const recipe::WeightSpec& spec,
                                const RoundSomeRows& round) {
    tensor::QuantizedWeight whole = CodeGrid(spec, {}).emptyWeight(use.rows, use.columns);
    whole.originalShape = original.shape();
    whole.layout = use.layout;
    whole.scales.resize(static_cast<std::size_t>(use.rows * whole.groups()));
    if (!whole.symmetric) whole.zeroPoints.resize(whole.scales.size());

    const std::int64_t atOnce = std::max<std::int64_t>(1, kElementsInPart / std::max<std::int64_t>(use.columns, 1));
    std::vector<Part> parts(static_cast<std::size_t>((use.rows + atOnce - 1) / atOnce));
    const auto work = [&](std::size_t i) {
        const std::int64_t begin = static_cast<std::int64_t>(i) * atOnce;
        parts[i] = roundPart(original, use, begin, std::min(atOnce, use.rows - begin), round, whole);
    };
    if (use.rows * use.columns >= kElementsForAllProcessors) base::parallelFor(parts.size(), work);
    else
        for (std::size_t i = 0; i < parts.size(); ++i) work(i);

    LayerWeight weight;
    SquaredSums sums;
    std::int64_t nonZeros = 0;
    for (const Part& part : parts) {
        TRIMTAB_REQUIRE(part.status);
        sums.signal += part.sums.signal;
        sums.noise += part.sums.noise;
        nonZeros += part.nonZeros;
    }
    if (!whole.codes.empty()) weight.density = static_cast<double>(nonZeros) / static_cast<double>(whole.codes.size());
    weight.sqnrDb = inDecibels(sums);
    weight.storedBytes = whole.storedBytes();
    weight.quantized = std::make_shared<const tensor::QuantizedWeight>(std::move(whole));
    return weight;
}

double shareOfNonZeros(const Tensor& tensor) {
    const std::int64_t count = tensor.elementCount();
    if (count == 0) return 1;
    if (widthOf(tensor) == 0) return shareOfNonZeros(tensor::toFloats(tensor));  // several elements a byte
    std::int64_t zeros = 0;
    for (std::int64_t begin = 0; begin < count; begin += kElementsInPart) {
        const std::vector<float> values = tensor::toFloats(elements(tensor, begin, std::min(kElementsInPart, count - begin)));
        zeros += std::count(values.begin(), values.end(), 0.0F);
    }
    return 1.0 - static_cast<double>(zeros) / static_cast<double>(count);
}

}  // namespace trimtab::compress
