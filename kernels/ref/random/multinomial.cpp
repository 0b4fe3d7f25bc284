// Multinomial: classes drawn from rows [batch, classes] of logarithms of weights that need not sum to 1.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/random/generator.h"

namespace trimtab::ref {
namespace {

/// Sums up to and including each class, of weights scaled so that the largest is 1. Refused when no class can be drawn.
Result<std::vector<double>> cumulated(const Call& call, const Tensor& logits, std::int64_t row, std::int64_t classes) {
    std::vector<double> sums(static_cast<std::size_t>(classes));
    load(logits, row * classes, 1, classes, sums.data());
    const double top = *std::max_element(sums.begin(), sums.end());
    double total = 0;
    for (double& value : sums) value = total += std::exp(value - top);
    if (!std::isfinite(total)) return refuse(call, fmt::format("row {} holds no weights to draw from", row));
    return sums;
}

Result<Values> multinomial(const Call& call) {
    const Tensor& logits = call.tensor(0);
    const Shape& shape = logits.shape();
    const std::int64_t samples = call.node.integer("sample_size", 1);
    if (!isFloatingPoint(logits.type())) return refuse(call, "the input must be of a floating type");
    if (shape.rank() != 2) return refuse(call, fmt::format("the input {} must be [batch, classes]", shape.text()));
    if (samples < 1) return refuse(call, fmt::format("{} samples can't be drawn", samples));
    const DataType type = drawnType(call, DataType::Int32);
    if (type != DataType::Int32 && type != DataType::Int64) return refuse(call, "classes are int32 or int64");
    if (!Shape{shape[0], samples}.checkedElementCount()) return refuse(call, "the number of samples is too large");
    TRIMTAB_TRY(Tensor out, Tensor::allocate(type, Shape{shape[0], samples}));
    if (out.elementCount() == 0) return one(std::move(out));
    if (shape[1] == 0) return refuse(call, "there are no classes to draw from");
    base::Random generator = generatorOf(call);
    for (std::int64_t row = 0; row < shape[0]; ++row) {
        TRIMTAB_TRY(const auto sums, cumulated(call, logits, row, shape[1]));
        for (std::int64_t i = 0; i < samples; ++i) {
            const auto drawn = std::upper_bound(sums.begin(), sums.end(), generator.uniform() * sums.back());
            const std::int64_t chosen = std::min<std::int64_t>(drawn - sums.begin(), shape[1] - 1);
            store(out, row * samples + i, 1, &chosen);
        }
    }
    return one(std::move(out));
}

}  // namespace

void registerMultinomial(Registry& registry) { registry.add("Multinomial", 7, {1, 1, 1}, multinomial); }

}  // namespace trimtab::ref
