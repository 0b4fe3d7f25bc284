// Normalisations. Means and variances are formed in double.
//   BatchNormalization: Ioffe, Szegedy 2015; LayerNormalization: Ba et al. 2016; RMSNormalization: Zhang, Sennrich 2019; LRN: Krizhevsky et al. 2012.
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/broadcast.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

using Line = std::vector<double>;

Status requireFloating(const Call& call, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        if (call.has(i) && !isFloatingPoint(call.tensor(i).type())) return refuse(call, "inputs must be of a floating type");
    return {};
}

Line allOf(const Tensor& tensor) {
    Line values(static_cast<std::size_t>(tensor.elementCount()));
    load(tensor, 0, 1, tensor.elementCount(), values.data());
    return values;
}

/// Input i as `count` values, or `count` times `fallback` when it is left out.
Result<Line> perChannel(const Call& call, std::size_t i, std::int64_t count, double fallback) {
    if (!call.has(i)) return Line(static_cast<std::size_t>(count), fallback);
    if (call.tensor(i).elementCount() != count)
        return refuse(call, fmt::format("input {} has {} values where {} are needed", i, call.tensor(i).elementCount(), count));
    return allOf(call.tensor(i));
}

struct Moments {
    double mean = 0, variance = 0;
};

Moments moments(const Line& line) {
    Moments m;
    if (line.empty()) return m;
    for (const double x : line) m.mean += x;
    m.mean /= static_cast<double>(line.size());
    for (const double x : line) m.variance += (x - m.mean) * (x - m.mean);
    m.variance /= static_cast<double>(line.size());
    return m;
}

double epsilonOf(const Call& call, float fallback = 1e-5F) { return call.node.number("epsilon", fallback); }

// --- BatchNormalization ---------------------------------------------------------------------------------------------

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

// --- InstanceNormalization, GroupNormalization ----------------------------------------------------------------------

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

// --- LayerNormalization, RMSNormalization ---------------------------------------------------------------------------

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

/// y = (x − centre)·inverse·scale + shift over the axes from `axis` on; centre 0 and the mean square in place of the variance when !centred.
/// Results: y, centres, inverses.
Result<Values> normalizeSuffix(const Call& call, bool centred, double epsilon) {
    TRIMTAB_REQUIRE(requireFloating(call, centred ? 3 : 2));
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", -1, shape.rank()));
    const std::int64_t length = extent(shape, at, shape.rank()), outer = extent(shape, 0, at);
    const DataType statistics = x.type() == DataType::Float64 ? DataType::Float64 : DataType::Float32;
    const Shape reduced = spliced(shape, at, shape.rank(), Ints(static_cast<std::size_t>(shape.rank() - at), 1));
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), shape));
    TRIMTAB_TRY(Tensor means, Tensor::zeros(statistics, reduced));
    TRIMTAB_TRY(Tensor inverses, Tensor::zeros(statistics, reduced));
    if (x.elementCount() == 0) return Values{y, means, inverses};
    TRIMTAB_TRY(const Line scale, broadcastSuffix(call, 1, shape, at, 1));
    TRIMTAB_TRY(const Line shift, broadcastSuffix(call, 2, shape, at, 0));
    Line line(static_cast<std::size_t>(length));
    for (std::int64_t o = 0; o < outer; ++o) {
        load(x, o * length, 1, length, line.data());
        Moments m = moments(line);
        if (!centred) m = {0, m.variance + m.mean * m.mean};
        const double inverse = 1 / std::sqrt(m.variance + epsilon);
        for (std::size_t i = 0; i < line.size(); ++i) line[i] = (line[i] - m.mean) * inverse * scale[i] + shift[i];
        store(y, o * length, length, line.data());
        store(means, o, 1, &m.mean);
        store(inverses, o, 1, &inverse);
    }
    return Values{y, means, inverses};
}

Result<Values> layerNormalization(const Call& call) { return normalizeSuffix(call, true, epsilonOf(call)); }

Result<Values> rmsNormalization(const Call& call) {
    TRIMTAB_TRY(Values results, normalizeSuffix(call, false, epsilonOf(call)));
    results.resize(1);
    return results;
}

/// ONNX Runtime's name for the same; output 1 holds the inverses.
Result<Values> simplifiedLayerNormalization(const Call& call) {
    TRIMTAB_TRY(Values results, normalizeSuffix(call, false, epsilonOf(call)));
    return Values{results[0], results[2]};
}

/// s = input + skip + bias, formed in double, rounded to the type once; y = s / √(mean(s²) + ε) · gamma. Outputs: y, –, inverses, s.
Result<Values> skipSimplifiedLayerNormalization(const Call& call) {
    constexpr float kEpsilon = 1e-12F;  // where the attribute is left out
    TRIMTAB_REQUIRE(requireFloating(call, 4));
    if (call.node.output(1) != graph::kNoValue) return unsupported(call, "output 1 (the mean) is not made");
    std::vector<const Tensor*> addends;
    for (const std::size_t i : {0, 1, 3}) {
        if (!call.has(i)) continue;
        TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(i)));
        addends.push_back(&call.tensor(i));
    }
    const auto add = [&](const double* const* in, std::int64_t n, double* out) {
        for (std::int64_t i = 0; i < n; ++i) out[i] = in[0][i] + in[1][i] + (addends.size() > 2 ? in[2][i] : 0);
    };
    TRIMTAB_TRY(const Tensor sum, (mapBroadcast<double, double>(call, addends, call.tensor(0).type(), add)));
    if (sum.shape() != call.tensor(0).shape()) return refuse(call, "skip and bias must not be larger than the input");
    const std::array<RunValue, 2> inputs{sum, call.tensor(2)};
    TRIMTAB_TRY(Values results, normalizeSuffix(Call{call.node, inputs}, false, epsilonOf(call, kEpsilon)));
    return Values{results[0], Tensor(), results[2], sum};
}

// --- LRN, MeanVarianceNormalization, LpNormalization ----------------------------------------------------------------

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
                for (std::int64_t k = c - before; k <= c + after; ++k) sum += column[static_cast<std::size_t>(k)] * column[static_cast<std::size_t>(k)];
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

void registerNormalization(Registry& registry) {
    registry.add("BatchNormalization", 1, {3, 5, 5}, batchNormalization);
    registry.add("InstanceNormalization", 1, {3, 3, 1}, instanceNormalization);
    registry.add("GroupNormalization", 18, {3, 3, 1}, groupNormalization);
    registry.add("LayerNormalization", 1, {2, 3, 3}, layerNormalization);
    registry.add("RMSNormalization", 23, {2, 2, 1}, rmsNormalization);
    registry.add("RMSNormalization", 1, {2, 2, 1}, rmsNormalization, "trimtab");
    registry.add("SimplifiedLayerNormalization", 1, {2, 2, 2}, simplifiedLayerNormalization);
    registry.add("SimplifiedLayerNormalization", 1, {2, 2, 2}, simplifiedLayerNormalization, "com.microsoft");
    registry.add("SkipSimplifiedLayerNormalization", 1, {3, 4, 4}, skipSimplifiedLayerNormalization, "com.microsoft");
    registry.add("LRN", 1, {1, 1, 1}, lrn);
    registry.add("MeanVarianceNormalization", 9, {1, 1, 1}, meanVarianceNormalization);
    registry.add("LpNormalization", 1, {1, 1, 1}, lpNormalization);
}

}  // namespace trimtab::ref
