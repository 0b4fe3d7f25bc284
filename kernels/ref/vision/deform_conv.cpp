// DeformConv (deformable convolution v2, Zhu et al. 2018), in any number of spatial axes:
//   Y[n, o, p] = Σ over c, k: W[o, c, k] · X[n, c](p · stride − pad + k · dilation + offset[n, c's offset group, k, ·, p]) · mask[n, c's
//   offset group, k, p] + B[o]
// X is read multilinearly at fractional places and is 0 outside. `offset` has one value for each offset group, kernel element and axis.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/convolution.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

constexpr double kFarthest = 0x1p40;
constexpr int kMostAxes = 8;  // spatial; 2^axes corners are read at each place

struct Plan {
    Convolution conv;
    std::int64_t offsetGroups = 1, kernelCount = 1;
};

Result<Plan> makePlan(const Call& call) {
    const Shape& x = call.tensor(0).shape();
    Plan plan;
    if (x.rank() < 3 || x.rank() > 2 + kMostAxes)
        return refuse(call, "the input must have batch, channels and spatial axes, not the shape " + x.text());
    TRIMTAB_TRY(plan.conv, Convolution::plan(call, x, call.tensor(1).shape()));
    plan.offsetGroups = call.node.integer("offset_group", 1);
    if (plan.offsetGroups < 1 || x[1] % plan.offsetGroups != 0)
        return refuse(call, fmt::format("{} channels don't divide into {} offset groups", x[1], plan.offsetGroups));
    std::int64_t offsets = 0;
    for (const std::int64_t k : plan.conv.windows.kernel)
        if (__builtin_mul_overflow(plan.kernelCount, k, &plan.kernelCount)) return refuse(call, "the window is too large");
    if (__builtin_mul_overflow(plan.kernelCount, plan.offsetGroups, &offsets) || offsets > (std::int64_t{1} << 50))
        return refuse(call, "the window is too large");
    const auto spatial = static_cast<std::int64_t>(plan.conv.windows.rank());
    Ints dims{x[0], offsets * spatial};
    dims.insert(dims.end(), plan.conv.windows.out.begin(), plan.conv.windows.out.end());
    const Shape expected(dims);
    if (call.tensor(2).shape() != expected)
        return refuse(call, fmt::format("the offsets are {} where {} is needed", call.tensor(2).shape().text(), expected.text()));
    dims[1] = offsets;
    const Shape masked(dims);
    if (call.has(4) && call.tensor(4).shape() != masked)
        return refuse(call, fmt::format("the mask is {} where {} is needed", call.tensor(4).shape().text(), masked.text()));
    return plan;
}

/// Σ over the corners about `place` of weight · value; corners outside are 0.
double readAt(const double* plane, const Ints& extents, const std::vector<double>& place) {
    const std::size_t rank = extents.size();
    double sum = 0;
    for (std::size_t corner = 0; corner < (std::size_t{1} << rank); ++corner) {
        double weight = 1;
        std::int64_t offset = 0;
        for (std::size_t d = 0; d < rank && offset >= 0; ++d) {
            const double down = std::floor(place[d]), rest = place[d] - down;
            const bool upper = (corner >> d & 1) != 0;
            const std::int64_t at = static_cast<std::int64_t>(down) + (upper ? 1 : 0);
            weight *= upper ? rest : 1 - rest;
            offset = at < 0 || at >= extents[d] ? -1 : offset * extents[d] + at;
        }
        if (offset >= 0) sum += weight * plane[offset];
    }
    return sum;
}

struct Operands {
    Tensor x, w, offset, bias, mask;  // in float64; bias and mask may be undefined
};

/// Channels · kernel elements of the window at output position `p` (spatial index `at`) of batch row n, deformed and masked.
void gather(const Plan& plan, const Operands& in, std::int64_t n, std::int64_t p, const Ints& at, double* patch) {
    const Windows& w = plan.conv.windows;
    const std::int64_t outCount = w.outCount(), inCount = w.inCount();
    const auto rank = static_cast<std::int64_t>(w.rank());
    const std::int64_t channelsEach = plan.conv.channels / plan.offsetGroups;
    const double* offset = in.offset.data<double>().data();
    std::vector<double> place(w.rank());
    for (std::int64_t group = 0; group < plan.offsetGroups; ++group) {
        Ints k(w.rank(), 0);
        for (std::int64_t tap = 0; tap < plan.kernelCount; ++tap, advance(k, w.kernel)) {
            const std::int64_t row = (n * plan.offsetGroups + group) * plan.kernelCount + tap;
            for (std::int64_t d = 0; d < rank; ++d) {
                const auto axis = static_cast<std::size_t>(d);
                const double moved =
                    static_cast<double>(w.start(axis, at[axis]) + k[axis] * w.dilations[axis]) + offset[(row * rank + d) * outCount + p];
                place[axis] = std::isnan(moved) ? -kFarthest : std::clamp(moved, -kFarthest, kFarthest);
            }
            const double factor = in.mask.defined() ? in.mask.data<double>()[static_cast<std::size_t>(row * outCount + p)] : 1.0;
            for (std::int64_t c = group * channelsEach; c < (group + 1) * channelsEach; ++c)
                patch[c * plan.kernelCount + tap] =
                    factor * readAt(in.x.data<double>().data() + (n * plan.conv.channels + c) * inCount, w.in, place);
        }
    }
}

Result<Tensor> compute(const Plan& plan, const Operands& in, DataType type) {
    const Convolution& conv = plan.conv;
    TRIMTAB_TRY(Tensor y, Tensor::allocate(type, conv.outShape()));
    if (y.elementCount() == 0) return y;
    const std::int64_t outCount = conv.windows.outCount(), columns = conv.columns(), outputsEach = conv.outChannels / conv.group;
    TRIMTAB_TRY(Tensor patches, Tensor::allocate(DataType::Float64, Shape{conv.group, columns}));
    double* patch = patches.mutableData<double>().data();
    const double* weight = in.w.data<double>().data();
    for (std::int64_t n = 0; n < conv.batch; ++n) {
        Ints at(conv.windows.rank(), 0);
        for (std::int64_t p = 0; p < outCount; ++p, advance(at, conv.windows.out)) {
            gather(plan, in, n, p, at, patch);
            for (std::int64_t o = 0; o < conv.outChannels; ++o) {
                double sum = in.bias.defined() ? in.bias.data<double>()[static_cast<std::size_t>(o)] : 0.0;
                const double* values = patch + o / outputsEach * columns;
                for (std::int64_t i = 0; i < columns; ++i) sum += weight[o * columns + i] * values[i];
                store(y, (n * conv.outChannels + o) * outCount + p, 1, &sum);
            }
        }
    }
    return y;
}

Result<Values> deformConv(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (!isFloatingPoint(x.type())) return refuse(call, "inputs must be of a floating type");
    for (std::size_t i = 1; i < call.inputs.size(); ++i)
        if (call.has(i)) TRIMTAB_REQUIRE(sameType(call, x, call.tensor(i)));
    TRIMTAB_TRY(const Plan plan, makePlan(call));
    TRIMTAB_REQUIRE(checkBias(call, plan.conv, x, call.has(3) ? call.tensor(3) : Tensor()));
    Operands in;
    TRIMTAB_TRY(in.x, tensor::convert(x, DataType::Float64));
    TRIMTAB_TRY(in.w, tensor::convert(call.tensor(1), DataType::Float64));
    TRIMTAB_TRY(in.offset, tensor::convert(call.tensor(2), DataType::Float64));
    if (call.has(3)) {
        TRIMTAB_TRY(in.bias, tensor::convert(call.tensor(3), DataType::Float64));
    }
    if (call.has(4)) {
        TRIMTAB_TRY(in.mask, tensor::convert(call.tensor(4), DataType::Float64));
    }
    TRIMTAB_TRY(Tensor y, compute(plan, in, x.type()));
    return one(std::move(y));
}

}  // namespace

void registerDeformConv(Registry& registry) { registry.add("DeformConv", 19, {3, 5, 1}, deformConv); }

}  // namespace trimtab::ref
