#include "kernels/ref/normalization/layer_normalization.h"

#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/normalization/moments.h"

namespace trimtab::ref {
namespace {

/// Input i broadcast to the axes of `shape` from `at` on.
Result<Line> broadcastSuffix(const Call& call, std::size_t i, const Shape& shape, int at, double fallback) {
    const Shape suffix(Ints(shape.begin() + at, shape.end()));
    const auto count = static_cast<std::size_t>(extent(shape, at, shape.rank()));
    if (!call.has(i)) return Line(count, fallback);
    const Line given = allOf(call.tensor(i));
    const Shape& own = call.tensor(i).shape();
    if (tensor::broadcast(own, suffix) != suffix)
        return refuse(call, fmt::format("input {} of shape {} does not broadcast to {}", i, own.text(), suffix.text()));
    Line result(count);
    for (std::size_t flat = 0; flat < count; ++flat) {
        auto rest = static_cast<std::int64_t>(flat);
        std::int64_t from = 0, step = 1;
        for (int d = suffix.rank() - 1, o = own.rank() - 1; o >= 0; --d, --o) {
            if (own[o] != 1) from += rest % suffix[d] * step;
            step *= own[o];
            rest /= suffix[d];
        }
        result[flat] = given[static_cast<std::size_t>(from)];
    }
    return result;
}

Result<SuffixNormalization> read(const Call& call, bool centred) {
    SuffixNormalization how;
    how.centred = centred;
    how.epsilon = epsilonOf(call);
    TRIMTAB_REQUIRE(requireFloating(call, 3));
    TRIMTAB_TRY(how.axis, axisAttribute(call, "axis", -1, call.tensor(0).shape().rank()));
    TRIMTAB_TRY(how.statisticsType, statisticsType(call));
    how.resultType = call.tensor(centred || call.node.domain == "trimtab" ? 0 : 1).type();
    return how;
}

Result<Values> layerNormalization(const Call& call) {
    TRIMTAB_TRY(const SuffixNormalization how, read(call, true));
    return normalizeSuffix(call, call.tensor(0), how);
}

/// Of the default domain since opset 23, where y has the type of the scale, and our own, where it has that of x.
Result<Values> rmsNormalization(const Call& call) {
    TRIMTAB_TRY(const SuffixNormalization how, read(call, false));
    TRIMTAB_TRY(Values results, normalizeSuffix(call, call.tensor(0), how));
    results.resize(1);
    return results;
}

/// ONNX Runtime's name for the same; output 1 holds the inverses.
Result<Values> simplifiedLayerNormalization(const Call& call) {
    TRIMTAB_TRY(const SuffixNormalization how, read(call, false));
    TRIMTAB_TRY(Values results, normalizeSuffix(call, call.tensor(0), how));
    return Values{results[0], results[2]};
}

}  // namespace

Result<DataType> statisticsType(const Call& call) {
    const std::int64_t type = call.node.integer("stash_type", 1);
    if (type != 1 && type != 16) return refuse(call, fmt::format("stash_type {} is neither float32 (1) nor bfloat16 (16)", type));
    return type == 1 ? DataType::Float32 : DataType::BFloat16;
}

Result<Values> normalizeSuffix(const Call& call, const Tensor& x, const SuffixNormalization& how) {
    const Shape& shape = x.shape();
    const std::int64_t length = extent(shape, how.axis, shape.rank()), outer = extent(shape, 0, how.axis);
    const Shape reduced = spliced(shape, how.axis, shape.rank(), Ints(static_cast<std::size_t>(shape.rank() - how.axis), 1));
    TRIMTAB_TRY(Tensor y, Tensor::allocate(how.resultType, shape));
    TRIMTAB_TRY(Tensor means, Tensor::zeros(how.statisticsType, reduced));
    TRIMTAB_TRY(Tensor inverses, Tensor::zeros(how.statisticsType, reduced));
    if (x.elementCount() == 0) return Values{y, means, inverses};
    TRIMTAB_TRY(const Line scale, broadcastSuffix(call, how.scaleInput, shape, how.axis, 1));
    TRIMTAB_TRY(const Line shift, broadcastSuffix(call, how.shiftInput, shape, how.axis, 0));
    Line line(static_cast<std::size_t>(length));
    for (std::int64_t o = 0; o < outer; ++o) {
        load(x, o * length, 1, length, line.data());
        Moments m = moments(line);
        if (!how.centred) m = {0, m.variance + m.mean * m.mean};
        const double inverse = 1 / std::sqrt(m.variance + how.epsilon);
        for (std::size_t i = 0; i < line.size(); ++i) line[i] = (line[i] - m.mean) * inverse * scale[i] + shift[i];
        store(y, o * length, length, line.data());
        store(means, o, 1, &m.mean);
        store(inverses, o, 1, &inverse);
    }
    return Values{y, means, inverses};
}

void registerLayerNormalization(Registry& registry) {
    registry.add("LayerNormalization", 1, {2, 3, 3}, layerNormalization);
    registry.add("RMSNormalization", 23, {2, 2, 1}, rmsNormalization);
    registry.add("RMSNormalization", 1, {2, 2, 1}, rmsNormalization, "trimtab");
    registry.add("SimplifiedLayerNormalization", 1, {2, 2, 2}, simplifiedLayerNormalization);
    registry.add("SimplifiedLayerNormalization", 1, {2, 2, 2}, simplifiedLayerNormalization, "com.microsoft");
}

}  // namespace trimtab::ref
