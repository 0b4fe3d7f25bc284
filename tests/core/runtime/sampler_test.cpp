// How the next token is drawn from logits.
#include "core/runtime/generation/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/support/stated_choice.h"

namespace trimtab::runtime {
namespace {

std::int64_t pick(Sampler& sampler, const std::vector<float>& logits) { return chooseToken(logits, sampler.next()); }

TEST(Sampler, TakesTheLowestOfEqualsWithoutTemperature) {
    Sampler sampler({}, 0);
    EXPECT_EQ(pick(sampler, {1, 3, 3, 2}), 1);
    EXPECT_EQ(pick(sampler, {-0.0F, 0.0F}), 0);
    EXPECT_EQ(pick(sampler, {1, std::nanf("")}), kNotANumber);
    EXPECT_EQ(pick(sampler, {1, HUGE_VALF}), kInfinite);
    EXPECT_EQ(pick(sampler, {-HUGE_VALF, -HUGE_VALF}), kInfinite);
    EXPECT_EQ(pick(sampler, {-HUGE_VALF, -3}), 1);
}

TEST(Sampler, DrawsInProportionToTheSoftmax) {
    const std::vector<float> logits{0, std::log(2.0F), std::log(5.0F)};
    Sampler sampler({.temperature = 1, .seed = 3}, 0);
    std::vector<int> counts(3, 0);
    for (int i = 0; i < 8000; ++i) ++counts[static_cast<std::size_t>(pick(sampler, logits))];
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
        const auto token = pick(two, logits);
        EXPECT_TRUE(token == 1 || token == 2);
        seen[static_cast<std::size_t>(token)] = true;
        EXPECT_EQ(pick(most, logits), 2);
        EXPECT_NE(pick(both, logits), 3);
    }
    EXPECT_TRUE(seen[1] && seen[2]);
}

TEST(Sampler, IsTheSameForASeedAndAnotherForEachSequence) {
    const std::vector<float> logits(50, 0);
    const auto draw = [&](std::uint64_t seed, std::size_t sequence) {
        Sampler sampler({.temperature = 1, .seed = seed}, sequence);
        std::vector<std::int64_t> tokens;
        for (int i = 0; i < 20; ++i) tokens.push_back(pick(sampler, logits));
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

TEST(TokenChoice, ChoosesAsTheRuleStatedInDouble) {
    for (const auto& [logits, choice] : support::statedChoices()) {
        const auto wanted = support::statedChoice(logits, choice);
        const auto got = chooseToken(logits, choice);
        EXPECT_TRUE(wanted.allows(got)) << got << " of " << logits.size() << " at temperature " << choice.temperature << ", top-k "
                                        << choice.topK << ", top-p " << choice.topP << ", drawn " << choice.drawn;
    }
}

TEST(TokenChoice, NumbersWithoutMeaningLeaveTheirPartOut) {
    const std::vector<float> logits{0, 1, 2};
    const double none = std::nan("");
    EXPECT_EQ(chooseToken(logits, {.temperature = none}), 2);
    EXPECT_EQ(chooseToken(logits, {.temperature = -1}), 2);
    EXPECT_EQ(chooseToken(logits, {.temperature = 1, .topK = none, .topP = none, .drawn = none}), 0);
    EXPECT_EQ(chooseToken(logits, {.temperature = 1, .topK = -3, .topP = -1, .drawn = 7}), 2);
    EXPECT_EQ(chooseToken(logits, {.temperature = 1e-300, .drawn = 0.1}), 2);
    EXPECT_EQ(chooseToken(logits, {.temperature = 1e300, .drawn = 0.1}), 0);
}

}  // namespace
}  // namespace trimtab::runtime
