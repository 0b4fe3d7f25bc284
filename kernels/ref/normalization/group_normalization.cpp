// InstanceNormalization (Ulyanov et al. 2016) and GroupNormalization (Wu, He 2018).
#include <algorithm>
#include <cmath>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/normalization/moments.h"

namespace trimtab::ref {
namespace {

/// Each of batch × groups stretches of channels is brought to mean 0 and variance 1, then scaled and shifted by channel.
Result<Values> normalizeGroups(const Call& call, std::int64_t groups, const Line& scale, const Line& shift) {
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), shape));
    if (y.elementCount() == 0) return one(std::move(y));
    const std::int64_t channels = shape[1], inner = extent(shape, 2, shape.rank()), length = channels / groups * inner;
    Line line(static_cast<std::size_t>(length));
    for (std::int64_t slice = 0; slice < shape[0] * groups; ++slice) {
        load(x, slice * length, 1, length, line.data());
        const Moments m = moments(line);
        const double inverse = 1 / std::sqrt(m.variance + epsilonOf(call));
        for (std::int64_t i = 0; i < length; ++i) {
            const auto c = static_cast<std::size_t>(slice % groups * (channels / groups) + i / inner);
            double& value = line[static_cast<std::size_t>(i)];
            value = (value - m.mean) * inverse * scale[c] + shift[c];
        }
        store(y, slice * length, length, line.data());
    }
    return one(std::move(y));
}

Result<Values> instanceNormalization(const Call& call) {
    TRIMTAB_REQUIRE(requireFloating(call, 3));
    const Shape& shape = call.tensor(0).shape();
    if (shape.rank() < 2) return refuse(call, "the input must have batch and channel axes");
    TRIMTAB_TRY(const Line scale, perChannel(call, 1, shape[1], 1));
    TRIMTAB_TRY(const Line shift, perChannel(call, 2, shape[1], 0));
    return normalizeGroups(call, std::max<std::int64_t>(shape[1], 1), scale, shift);
}

/// Opset 18 had one scale for each group, 21 has one for each channel.
Result<Values> groupNormalization(const Call& call) {
    TRIMTAB_REQUIRE(requireFloating(call, 3));
    const Shape& shape = call.tensor(0).shape();
    const std::int64_t groups = call.node.integer("num_groups", 0);
    if (shape.rank() < 2 || groups < 1 || shape[1] % groups != 0) return refuse(call, "attribute num_groups does not divide the channels");
    const bool byGroup = call.node.version > 0 && call.node.version < 21;
    TRIMTAB_TRY(Line scale, perChannel(call, 1, byGroup ? groups : shape[1], 1));
    TRIMTAB_TRY(Line shift, perChannel(call, 2, byGroup ? groups : shape[1], 0));
    if (byGroup) {
        const Line groupScale = scale, groupShift = shift;
        scale.resize(static_cast<std::size_t>(shape[1]));
        shift.resize(scale.size());
        for (std::size_t c = 0; c < scale.size(); ++c) {
            const std::size_t g = c / (scale.size() / static_cast<std::size_t>(groups));
            scale[c] = groupScale[g];
            shift[c] = groupShift[g];
        }
    }
    return normalizeGroups(call, groups, scale, shift);
}

}  // namespace

void registerGroupNormalization(Registry& registry) {
    registry.add("InstanceNormalization", 1, {3, 3, 1}, instanceNormalization);
    registry.add("GroupNormalization", 18, {3, 3, 1}, groupNormalization);
}

}  // namespace trimtab::ref
