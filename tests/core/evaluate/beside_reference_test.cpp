// KL divergence and agreement of two models over data, held to the definition of the divergence.
#include "core/evaluate/beside_reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "tests/core/evaluate/fakes.h"

namespace trimtab::evaluate {
namespace {

constexpr std::int64_t kLength = 4, kVocabulary = 6;

/// x [n, length] counts places; every third target is not counted.
class TokenData final : public CountingData {
public:
    explicit TokenData(std::int64_t samples) : CountingData(samples) {}
    Result<dataset::Batch> batch(std::int64_t first, std::int64_t count) const override {
        std::vector<float> places;
        std::vector<std::int64_t> targets;
        for (std::int64_t place = first * kLength; place < (first + count) * kLength; ++place) {
            places.push_back(static_cast<float>(place));
            targets.push_back(place % 3 == 0 ? -1 : 1);
        }
        return dataset::Batch{{{"x", Tensor::fromFloats({count, kLength}, places)}}, Tensor::fromInt64s({count, kLength}, targets), {}};
    }
    std::optional<base::TextWindows> textWindows() const override { return base::TextWindows{kLength, kLength}; }
};

std::vector<float> logitsAt(std::uint64_t seed, std::int64_t place) {
    base::Random random(seed * 1000003 + static_cast<std::uint64_t>(place));
    std::vector<float> logits;
    for (std::int64_t i = 0; i < kVocabulary; ++i) logits.push_back(static_cast<float>(random.below(2000)) / 300.0F - 3);
    return logits;
}

FunctionModel::Function seeded(std::uint64_t seed) {
    return [seed](const Tensor& x) -> Result<Tensor> {
        std::vector<float> all;
        for (const float place : tensor::toFloats(x)) {
            const auto logits = logitsAt(seed, static_cast<std::int64_t>(place));
            all.insert(all.end(), logits.begin(), logits.end());
        }
        return Tensor::fromFloats({x.shape()[0], kLength, kVocabulary}, all);
    };
}

std::vector<double> softmax(const std::vector<float>& logits) {
    std::vector<double> p;
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
    for (const float logit : logits) p.push_back(std::exp(static_cast<double>(logit)) / sum);
    return p;
}

TEST(BesideReference, IsTheMeanDivergenceOfTheTokensThatCount) {
    constexpr std::int64_t kSamples = 120;
    std::vector<double> divergences;
    double alike = 0;
    for (std::int64_t place = 0; place < kSamples * kLength; ++place) {
        if (place % 3 == 0) continue;
        const auto p = softmax(logitsAt(1, place)), q = softmax(logitsAt(2, place));
        double sum = 0;
        for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] * std::log(p[i] / q[i]);
        divergences.push_back(sum);
        alike += std::ranges::max_element(p) - p.begin() == std::ranges::max_element(q) - q.begin();
    }
    const auto n = static_cast<double>(divergences.size());
    FunctionModel reference(seeded(1)), model(seeded(2));
    for (const bool full : {false, true}) {
        const auto kl = besideReference(model, reference, TokenData(kSamples), "kl", 7, {}, full);
        ASSERT_TRUE(kl) << kl.error().text();
        EXPECT_NEAR(kl->estimate.value, base::mean(divergences), 1e-6);
        EXPECT_EQ(kl->n, kSamples);
        EXPECT_TRUE(kl->fidelity && kl->overData);
        EXPECT_EQ(kl->windows, (base::TextWindows{kLength, kLength}));
        EXPECT_EQ(kl->direction, Direction::LowerIsBetter);
        ASSERT_EQ(kl->also.size(), 2U);
        EXPECT_EQ(kl->also[0].metric, "agreement");
        EXPECT_NEAR(kl->also[0].estimate.value, alike / n, 1e-9);
        EXPECT_EQ(kl->also[1].metric, "kl_p99");
        EXPECT_EQ(kl->also[1].n, static_cast<std::int64_t>(n));
        EXPECT_NEAR(kl->also[1].estimate.value, base::quantile(divergences, 0.99), 1e-6);
    }
    const auto agreement = besideReference(model, reference, TokenData(kSamples), "agreement", 16);
    ASSERT_TRUE(agreement);
    EXPECT_NEAR(agreement->estimate.value, alike / n, 1e-9);
    EXPECT_EQ(agreement->also[0].metric, "kl");
}

TEST(BesideReference, TellsNoP99OfFewTokens) {
    FunctionModel reference(seeded(1)), model(seeded(2));
    const auto kl = besideReference(model, reference, TokenData(20), "kl", 7);
    ASSERT_TRUE(kl);
    EXPECT_EQ(kl->also.size(), 1U);
}

TEST(BesideReference, FindsNothingBetweenAModelAndItself) {
    FunctionModel model(seeded(1));
    const auto kl = besideReference(model, model, TokenData(10), "kl", 4);
    ASSERT_TRUE(kl);
    EXPECT_EQ(kl->estimate.value, 0);
    EXPECT_EQ(kl->also[0].estimate.value, 1);
    EXPECT_EQ(model.runs, 2 * 3);
}

TEST(BesideReference, ComparesEverySampleWhereTargetsAreNoTokens) {
    FunctionModel model(parity(5)), reference(parity(9));
    const auto agreement = besideReference(model, reference, CountingData(10), "agreement", 4);
    ASSERT_TRUE(agreement);
    EXPECT_EQ(agreement->sampleScores, (std::vector<double>{1, 1, 1, 1, 1, 0, 1, 0, 1, 1}));
    EXPECT_TRUE(agreement->sampleWeights.empty());
}

TEST(BesideReference, CountsWhatIsNoNumberAsInfinitelyFar) {
    FunctionModel reference(seeded(1));
    FunctionModel model([](const Tensor& x) -> Result<Tensor> {
        TRIMTAB_TRY(Tensor logits, seeded(2)(x));
        logits.mutableData<float>()[kVocabulary] = NAN;
        return logits;
    });
    const auto kl = besideReference(model, reference, TokenData(3), "kl", 4);
    ASSERT_TRUE(kl);
    EXPECT_TRUE(std::isinf(kl->estimate.value));
}

TEST(BesideReference, RefusesOutputsThatCannotBeCompared) {
    FunctionModel reference(seeded(1)), other([](const Tensor& x) -> Result<Tensor> {
        return Tensor::fromFloats({x.shape()[0], 1}, std::vector<float>(static_cast<std::size_t>(x.shape()[0])));
    });
    EXPECT_FALSE(besideReference(other, reference, TokenData(3), "kl", 4));
    EXPECT_FALSE(besideReference(other, other, TokenData(3), "kl", 4));
    EXPECT_FALSE(besideReference(reference, reference, TokenData(3), "perplexity", 4));
}

}  // namespace
}  // namespace trimtab::evaluate
