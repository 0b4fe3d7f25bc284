#include "kernels/ref/convolution.h"

#include <fmt/format.h>

#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

/// Offsets into one channel for each tap of the window at output position `at`; −1 outside the input.
void findTaps(const Windows& w, const Ints& at, std::vector<std::int64_t>& taps) {
    Ints k(w.rank(), 0);
    std::size_t tap = 0;
    do {
        std::int64_t offset = 0;
        for (std::size_t d = 0; d < w.rank() && offset >= 0; ++d) {
            const std::int64_t position = w.start(d, at[d]) + k[d] * w.dilations[d];
            offset = position < 0 || position >= w.in[d] ? -1 : offset * w.in[d] + position;
        }
        taps[tap++] = offset;
    } while (advance(k, w.kernel));
}

}  // namespace

Result<Convolution> Convolution::plan(const Call& call, const Shape& x, const Shape& w) {
    if (x.rank() < 2 || w.rank() != x.rank()) return refuse(call, fmt::format("X {} and W {} don't go together", x.text(), w.text()));
    Convolution plan;
    plan.batch = x[0];
    plan.channels = x[1];
    plan.outChannels = w[0];
    plan.group = call.node.integer("group", 1);
    if (plan.group < 1 || plan.channels % plan.group != 0 || plan.outChannels % plan.group != 0 || w[1] != plan.channels / plan.group)
        return refuse(call, fmt::format("X {} and W {} don't go together with group {}", x.text(), w.text(), plan.group));
    const Ints kernel(w.begin() + 2, w.end());
    if (call.node.has("kernel_shape") && call.node.integers("kernel_shape") != kernel)
        return refuse(call, "attribute kernel_shape contradicts the weight " + w.text());
    TRIMTAB_TRY(plan.windows, ref::windows(call, Ints(x.begin() + 2, x.end()), kernel, false));
    return plan;
}

std::int64_t Convolution::columns() const {
    std::int64_t result = channels / group;
    for (const std::int64_t k : windows.kernel) result *= k;
    return result;
}

Shape Convolution::outShape() const {
    Ints dims{batch, outChannels};
    dims.insert(dims.end(), windows.out.begin(), windows.out.end());
    return Shape(std::move(dims));
}

Status checkBias(const Call& call, const Convolution& plan, const Tensor& x, const Tensor& bias) {
    if (!bias.defined()) return {};
    if (bias.shape() != Shape{plan.outChannels})
        return refuse(call, "the bias " + bias.shape().text() + " is not one value for each output channel");
    return sameType(call, x, bias);
}

template <class T>
Result<Tensor> convolve(const Convolution& plan, const Tensor& x, const RowProduct<T>& rows, const Tensor& bias, T padding) {
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), plan.outShape()));
    if (y.elementCount() == 0) return y;
    const std::int64_t inCount = plan.windows.inCount(), outCount = plan.windows.outCount();
    const std::int64_t channels = plan.channels / plan.group, outputs = plan.outChannels / plan.group;
    const std::int64_t columns = plan.columns();
    const auto kernelCount = static_cast<std::size_t>(channels > 0 ? columns / channels : 0);
    std::vector<std::int64_t> taps(kernelCount);
    std::vector<T> patch(static_cast<std::size_t>(columns)), sums(static_cast<std::size_t>(outputs));
    const T* input = x.data<T>().data();
    T* result = y.mutableData<T>().data();
    Ints at(plan.windows.rank(), 0);
    for (std::int64_t position = 0; position < outCount; ++position, advance(at, plan.windows.out)) {
        if (kernelCount > 0) findTaps(plan.windows, at, taps);
        for (std::int64_t slice = 0; slice < plan.batch * plan.group; ++slice) {
            const T* image = input + slice * channels * inCount;
            std::size_t column = 0;
            for (std::int64_t c = 0; c < channels; ++c)
                for (const std::int64_t tap : taps) patch[column++] = tap < 0 ? padding : image[c * inCount + tap];
            const std::int64_t firstOutput = slice % plan.group * outputs;
            rows.multiply(patch.data(), firstOutput, outputs, sums.data());
            for (std::int64_t o = 0; o < outputs; ++o)
                result[(slice * outputs + o) * outCount + position] =
                    sums[static_cast<std::size_t>(o)] + (bias.defined() ? bias.data<T>()[static_cast<std::size_t>(firstOutput + o)] : T{0});
        }
    }
    return y;
}

template Result<Tensor> convolve(const Convolution&, const Tensor&, const RowProduct<float>&, const Tensor&, float);
template Result<Tensor> convolve(const Convolution&, const Tensor&, const RowProduct<double>&, const Tensor&, double);
template Result<Tensor> convolve(const Convolution&, const Tensor&, const RowProduct<std::int64_t>&, const Tensor&, std::int64_t);

Result<Values> conv(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Tensor& w = call.tensor(1);
    TRIMTAB_REQUIRE(sameType(call, x, w));
    TRIMTAB_TRY(const Convolution plan, Convolution::plan(call, x.shape(), w.shape()));
    const Tensor bias = call.has(2) ? call.tensor(2) : Tensor();
    TRIMTAB_REQUIRE(checkBias(call, plan, x, bias));
    if (x.type() == DataType::Float32) {
        TRIMTAB_TRY(Tensor y, convolve<float>(plan, x, ExactProduct<float>(w.data<float>().data(), plan.columns()), bias));
        return one(std::move(y));
    }
    if (x.type() == DataType::Float64) {
        TRIMTAB_TRY(Tensor y, convolve<double>(plan, x, ExactProduct<double>(w.data<double>().data(), plan.columns()), bias));
        return one(std::move(y));
    }
    return refuse(call, "inputs must be of a floating type");
}

void registerConv(Registry& registry) { registry.add("Conv", 1, {2, 3, 1}, viaFloat32(conv)); }

}  // namespace trimtab::ref
