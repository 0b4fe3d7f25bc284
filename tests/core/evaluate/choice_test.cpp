// Multiple choice by likelihood, held to products of probabilities.
#include <cmath>

#include "tests/core/evaluate/tallies.h"

namespace trimtab::evaluate {
namespace {

using dataset::Choice;

constexpr std::int64_t kVocabulary = 5, kLength = 4;

class ChoiceData final : public CountingData {
public:
    explicit ChoiceData(std::vector<Choice> choices)
        : CountingData(static_cast<std::int64_t>(choices.size())), m_choices(std::move(choices)) {}
    std::span<const Choice> choices() const override { return m_choices; }

private:
    std::vector<Choice> m_choices;
};

struct Drawn {
    std::vector<Choice> choices;
    std::vector<float> logits;
    std::vector<std::int64_t> targets;
};

/// Questions of two to four choices, each of one to four tokens.
Drawn draw(std::uint64_t seed, std::int64_t questions) {
    base::Random random(seed);
    Drawn drawn;
    for (std::int64_t question = 0; question < questions; ++question) {
        const auto count = static_cast<std::int64_t>(2 + random.below(3));
        const auto answer = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(count)));
        for (std::int64_t choice = 0; choice < count; ++choice) {
            drawn.choices.push_back({question, static_cast<std::int64_t>(1 + random.below(9)), choice == answer});
            const auto unscored = static_cast<std::int64_t>(random.below(kLength));
            for (std::int64_t i = 0; i < kLength; ++i)
                drawn.targets.push_back(i < unscored ? -1 : static_cast<std::int64_t>(random.below(kVocabulary)));
            for (std::int64_t i = 0; i < kLength * kVocabulary; ++i)
                drawn.logits.push_back(static_cast<float>(random.below(1000)) / 250.0F);
        }
    }
    return drawn;
}

Result<Evaluation> counted(const std::string& metric, const Drawn& drawn, std::int64_t batch) {
    const ChoiceData data(drawn.choices);
    Evaluation evaluation;
    evaluation.metric = metric;
    TRIMTAB_TRY(const auto tally, makeTally(*metricInfo(metric), data));
    const std::int64_t rows = data.size();
    for (std::int64_t first = 0; first < rows; first += batch) {
        const std::int64_t begin = std::min(first, rows - batch), skipped = first - begin;  // full batches: the last begins earlier
        const auto part = [&](const auto& all, std::int64_t width) {
            return std::vector(all.begin() + begin * width, all.begin() + (begin + batch) * width);
        };
        const Tensor logits = Tensor::fromFloats({batch, kLength, kVocabulary}, part(drawn.logits, kLength * kVocabulary));
        TRIMTAB_REQUIRE(tally->add(logits, {{}, Tensor::fromInt64s({batch, kLength}, part(drawn.targets, kLength)), {}}, skipped));
    }
    TRIMTAB_REQUIRE(tally->finish(evaluation));
    return evaluation;
}

/// The product of the probabilities of a row's tokens, by the definition of the softmax.
double probabilityOf(const Drawn& drawn, std::size_t row) {
    double product = 1;
    for (std::size_t i = row * kLength; i < (row + 1) * kLength; ++i) {
        if (drawn.targets[i] < 0) continue;
        double sum = 0;
        for (std::size_t k = 0; k < kVocabulary; ++k) sum += std::exp(drawn.logits[i * kVocabulary + k]);
        product *= std::exp(drawn.logits[i * kVocabulary + static_cast<std::size_t>(drawn.targets[i])]) / sum;
    }
    return product;
}

TEST(MultipleChoice, IsRightWhereTheAnswerIsTheLikeliest) {
    const Drawn drawn = draw(7, 40);
    for (const bool normalized : {false, true}) {
        std::vector<double> wanted;
        for (std::size_t row = 0; row < drawn.choices.size();) {
            double best = -1;
            bool isRight = false;
            const std::int64_t question = drawn.choices[row].question;
            for (; row < drawn.choices.size() && drawn.choices[row].question == question; ++row) {
                const double p = probabilityOf(drawn, row);
                const double score = normalized ? std::pow(p, 1.0 / static_cast<double>(drawn.choices[row].bytes)) : p;
                if (score <= best) continue;
                best = score;
                isRight = drawn.choices[row].isAnswer;
            }
            wanted.push_back(isRight);
        }
        for (const std::int64_t batch : {1, 3, 16}) {
            const auto evaluation = counted(normalized ? "acc_norm" : "acc", drawn, batch);
            ASSERT_TRUE(evaluation) << evaluation.error().text();
            EXPECT_EQ(evaluation->sampleScores, wanted) << "one score a question, whatever the batch";
            EXPECT_EQ(evaluation->n, 40);
            EXPECT_DOUBLE_EQ(evaluation->estimate.value, meanOf(wanted));
        }
    }
}

TEST(MultipleChoice, TakesTheFirstAmongEquallyLikelyChoicesAndCountsLengthOnlyWhereAsked) {
    // All logits equal: every token has probability 1/5, so that fewer tokens are likelier, and equal ones tie.
    Drawn drawn{{{0, 1, true}, {0, 1, false}, {1, 1, false}, {1, 1, true}, {2, 2, false}, {2, 8, true}},
                std::vector<float>(6 * kLength * kVocabulary, 1.0F),
                {-1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 0, -1, -1, 1, 2}};
    EXPECT_EQ(counted("acc", drawn, 6)->sampleScores, (std::vector<double>{1, 0, 0}));
    EXPECT_EQ(counted("acc_norm", drawn, 6)->sampleScores, (std::vector<double>{1, 0, 1}));
}

TEST(MultipleChoice, IsWrongWhereAScoreIsNoNumber) {
    Drawn drawn = draw(7, 1);
    for (Choice& choice : drawn.choices) choice.isAnswer = true;
    const auto rows = static_cast<std::int64_t>(drawn.choices.size());
    EXPECT_EQ(counted("acc", drawn, rows)->sampleScores, (std::vector<double>{1}));
    drawn.logits.back() = NAN;
    EXPECT_EQ(counted("acc", drawn, rows)->sampleScores, (std::vector<double>{0}));
}

TEST(MultipleChoice, WantsChoices) {
    const auto evaluation = evaluate::counted("acc", Tensor::fromFloats({1, 1, 2}, {0, 1}), Tensor::fromInt64s({1, 1}, {0}));
    ASSERT_FALSE(evaluation);
    EXPECT_NE(evaluation.error().message.find("choices"), std::string::npos);
}

}  // namespace
}  // namespace trimtab::evaluate
