// RoiAlign (Mask R-CNN): every region [x1, y1, x2, y2] · spatial_scale is cut into output_height × output_width bins, each bin is sampled
// at the centres of a grid of sampling_ratio² cells (0: as many as the bin has elements, rounded up), X read bilinearly. `half_pixel`
// shifts regions by −0.5; `output_half_pixel`, the only way before opset 16, does not and takes regions as at least 1 wide and high.
// Samples more than one element outside are 0. `avg` is the mean of the samples; `max` is the largest of the weighted corner values, as
// ONNX's own evaluator has it.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

constexpr std::int64_t kLargestRatio = 1024;

struct Plan {
    std::int64_t batch = 0, channels = 0, height = 0, width = 0, regions = 0, outHeight = 1, outWidth = 1, ratio = 0;
    double scale = 1;
    bool halfPixel = true, isMax = false;
    Ints batchOf;  // of each region
};

Result<Plan> makePlan(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Tensor& regions = call.tensor(1);
    if (!isFloatingPoint(x.type())) return refuse(call, "the input must be of a floating type");
    TRIMTAB_REQUIRE(sameType(call, x, regions));
    if (x.shape().rank() != 4 || regions.shape().rank() != 2 || regions.shape()[1] != 4)
        return refuse(call, fmt::format("X {} and regions {} don't go together", x.shape().text(), regions.shape().text()));
    Plan plan;
    plan.batch = x.shape()[0], plan.channels = x.shape()[1], plan.height = x.shape()[2], plan.width = x.shape()[3];
    plan.regions = regions.shape()[0];
    plan.outHeight = call.node.integer("output_height", 1);
    plan.outWidth = call.node.integer("output_width", 1);
    plan.ratio = call.node.integer("sampling_ratio", 0);
    plan.scale = static_cast<double>(call.node.number("spatial_scale", 1.0F));
    if (plan.outHeight < 1 || plan.outWidth < 1) return refuse(call, "output_height and output_width must be above 0");
    if (plan.ratio < 0 || plan.ratio > kLargestRatio) return refuse(call, fmt::format("a sampling_ratio of {} makes no sense", plan.ratio));
    const std::string mode = call.node.string("mode", "avg");
    if (mode != "avg" && mode != "max") return refuse(call, "attribute mode holds the unknown word " + mode);
    plan.isMax = mode == "max";
    const std::string coordinates =
        call.node.string("coordinate_transformation_mode", opset(call) < 16 ? "output_half_pixel" : "half_pixel");
    if (coordinates != "half_pixel" && coordinates != "output_half_pixel")
        return refuse(call, "attribute coordinate_transformation_mode holds the unknown word " + coordinates);
    plan.halfPixel = coordinates == "half_pixel";
    const Tensor& batches = call.tensor(2);
    if (!isInteger(batches.type()) || batches.shape() != Shape{plan.regions})
        return refuse(call, "there must be one batch index for each region");
    plan.batchOf = tensor::toInt64s(batches);
    for (const std::int64_t n : plan.batchOf)
        if (n < 0 || n >= plan.batch) return refuse(call, fmt::format("batch index {} lies outside a batch of {}", n, plan.batch));
    return plan;
}

/// One axis of a region, in C, the type that coordinates are formed in.
template <class C>
struct Span {
    C start = 0, bin = 0;
    std::int64_t grid = 0;  // samples in each bin
};

template <class C>
Span<C> spanOf(const Plan& plan, double from, double to, std::int64_t bins) {
    const C offset = plan.halfPixel ? static_cast<C>(0.5) : static_cast<C>(0), scale = static_cast<C>(plan.scale);
    Span<C> span;
    span.start = static_cast<C>(from) * scale - offset;
    C size = static_cast<C>(to) * scale - offset - span.start;
    if (!plan.halfPixel) size = std::max(size, static_cast<C>(1));
    span.bin = size / static_cast<C>(bins);
    span.grid = plan.ratio > 0 ? plan.ratio : static_cast<std::int64_t>(std::clamp(std::ceil(static_cast<double>(span.bin)), 0.0, 0x1p60));
    return span;
}

struct Sample {
    std::int64_t low = 0, high = 0;
    double lowWeight = 1, highWeight = 0;
};

/// The samples of one bin that lie inside an axis; the others are 0.
template <class C>
std::vector<Sample> samplesOf(const Span<C>& span, std::int64_t bin, std::int64_t extentHere) {
    const C origin = span.start + static_cast<C>(bin) * span.bin;
    std::int64_t first = 0, end = span.grid;
    if (span.bin > 0 && span.grid > kLargestRatio) {  // only a stretch of a huge grid can meet the input
        const double step = static_cast<double>(span.bin) / static_cast<double>(span.grid);
        const auto cell = [&](double position) {
            return std::clamp((position - static_cast<double>(origin)) / step, 0.0, static_cast<double>(end));
        };
        const auto low = static_cast<std::int64_t>(cell(-3)), high = static_cast<std::int64_t>(cell(static_cast<double>(extentHere) + 2));
        first = low;
        end = high;
    }
    std::vector<Sample> samples;
    for (std::int64_t i = first; i < end; ++i) {
        const C at = origin + (static_cast<C>(i) + static_cast<C>(0.5)) * span.bin / static_cast<C>(span.grid);
        if (!(at >= -1 && at <= static_cast<C>(extentHere))) continue;
        const C inside = std::max(at, static_cast<C>(0));
        const auto low = static_cast<std::int64_t>(inside);
        if (low >= extentHere - 1) {
            samples.push_back({extentHere - 1, extentHere - 1, 1, 0});
        } else {
            const auto rest = static_cast<double>(inside - static_cast<C>(low));
            samples.push_back({low, low + 1, 1 - rest, rest});
        }
    }
    return samples;
}

double meanOf(const double* plane, std::int64_t width, const std::vector<Sample>& rows, const std::vector<Sample>& columns, double count) {
    double sum = 0;
    for (const Sample& row : rows)
        for (const Sample& column : columns) {
            const double* low = plane + row.low * width;
            const double* high = plane + row.high * width;
            sum += row.lowWeight * (column.lowWeight * low[column.low] + column.highWeight * low[column.high]) +
                   row.highWeight * (column.lowWeight * high[column.low] + column.highWeight * high[column.high]);
        }
    return sum / std::max(count, 1.0);
}

double largestOf(const double* plane, std::int64_t width, const std::vector<Sample>& rows, const std::vector<Sample>& columns,
                 double count) {
    const bool anyOutside = static_cast<double>(rows.size()) * static_cast<double>(columns.size()) < count;
    bool any = anyOutside;
    double best = 0;
    for (const Sample& row : rows)
        for (const Sample& column : columns) {
            const double* low = plane + row.low * width;
            const double* high = plane + row.high * width;
            const double value =
                std::max({row.lowWeight * column.lowWeight * low[column.low], row.lowWeight * column.highWeight * low[column.high],
                          row.highWeight * column.lowWeight * high[column.low], row.highWeight * column.highWeight * high[column.high]});
            best = any ? std::max(best, value) : value;
            any = true;
        }
    return best;
}

template <class C>
Result<Values> compute(const Call& call, const Plan& plan) {
    const Tensor& x = call.tensor(0);
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), Shape{plan.regions, plan.channels, plan.outHeight, plan.outWidth}));
    if (y.elementCount() == 0) return one(std::move(y));
    if (x.elementCount() == 0) return refuse(call, "an empty input can't be sampled");
    TRIMTAB_TRY(const Tensor wide, tensor::convert(x, DataType::Float64));
    const double* planes = wide.data<double>().data();
    for (std::int64_t r = 0; r < plan.regions; ++r) {
        double region[4];
        load(call.tensor(1), r * 4, 1, 4, region);
        for (const double end : region)
            if (!std::isfinite(end)) return refuse(call, fmt::format("region {} is not finite", r));
        const Span<C> vertical = spanOf<C>(plan, region[1], region[3], plan.outHeight),
                      horizontal = spanOf<C>(plan, region[0], region[2], plan.outWidth);
        const double count = static_cast<double>(vertical.grid) * static_cast<double>(horizontal.grid);
        for (std::int64_t i = 0; i < plan.outHeight; ++i) {
            const std::vector<Sample> rows = samplesOf(vertical, i, plan.height);
            for (std::int64_t j = 0; j < plan.outWidth; ++j) {
                const std::vector<Sample> columns = samplesOf(horizontal, j, plan.width);
                for (std::int64_t c = 0; c < plan.channels; ++c) {
                    const double* plane =
                        planes + (plan.batchOf[static_cast<std::size_t>(r)] * plan.channels + c) * plan.height * plan.width;
                    const double value = (plan.isMax ? largestOf : meanOf)(plane, plan.width, rows, columns, count);
                    store(y, ((r * plan.channels + c) * plan.outHeight + i) * plan.outWidth + j, 1, &value);
                }
            }
        }
    }
    return one(std::move(y));
}

Result<Values> roiAlign(const Call& call) {
    TRIMTAB_TRY(const Plan plan, makePlan(call));
    return call.tensor(0).type() == DataType::Float64 ? compute<double>(call, plan) : compute<float>(call, plan);
}

}  // namespace

void registerRoiAlign(Registry& registry) { registry.add("RoiAlign", 10, {3, 3, 1}, roiAlign); }

}  // namespace trimtab::ref
