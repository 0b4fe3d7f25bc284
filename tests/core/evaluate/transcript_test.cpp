// wer, cer.
#include "core/evaluate/transcript.h"

#include <gmock/gmock.h>
#include <limits>
#include <map>

#include "core/evaluate/edit_distance.h"
#include "tests/core/evaluate/tallies.h"

namespace trimtab::evaluate {
namespace {

using testing::ElementsAre;
using Ids = std::vector<std::int64_t>;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// The definition: what the ends of both sequences may have gone through.
std::int64_t plainDistance(const Ids& a, const Ids& b, std::size_t i, std::size_t j,
                           std::map<std::pair<std::size_t, std::size_t>, std::int64_t>& known) {
    if (i == 0 || j == 0) return static_cast<std::int64_t>(i + j);
    if (const auto found = known.find({i, j}); found != known.end()) return found->second;
    const auto replaced = plainDistance(a, b, i - 1, j - 1, known) + (a[i - 1] == b[j - 1] ? 0 : 1);
    const auto removed = plainDistance(a, b, i - 1, j, known) + 1, added = plainDistance(a, b, i, j - 1, known) + 1;
    return known[{i, j}] = std::min(replaced, std::min(removed, added));
}

TEST(EditDistance, IsKnownForWordsAndAgreesWithItsDefinition) {
    const std::string kitten = "kitten", sitting = "sitting";
    EXPECT_EQ(editDistance(Ids(kitten.begin(), kitten.end()), Ids(sitting.begin(), sitting.end())), 3);
    EXPECT_EQ(editDistance(Ids{}, Ids{1, 2}), 2);
    EXPECT_EQ(editDistance(Ids{1, 2}, Ids{}), 2);
    EXPECT_EQ(editDistance(Ids{}, Ids{}), 0);
    base::Random random(9);
    for (int round = 0; round < 200; ++round) {
        const Ids a = drawnLabels(random, random.below(9), 3), b = drawnLabels(random, random.below(9), 3);
        std::map<std::pair<std::size_t, std::size_t>, std::int64_t> known;
        EXPECT_EQ(editDistance(a, b), plainDistance(a, b, a.size(), b.size(), known));
    }
}

TEST(GreedyTokens, JoinRunsAndLeaveTheBlankOut) {
    // Steps 1 1 0 1 2 2, blank 0: 1 · 1 2.
    std::vector<float> scores;
    for (const int best : {1, 1, 0, 1, 2, 2})
        for (int c = 0; c < 3; ++c) scores.push_back(c == best ? 2.0F : -1.0F);
    EXPECT_THAT(greedyTokens(scores, 3, 0), ElementsAre(1, 1, 2));
    EXPECT_THAT(greedyTokens(scores, 3, 2), ElementsAre(1, 0, 1));
    scores[0] = kNaN;
    EXPECT_THAT(greedyTokens(scores, 3, 0), ElementsAre(kNoToken, 1, 1, 2));
}

TEST(Cer, SumsEditsOverTheLengthsOfTheReferences) {
    // 1 edit of 3 and 2 of 2: 3 of 5.
    const Tensor output = Tensor::fromInt64s({2, 4}, {1, 2, 9, -1, 7, 8, -1, -1});
    const Tensor target = Tensor::fromInt64s({2, 3}, {1, 2, 3, 4, 5, -1});
    const auto evaluation = counted("cer", output, target).value();
    EXPECT_DOUBLE_EQ(evaluation.estimate.value, 0.6);
    EXPECT_EQ(evaluation.direction, Direction::LowerIsBetter);
    EXPECT_NEAR(meanOf(evaluation.sampleScores), 0.6, 1e-12);
    EXPECT_EQ(evaluation.n, 2);
}

TEST(Cer, CountsWhatIsSaidIntoSilence) {
    const Tensor output = Tensor::fromInt64s({2, 2}, {1, 2, 5, 5});
    EXPECT_DOUBLE_EQ(figure("cer", output, Tensor::fromInt64s({2, 2}, {1, 2, -1, -1})), 1);
    EXPECT_FALSE(counted("cer", output, Tensor::fromInt64s({2, 2}, {-1, -1, -1, -1})));
}

TEST(Wer, ComparesTheWordsBetweenSeparators) {
    const dataset::TokenRules rules{0, 5};
    // "1 2 | 3 | 4" against "1 2 | 3 3 | 4": one word of three; double and outer separators make no words.
    const Tensor target = Tensor::fromInt64s({1, 6}, {1, 2, 5, 3, 5, 4});
    const Tensor said = Tensor::fromInt64s({1, 10}, {5, 1, 2, 5, 5, 3, 3, 5, 4, -1});
    EXPECT_DOUBLE_EQ(figure("wer", said, target, {}, rules), 1.0 / 3);
    const Tensor run = Tensor::fromInt64s({1, 4}, {1, 2, 3, 4});
    EXPECT_DOUBLE_EQ(figure("wer", run, target, {}, rules), 1) << "one word that none is, two left out";
    const auto refused = counted("wer", said, target);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("separator"), std::string::npos);
}

TEST(Wer, DecodesScoresWithTheManifestsBlank) {
    std::vector<float> scores;
    for (const int best : {3, 1, 1, 3, 2, 0})
        for (int c = 0; c < 4; ++c) scores.push_back(c == best ? 2.0F : -1.0F);
    const Tensor output = Tensor::fromFloats({1, 6, 4}, scores);
    EXPECT_EQ(figure("wer", output, Tensor::fromInt64s({1, 3}, {1, 2, 0}), {}, {3, 0}), 0) << "one word, 1 2";
    EXPECT_DOUBLE_EQ(figure("cer", output, Tensor::fromInt64s({1, 3}, {3, 1, 2}), {}, {0, {}}), 1.0 / 3) << "3 1 3 2 against 3 1 2";
    std::vector<float> broken(24, kNaN);
    EXPECT_EQ(figure("cer", Tensor::fromFloats({1, 6, 4}, broken), Tensor::fromInt64s({1, 1}, {1})), 1);
    EXPECT_FALSE(counted("cer", output, Tensor::fromInt64s({1, 1}, {1}), {}, {4, {}}));
}

TEST(Transcripts, RefuseWhatDoesNotFit) {
    const Tensor target = Tensor::fromInt64s({1, 2}, {1, 2});
    EXPECT_FALSE(counted("cer", Tensor::fromFloats({1, 2}, {1, 2}), target));
    EXPECT_FALSE(counted("cer", Tensor::fromInt64s({1, 2, 1}, {1, 2}), target));
    EXPECT_FALSE(counted("cer", Tensor::fromInt64s({2, 1}, {1, 2}), target));
    EXPECT_FALSE(counted("cer", Tensor::fromInt64s({1, 1}, {1}), Tensor::fromInt64s({1}, {1})));
    const auto endless = Tensor::zeros(DataType::Int64, {1, 30000}).value();
    EXPECT_FALSE(counted("cer", endless, endless)) << "900 million cells";
}

}  // namespace
}  // namespace trimtab::evaluate
