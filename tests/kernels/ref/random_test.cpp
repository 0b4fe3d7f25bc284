// What random operators draw: repeatable, different from node to node, and right in distribution. Bounds are five standard deviations of
// the figure that is tested.
#include <gtest/gtest.h>

#include <cmath>

#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

constexpr std::int64_t kCount = 100'000;
const double kRoot = std::sqrt(static_cast<double>(kCount));

struct Moments {
    double mean = 0, variance = 0, low = INFINITY, high = -INFINITY;
};

Moments momentsOf(const Tensor& values) {
    Moments m;
    double squares = 0;
    for (std::int64_t i = 0; i < values.elementCount(); ++i) {
        const double x = tensor::elementAsDouble(values, i);
        m.mean += x;
        squares += x * x;
        m.low = std::fmin(m.low, x);
        m.high = std::fmax(m.high, x);
    }
    const auto count = static_cast<double>(values.elementCount());
    m.mean /= count;
    m.variance = squares / count - m.mean * m.mean;
    return m;
}

bool same(const Tensor& a, const Tensor& b) { return tensor::toFloats(a) == tensor::toFloats(b); }

graph::Node named(graph::Node node, const std::string& name) {
    node.name = name;
    return node;
}

Tensor flag(bool value) { return Tensor::fromValues(DataType::Bool, Shape{}, std::vector<std::uint8_t>{static_cast<std::uint8_t>(value)}); }

TEST(RefRandom, RepeatsItselfButNotAnotherNode) {
    const Attributes shaped{{"shape", Ints{64}}};
    Attributes seeded = shaped, otherSeed = shaped;
    seeded["seed"] = 3.5F;
    otherSeed["seed"] = 3.25F;
    for (const char* op : {"RandomNormal", "RandomUniform"}) {
        EXPECT_TRUE(same(first(node(op, 1, shaped), {}), first(node(op, 22, shaped), {})));
        EXPECT_FALSE(same(first(named(node(op, 1, shaped), "a"), {}), first(named(node(op, 1, shaped), "b"), {})));
        EXPECT_TRUE(same(first(named(node(op, 1, seeded), "a"), {}), first(named(node(op, 1, seeded), "b"), {})));
        EXPECT_FALSE(same(first(node(op, 1, seeded), {}), first(node(op, 1, otherSeed), {}))) << "every bit of the seed counts";
    }
}

TEST(RefRandom, NormalHasItsMomentsAndShares) {
    const Attributes attributes{{"shape", Ints{kCount}}, {"mean", 3.0F}, {"scale", 2.0F}};
    const Tensor drawn = first(node("RandomNormal", 1, attributes), {});
    const Moments m = momentsOf(drawn);
    EXPECT_NEAR(m.mean, 3, 5 * 2 / kRoot);
    EXPECT_NEAR(m.variance, 4, 5 * 4 * std::sqrt(2.0) / kRoot);
    double within = 0;
    for (const float x : tensor::toFloats(drawn)) within += std::fabs(x - 3) < 2 ? 1 : 0;
    EXPECT_NEAR(within / kCount, 0.682689, 5 * std::sqrt(0.682689 * 0.317311) / kRoot);
}

TEST(RefRandom, UniformStaysBelowItsUpperEnd) {
    const Attributes attributes{{"low", -1.0F}, {"high", 2.0F}};
    for (const DataType type : {DataType::Float32, DataType::Float64, DataType::Float16, DataType::BFloat16}) {
        const Tensor like = *Tensor::zeros(type, Shape{kCount});
        const Tensor drawn = first(node("RandomUniformLike", 1, attributes), {like});
        EXPECT_EQ(drawn.type(), type);
        const Moments m = momentsOf(drawn);
        EXPECT_GE(m.low, -1);
        EXPECT_LT(m.high, 2);
        if (type == DataType::BFloat16) continue;  // its rounding shows in the moments
        EXPECT_NEAR(m.mean, 0.5, 5 * std::sqrt(0.75) / kRoot);
        EXPECT_NEAR(m.variance, 0.75, 5 * std::sqrt(0.45) / kRoot);  // fourth moment 81/80 less 0.75²
    }
}

TEST(RefRandom, BernoulliHasItsShare) {
    for (const float probability : {0.0F, 0.1F, 0.5F, 1.0F}) {
        const Tensor p = Tensor::fromFloats(Shape{kCount}, std::vector<float>(kCount, probability));
        const Tensor drawn = first(node("Bernoulli", 15, {{"dtype", std::int64_t{9}}}), {p});
        EXPECT_EQ(drawn.type(), DataType::Bool);
        EXPECT_NEAR(momentsOf(drawn).mean, probability, 5 * std::sqrt(probability * (1 - probability)) / kRoot);
    }
    EXPECT_EQ(refusal(node("Bernoulli", 15), {floats({1}, {1.5F})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Bernoulli", 15), {floats({1}, {NAN})}), ErrorCode::Refused);
}

TEST(RefRandom, MultinomialHasItsShares) {
    const Tensor logits = floats({2, 3}, {std::log(1.0F), std::log(2.0F), std::log(5.0F), -1000, 1000, -INFINITY});
    const Tensor drawn = first(node("Multinomial", 22, {{"sample_size", kCount}, {"dtype", std::int64_t{7}}}), {logits});
    EXPECT_EQ(drawn.shape(), (Shape{2, kCount}));
    double counts[3] = {0, 0, 0};
    for (std::int64_t i = 0; i < kCount; ++i) {
        counts[tensor::elementAsInt64(drawn, i)] += 1;
        EXPECT_EQ(tensor::elementAsInt64(drawn, kCount + i), 1);
    }
    for (int k = 0; k < 3; ++k) {
        const double share = (k == 0 ? 1.0 : k == 1 ? 2.0 : 5.0) / 8;
        EXPECT_NEAR(counts[k] / kCount, share, 5 * std::sqrt(share * (1 - share)) / kRoot) << k;
    }
    EXPECT_EQ(refusal(node("Multinomial", 7), {floats({1, 1}, {NAN})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Multinomial", 7), {floats({1, 0}, {})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Multinomial", 7, {{"sample_size", std::int64_t{0}}}), {floats({1, 1}, {0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Multinomial", 7, {{"sample_size", INT64_MAX}}), {floats({2, 1}, {0, 0})}), ErrorCode::Refused);
}

TEST(RefDropout, DropsItsShareAndScalesTheRest) {
    const Tensor x = Tensor::fromFloats(Shape{kCount}, std::vector<float>(kCount, 3.0F));
    const auto results = call(node("Dropout", 13, {}, 2), {x, Tensor::scalar(0.25F), flag(true)});
    ASSERT_TRUE(results);
    const std::vector<float> y = tensor::toFloats((*results)[0]);
    double kept = 0;
    for (std::int64_t i = 0; i < kCount; ++i) {
        const bool isKept = tensor::elementAsInt64((*results)[1], i) != 0;
        EXPECT_EQ(y[static_cast<std::size_t>(i)], isKept ? 4.0F : 0.0F);
        kept += isKept ? 1 : 0;
    }
    EXPECT_EQ((*results)[1].type(), DataType::Bool);
    EXPECT_NEAR(kept / kCount, 0.75, 5 * std::sqrt(0.75 * 0.25) / kRoot);
}

TEST(RefDropout, TrainsOnlyWhenItsVersionIsAskedTo) {
    const Tensor x = ramp({64}, 1);
    EXPECT_FALSE(same(first(node("Dropout", 6), {x}), x)) << "is_test is 0";
    EXPECT_TRUE(same(first(node("Dropout", 6, {{"is_test", std::int64_t{1}}}), {x}), x));
    EXPECT_TRUE(same(first(node("Dropout", 10), {x}), x));
    EXPECT_TRUE(same(first(node("Dropout", 12), {x, Tensor::scalar(0.5F)}), x));
    EXPECT_TRUE(same(first(node("Dropout", 22), {x, Tensor::scalar(0.5F), flag(false)}), x));
    EXPECT_TRUE(same(first(node("Dropout", 22), {x, Tensor::scalar(0.0F), flag(true)}), x));
    EXPECT_FALSE(same(first(node("Dropout", 22), {x, Tensor(), flag(true)}), x)) << "the ratio is one half";
    EXPECT_EQ(refusal(node("Dropout", 22), {x, Tensor::scalar(1.0F), flag(true)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Dropout", 22), {x, Tensor::scalar(-1.0F), flag(true)}), ErrorCode::Refused);
}

}  // namespace
}  // namespace trimtab::ref::testing
