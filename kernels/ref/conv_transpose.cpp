// ConvTranspose: every input value is spread over the outputs that its window covers.
//   out = stride·(in − 1) + output_padding + (k − 1)·dilation + 1 − pads, or output_shape, from which the pads then follow.
#include <algorithm>

#include <fmt/format.h>

#include "kernels/ref/families.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

struct Plan {
    std::int64_t batch = 0, channels = 0, group = 1, outputs = 0;  // outputs: of one group
    Windows w;
};

Result<Plan> makePlan(const Call& call, const Shape& x, const Shape& weight) {
    if (x.rank() < 3 || weight.rank() != x.rank())
        return refuse(call, fmt::format("X {} and W {} don't go together", x.text(), weight.text()));
    Plan plan;
    plan.batch = x[0];
    plan.channels = x[1];
    plan.group = call.node.integer("group", 1);
    if (plan.group < 1 || plan.channels % plan.group != 0 || weight[0] != plan.channels)
        return refuse(call, fmt::format("X {} and W {} don't go together with group {}", x.text(), weight.text(), plan.group));
    plan.outputs = weight[1];
    Windows& w = plan.w;
    w.in.assign(x.begin() + 2, x.end());
    w.kernel.assign(weight.begin() + 2, weight.end());
    const std::size_t rank = w.in.size();
    TRIMTAB_TRY(w.strides, window(call, "strides", rank, 1, 1));
    TRIMTAB_TRY(w.dilations, window(call, "dilations", rank, 1, 1));
    TRIMTAB_TRY(const Ints extra, window(call, "output_padding", rank, 0, 0));
    TRIMTAB_TRY(const Ints pads, window(call, "pads", 2 * rank, 0, 0));
    const std::string automatic = call.node.string("auto_pad", "NOTSET");
    const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
    Ints wanted = call.node.integers("output_shape");
    if (wanted.size() == rank + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);
    if (!wanted.empty() && wanted.size() != rank)
        return refuse(call, "attribute output_shape does not have one extent for each spatial axis");
    for (std::size_t d = 0; d < rank; ++d) {
        if (w.kernel[d] < 1 || w.in[d] < 1) return refuse(call, "the input or the window is empty");
        std::int64_t full = 0;
        if (__builtin_mul_overflow(w.strides[d], w.in[d] - 1, &full) || full > (std::int64_t{1} << 60))
            return refuse(call, "the output is too large");
        full += extra[d] + (w.kernel[d] - 1) * w.dilations[d] + 1;
        if (!wanted.empty() || same) {
            const std::int64_t target = wanted.empty() ? w.in[d] * w.strides[d] : wanted[d];
            const std::int64_t total = std::max<std::int64_t>(full - target, 0);
            const std::int64_t half = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
            w.begin.push_back(half);
            w.end.push_back(total - half);
            w.out.push_back(target);
        } else {
            w.begin.push_back(automatic == "VALID" ? 0 : pads[d]);
            w.end.push_back(automatic == "VALID" ? 0 : pads[rank + d]);
            w.out.push_back(full - w.begin[d] - w.end[d]);
        }
        if (w.out[d] < 1) return refuse(call, "nothing is left of the output after its pads");
    }
    return plan;
}

/// Adds value · kernel at the outputs under input position `at`.
template <class T>
void spread(const Windows& w, const Ints& at, T value, const T* kernel, double* plane) {
    Ints k(w.rank(), 0);
    do {
        std::int64_t offset = 0;
        for (std::size_t d = 0; d < w.rank() && offset >= 0; ++d) {
            const std::int64_t position = w.start(d, at[d]) + k[d] * w.dilations[d];
            offset = position < 0 || position >= w.out[d] ? -1 : offset * w.out[d] + position;
        }
        if (offset >= 0) plane[offset] += static_cast<double>(value) * static_cast<double>(*kernel);
        ++kernel;
    } while (advance(k, w.kernel));
}

template <class T>
Result<Tensor> compute(const Plan& plan, const Tensor& x, const Tensor& weight, const Tensor& bias) {
    Ints dims{plan.batch, plan.outputs * plan.group};
    dims.insert(dims.end(), plan.w.out.begin(), plan.w.out.end());
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), Shape(std::move(dims))));
    if (y.elementCount() == 0) return y;
    const std::int64_t inCount = plan.w.inCount(), outCount = plan.w.outCount();
    std::int64_t kernelCount = 1;
    for (const std::int64_t k : plan.w.kernel) kernelCount *= k;
    const std::int64_t channels = plan.channels / plan.group;
    TRIMTAB_TRY(Tensor sums, Tensor::allocate(DataType::Float64, Shape{outCount}));
    double* plane = sums.mutableData<double>().data();
    for (std::int64_t slice = 0; slice < plan.batch * plan.group * plan.outputs; ++slice) {
        const std::int64_t m = slice % plan.outputs, g = slice / plan.outputs % plan.group, n = slice / plan.outputs / plan.group;
        std::fill(plane, plane + outCount,
                  bias.defined() ? static_cast<double>(bias.data<T>()[static_cast<std::size_t>(g * plan.outputs + m)]) : 0.0);
        for (std::int64_t c = g * channels; c < (g + 1) * channels; ++c) {
            const T* image = x.data<T>().data() + (n * plan.channels + c) * inCount;
            const T* kernel = weight.data<T>().data() + (c * plan.outputs + m) * kernelCount;
            Ints at(plan.w.rank(), 0);
            for (std::int64_t i = 0; i < inCount; ++i, advance(at, plan.w.in)) spread(plan.w, at, image[i], kernel, plane);
        }
        std::copy(plane, plane + outCount, y.mutableData<T>().data() + slice * outCount);
    }
    return y;
}

Result<Values> convTranspose(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Tensor& weight = call.tensor(1);
    TRIMTAB_REQUIRE(sameType(call, x, weight));
    TRIMTAB_TRY(const Plan plan, makePlan(call, x.shape(), weight.shape()));
    Tensor bias;
    if (call.has(2)) {
        bias = call.tensor(2);
        TRIMTAB_REQUIRE(sameType(call, x, bias));
        if (bias.shape() != Shape{plan.outputs * plan.group}) return refuse(call, "the bias is not one value for each output channel");
    }
    if (x.type() != DataType::Float32 && x.type() != DataType::Float64) return refuse(call, "inputs must be of a floating type");
    TRIMTAB_TRY(Tensor y, x.type() == DataType::Float32 ? compute<float>(plan, x, weight, bias) : compute<double>(plan, x, weight, bias));
    return one(std::move(y));
}

}  // namespace

void registerConvTranspose(Registry& registry) { registry.add("ConvTranspose", 1, {2, 3, 1}, viaFloat32(convTranspose)); }

}  // namespace trimtab::ref
