// BatchNormalization (Ioffe, Szegedy 2015).
#include <algorithm>
#include <cmath>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/normalization/moments.h"

namespace trimtab::ref {
namespace {

struct ChannelView {
    std::int64_t batch, channels, inner;
};

/// Mean and variance over everything but the channel, as training mode wants them.
Moments channelMoments(const Tensor& x, const ChannelView& v, std::int64_t c) {
    Line all(static_cast<std::size_t>(v.batch * v.inner));
    for (std::int64_t n = 0; n < v.batch; ++n) load(x, (n * v.channels + c) * v.inner, 1, v.inner, all.data() + n * v.inner);
    return moments(all);
}

Result<Tensor> vectorLike(const Tensor& like, const Line& values) {
    TRIMTAB_TRY(Tensor out, Tensor::allocate(like.type(), like.shape()));
    store(out, 0, out.elementCount(), values.data());
    return out;
}

Result<Values> batchNormalization(const Call& call) {
    TRIMTAB_REQUIRE(requireFloating(call, 5));
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    if (shape.rank() < 1) return refuse(call, "the input is a scalar");
    const bool perActivation = opset(call) < 9 && call.node.integer("spatial", 1) == 0;
    ChannelView v{shape[0], shape.rank() > 1 ? shape[1] : 1, extent(shape, std::min(2, shape.rank()), shape.rank())};
    if (perActivation) v = {shape[0], extent(shape, 1, shape.rank()), 1};
    TRIMTAB_TRY(const Line scale, perChannel(call, 1, v.channels, 1));
    TRIMTAB_TRY(const Line shift, perChannel(call, 2, v.channels, 0));
    TRIMTAB_TRY(Line mean, perChannel(call, 3, v.channels, 0));
    TRIMTAB_TRY(Line variance, perChannel(call, 4, v.channels, 1));
    const bool training = opset(call) >= 14 && call.node.integer("training_mode", 0) != 0;
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), shape));
    const double momentum = call.node.number("momentum", 0.9F), epsilon = epsilonOf(call);
    Line runningMean = mean, runningVariance = variance, row(static_cast<std::size_t>(v.inner));
    for (std::int64_t c = 0; c < v.channels && y.elementCount() > 0; ++c) {
        const auto i = static_cast<std::size_t>(c);
        if (training) {
            const Moments m = channelMoments(x, v, c);
            mean[i] = m.mean;
            variance[i] = m.variance;
            runningMean[i] = runningMean[i] * momentum + m.mean * (1 - momentum);
            runningVariance[i] = runningVariance[i] * momentum + m.variance * (1 - momentum);
        }
        const double factor = scale[i] / std::sqrt(variance[i] + epsilon);
        for (std::int64_t n = 0; n < v.batch; ++n) {
            const std::int64_t at = (n * v.channels + c) * v.inner;
            load(x, at, 1, v.inner, row.data());
            for (double& value : row) value = (value - mean[i]) * factor + shift[i];
            store(y, at, v.inner, row.data());
        }
    }
    Values results = one(std::move(y));
    if (training) {
        TRIMTAB_TRY(Tensor newMean, vectorLike(call.tensor(3), runningMean));
        TRIMTAB_TRY(Tensor newVariance, vectorLike(call.tensor(4), runningVariance));
        results.push_back(std::move(newMean));
        results.push_back(std::move(newVariance));
    }
    return results;
}

}  // namespace

void registerBatchNormalization(Registry& registry) { registry.add("BatchNormalization", 1, {5, 5, 5}, batchNormalization); }

}  // namespace trimtab::ref
