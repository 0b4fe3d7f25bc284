// The choice of a token where the logits are, against the rule stated in double and against the host's choice.
#include "kernels/cuda/kernels/token_choice.h"

#include "core/runtime/generation/token_choice.h"
#include "tests/kernels/cuda/device_test.h"
#include "tests/support/stated_choice.h"

namespace trimtab::cuda {
namespace {

using runtime::TokenChoice;

class TokenChoiceTest : public DeviceTest {
protected:
    /// Of sequences that stand one behind the other.
    static std::vector<std::int64_t> choose(const std::vector<float>& logits, const std::vector<TokenChoice>& choices) {
        std::vector<double> numbers;
        for (const TokenChoice& choice : choices)
            for (const double number : runtime::rowOf(choice)) numbers.push_back(number);
        const auto from = array(logits);
        const auto asked = array(numbers);
        const auto tokens = uninitialised<std::int64_t>(choices.size());
        const auto sequences = static_cast<std::int64_t>(choices.size());
        const Status launched = launchTokenChoice(stream(), sequences, static_cast<std::int64_t>(logits.size()) / sequences, from.data(),
                                                  asked.data(), tokens.data());
        EXPECT_TRUE(launched) << (launched ? "" : launched.error().text());
        return read(tokens);
    }
};

TEST_F(TokenChoiceTest, ChoosesAsTheRuleStatedInDoubleAndAsTheHost) {
    for (const auto& [logits, choice] : support::statedChoices()) {
        SCOPED_TRACE("of " + std::to_string(logits.size()) + " at temperature " + std::to_string(choice.temperature) + ", top-k " +
                     std::to_string(choice.topK) + ", top-p " + std::to_string(choice.topP) + ", drawn " + std::to_string(choice.drawn));
        const auto got = choose(logits, {choice});
        EXPECT_TRUE(support::statedChoice(logits, choice).allows(got[0])) << got[0];
        EXPECT_EQ(got[0], runtime::chooseToken(logits, choice));
    }
}

TEST_F(TokenChoiceTest, EachSequenceHasAChoiceOfItsOwnAndRowsOfOddLengthsStandUnaligned) {
    constexpr std::size_t kVocabulary = 1021;
    const std::vector<TokenChoice> choices{{}, {1, 0, 1, 0.999}, {1, 7, 1, 0.5}, {3, 0, 0.7, 0.25}, {0.8, 30, 0.9, 0.75}};
    const auto logits = normal(kVocabulary * choices.size(), 3);
    const auto got = choose(logits, choices);
    for (std::size_t b = 0; b < choices.size(); ++b)
        EXPECT_EQ(got[b], runtime::chooseToken(std::span(logits).subspan(b * kVocabulary, kVocabulary), choices[b])) << b;
}

TEST_F(TokenChoiceTest, AVocabularyOfAModernModel) {
    auto logits = normal(128256, 4);
    for (float& logit : logits) logit *= 3;
    for (const TokenChoice& choice : {TokenChoice{}, TokenChoice{1, 0, 1, 0.4}, TokenChoice{1, 40, 0.95, 0.9}, TokenChoice{2, 0, 0.9, 0.6}})
        EXPECT_EQ(choose(logits, {choice})[0], runtime::chooseToken(logits, choice)) << choice.temperature << " " << choice.topP;
}

TEST_F(TokenChoiceTest, SaysWhereThereIsNothingToChoose) {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    const std::vector<float> logits{1, 2, std::nanf(""), -kInf, kInf, 3, -kInf, -kInf, -kInf, -kInf, 5, 5};
    for (const double temperature : {0.0, 1.0}) {
        const TokenChoice choice{temperature, 0, 1, 0.0};
        EXPECT_EQ(choose(logits, {choice, choice, choice, choice}),
                  (std::vector<std::int64_t>{runtime::kNotANumber, runtime::kInfinite, runtime::kInfinite, 1}));
    }
    EXPECT_TRUE(launchTokenChoice(stream(), 0, 3, nullptr, nullptr, nullptr));
}

TEST_F(TokenChoiceTest, NumbersWithoutMeaningLeaveTheirPartOut) {
    const std::vector<float> logits{0, 1, 2};
    const double none = std::nan("");
    for (const TokenChoice& choice : {TokenChoice{none, 0, 1, 0.1}, TokenChoice{-1, 0, 1, 0.1}, TokenChoice{1, none, none, none},
                                      TokenChoice{1, -3, -1, 7}, TokenChoice{1e-300, 0, 1, 0.1}, TokenChoice{1e300, 0, 1, 0.1}})
        EXPECT_EQ(choose(logits, {choice})[0], runtime::chooseToken(logits, choice)) << choice.temperature;
}

}  // namespace
}  // namespace trimtab::cuda
