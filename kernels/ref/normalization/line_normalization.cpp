// LRN (Krizhevsky et al. 2012), MeanVarianceNormalization and LpNormalization.
#include <algorithm>
#include <cmath>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/normalization/moments.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

Result<Values> lrn(const Call& call) {
    TRIMTAB_REQUIRE(requireFloating(call, 1));
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    const std::int64_t size = call.node.integer("size", 0);
    if (shape.rank() < 2 || size < 1) return refuse(call, "attribute size must be above 0 and the input must have channels");
    const double alpha = call.node.number("alpha", 1e-4F), beta = call.node.number("beta", 0.75F), bias = call.node.number("bias", 1.0F);
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), shape));
    if (y.elementCount() == 0) return one(std::move(y));
    const std::int64_t channels = shape[1], inner = extent(shape, 2, shape.rank());
    Line column(static_cast<std::size_t>(channels));
    for (std::int64_t n = 0; n < shape[0]; ++n) {
        for (std::int64_t i = 0; i < inner; ++i) {
            const auto at = [&](std::int64_t c) { return (n * channels + c) * inner + i; };
            for (std::int64_t c = 0; c < channels; ++c) load(x, at(c), 0, 1, &column[static_cast<std::size_t>(c)]);
            for (std::int64_t c = 0; c < channels; ++c) {
                double sum = 0;
                const std::int64_t before = std::min(c, (size - 1) / 2), after = std::min(channels - 1 - c, size / 2);
                for (std::int64_t k = c - before; k <= c + after; ++k)
                    sum += column[static_cast<std::size_t>(k)] * column[static_cast<std::size_t>(k)];
                const double value = column[static_cast<std::size_t>(c)] / std::pow(bias + alpha / static_cast<double>(size) * sum, beta);
                store(y, at(c), 1, &value);
            }
        }
    }
    return one(std::move(y));
}

/// Visits every line of elements that share their indices on the axes not in `reduced`; f changes the line in place.
template <class F>
Result<Values> mapLines(const Call& call, const std::vector<int>& reduced, F f) {
    const Tensor& x = call.tensor(0);
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), x.shape()));
    if (y.elementCount() == 0) return one(std::move(y));
    const Ints strides = x.shape().strides();
    Ints outer = x.shape().dims(), inner(outer.size(), 1);
    for (const int d : reduced) std::swap(outer[static_cast<std::size_t>(d)], inner[static_cast<std::size_t>(d)]);
    const auto offset = [&strides](const Ints& index) {
        std::int64_t at = 0;
        for (std::size_t d = 0; d < index.size(); ++d) at += index[d] * strides[d];
        return at;
    };
    Ints o(outer.size(), 0), i(outer.size(), 0);
    Line line;
    do {
        const std::int64_t base = offset(o);
        line.clear();
        do load(x, base + offset(i), 0, 1, &line.emplace_back());
        while (advance(i, inner));
        f(line);
        std::size_t next = 0;
        do store(y, base + offset(i), 1, &line[next++]);
        while (advance(i, inner));
    } while (advance(o, outer));
    return one(std::move(y));
}

Result<Values> meanVarianceNormalization(const Call& call) {
    TRIMTAB_REQUIRE(requireFloating(call, 1));
    TRIMTAB_TRY(const auto reduced, axes(call, call.node.integers("axes", {0, 2, 3}), call.tensor(0).shape().rank()));
    return mapLines(call, reduced, [](Line& line) {
        const Moments m = moments(line);
        for (double& value : line) value = (value - m.mean) / (std::sqrt(m.variance) + 1e-9);
    });
}

Result<Values> lpNormalization(const Call& call) {
    TRIMTAB_REQUIRE(requireFloating(call, 1));
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", -1, call.tensor(0).shape().rank()));
    const std::int64_t p = call.node.integer("p", 2);
    if (p != 1 && p != 2) return refuse(call, "attribute p must be 1 or 2");
    return mapLines(call, {at}, [p](Line& line) {
        double norm = 0;
        for (const double value : line) norm += p == 1 ? std::fabs(value) : value * value;
        if (p == 2) norm = std::sqrt(norm);
        for (double& value : line) value = norm == 0 ? 0 : value / norm;
    });
}

}  // namespace

void registerLineNormalization(Registry& registry) {
    registry.add("LRN", 1, {1, 1, 1}, lrn);
    registry.add("MeanVarianceNormalization", 9, {1, 1, 1}, meanVarianceNormalization);
    registry.add("LpNormalization", 1, {1, 1, 1}, lpNormalization);
}

}  // namespace trimtab::ref
