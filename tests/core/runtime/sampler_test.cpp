// How the next token is drawn from logits.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/runtime/generation/sampler.h"

namespace trimtab::runtime {
namespace {

TEST(Sampler, TakesTheLowestOfEqualsWithoutTemperature) {
    Sampler sampler({}, 0);
    EXPECT_EQ(*sampler.pick(std::vector<float>{1, 3, 3, 2}), 1);
    EXPECT_FALSE(sampler.pick(std::vector<float>{1, std::nanf("")}));
    EXPECT_FALSE(sampler.pick(std::vector<float>{1, HUGE_VALF}));
    EXPECT_FALSE(sampler.pick(std::vector<float>{-HUGE_VALF, -HUGE_VALF}));
}

TEST(Sampler, DrawsInProportionToTheSoftmax) {
    const std::vector<float> logits{0, std::log(2.0F), std::log(5.0F)};
    Sampler sampler({.temperature = 1, .seed = 3}, 0);
    std::vector<int> counts(3, 0);
    for (int i = 0; i < 8000; ++i) ++counts[static_cast<std::size_t>(*sampler.pick(logits))];
    // Six standard deviations of a binomial count.
    for (const auto& [token, share] : {std::pair{0, 0.125}, {1, 0.25}, {2, 0.625}})
        EXPECT_NEAR(counts[static_cast<std::size_t>(token)], 8000 * share, 6 * std::sqrt(8000 * share * (1 - share)));
}

TEST(Sampler, KeepsTheLikeliestByCountAndByProbability) {
    const std::vector<float> logits{0, std::log(2.0F), std::log(5.0F), -1};
    Sampler two({.temperature = 1, .topK = 2}, 0), most({.temperature = 1, .topP = 0.55}, 0),
        both({.temperature = 2, .topK = 3, .topP = 0.8}, 0);
    std::vector<bool> seen(4, false);
    for (int i = 0; i < 500; ++i) {
        const auto token = *two.pick(logits);
        EXPECT_TRUE(token == 1 || token == 2);
        seen[static_cast<std::size_t>(token)] = true;
        EXPECT_EQ(*most.pick(logits), 2);
        EXPECT_NE(*both.pick(logits), 3);
    }
    EXPECT_TRUE(seen[1] && seen[2]);
}

TEST(Sampler, IsTheSameForASeedAndAnotherForEachSequence) {
    const std::vector<float> logits(50, 0);
    const auto draw = [&](std::uint64_t seed, std::size_t sequence) {
        Sampler sampler({.temperature = 1, .seed = seed}, sequence);
        std::vector<std::int64_t> tokens;
        for (int i = 0; i < 20; ++i) tokens.push_back(*sampler.pick(logits));
        return tokens;
    };
    EXPECT_EQ(draw(1, 0), draw(1, 0));
    EXPECT_NE(draw(1, 0), draw(1, 1));
    EXPECT_NE(draw(1, 0), draw(2, 0));
}

TEST(Sampler, RefusesSettingsWithoutMeaning) {
    EXPECT_TRUE(check(Sampling{}));
    for (const Sampling& bad : {Sampling{.temperature = -1}, Sampling{.topK = -1}, Sampling{.topP = 0}, Sampling{.topP = 1.5}})
        EXPECT_FALSE(check(bad));
}

}  // namespace
}  // namespace trimtab::runtime
