// MaxRoiPool (Fast R-CNN): every region [batch index, x1, y1, x2, y2] · spatial_scale, its ends rounded and both included, is cut into
// pooled_shape bins whose borders are rounded outwards; a bin's value is its largest element, 0 where nothing of it lies inside.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

constexpr double kFarthest = 0x1p40;

struct Range {
    std::int64_t begin = 0, end = 0;
};

/// The elements of bin `at` of `bins` between the rounded ends of a region.
template <class C>
Range binOf(double from, double to, std::int64_t at, std::int64_t bins, std::int64_t extentHere) {
    const C size = std::max(static_cast<C>(to - from + 1), static_cast<C>(1)) / static_cast<C>(bins);
    const double low = std::floor(static_cast<double>(static_cast<C>(at) * size)) + from;
    const double high = std::ceil(static_cast<double>(static_cast<C>(at + 1) * size)) + from;
    const auto inside = [extentHere](double x) { return static_cast<std::int64_t>(std::clamp(x, 0.0, static_cast<double>(extentHere))); };
    return {inside(low), inside(high)};
}

template <class C>
double roundedEnd(double end, float scale) {
    return std::clamp(static_cast<double>(std::round(static_cast<C>(end) * static_cast<C>(scale))), -kFarthest, kFarthest);
}

template <class C>
Result<Values> compute(const Call& call, const Ints& pooled) {
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    const std::int64_t regions = call.tensor(1).shape()[0], channels = shape[1], height = shape[2], width = shape[3];
    const float scale = call.node.number("spatial_scale", 1.0F);
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), Shape{regions, channels, pooled[0], pooled[1]}));
    if (y.elementCount() == 0) return one(std::move(y));
    TRIMTAB_TRY(const Tensor wide, tensor::convert(x, DataType::Float64));
    for (std::int64_t r = 0; r < regions; ++r) {
        double region[5];
        load(call.tensor(1), r * 5, 1, 5, region);
        for (const double value : region)
            if (!std::isfinite(value)) return refuse(call, fmt::format("region {} is not finite", r));
        if (!(region[0] >= 0 && region[0] < static_cast<double>(shape[0])))
            return refuse(call, fmt::format("batch index {} lies outside a batch of {}", region[0], shape[0]));
        const auto batch = static_cast<std::int64_t>(region[0]);
        for (double& end : region) end = roundedEnd<C>(end, scale);
        for (std::int64_t c = 0; c < channels; ++c) {
            const double* plane = wide.data<double>().data() + (batch * channels + c) * height * width;
            for (std::int64_t i = 0; i < pooled[0] * pooled[1]; ++i) {
                const Range rows = binOf<C>(region[2], region[4], i / pooled[1], pooled[0], height);
                const Range columns = binOf<C>(region[1], region[3], i % pooled[1], pooled[1], width);
                double best = rows.begin < rows.end && columns.begin < columns.end ? -HUGE_VAL : 0;
                for (std::int64_t row = rows.begin; row < rows.end; ++row)
                    for (std::int64_t column = columns.begin; column < columns.end; ++column)
                        best = std::max(best, plane[row * width + column]);
                store(y, (r * channels + c) * pooled[0] * pooled[1] + i, 1, &best);
            }
        }
    }
    return one(std::move(y));
}

Result<Values> maxRoiPool(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Tensor& regions = call.tensor(1);
    if (!isFloatingPoint(x.type())) return refuse(call, "the input must be of a floating type");
    TRIMTAB_REQUIRE(sameType(call, x, regions));
    if (x.shape().rank() != 4 || regions.shape().rank() != 2 || regions.shape()[1] != 5)
        return refuse(call, fmt::format("X {} and regions {} don't go together", x.shape().text(), regions.shape().text()));
    if (!call.node.has("pooled_shape")) return refuse(call, "attribute pooled_shape is missing");
    TRIMTAB_TRY(const Ints pooled, window(call, "pooled_shape", 2, 1, 1));
    return x.type() == DataType::Float64 ? compute<double>(call, pooled) : compute<float>(call, pooled);
}

}  // namespace

void registerMaxRoiPool(Registry& registry) { registry.add("MaxRoiPool", 1, {2, 2, 1}, maxRoiPool); }

}  // namespace trimtab::ref
