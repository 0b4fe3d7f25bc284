// BLEU, chrF and exact match of texts: figures that sacreBLEU publishes (its README and its tests), small cases counted by hand, and a
// plain count that marks matches off one by one.
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"
#include "core/evaluate/generated_texts.h"
#include "core/evaluate/text_statistics.h"
#include "core/evaluate/text_units.h"

namespace trimtab::evaluate {
namespace {

using Words = std::vector<std::string>;
using Texts = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, Texts>>;

template <class OfTexts>
OfTexts statisticOf(const Pairs& pairs) {
    OfTexts statistic;
    for (const auto& [text, references] : pairs) statistic.addText(text, references);
    return statistic;
}
double bleu(const Pairs& pairs) { return valueOf(statisticOf<BleuStatistic>(pairs)); }
double chrf(const Pairs& pairs) { return valueOf(statisticOf<ChrfStatistic>(pairs)); }

const Pairs kPublished{{"The dog bit the man.", {"The dog bit the man.", "The dog had bit the man."}},
                       {"It wasn't surprising.", {"It was not unexpected.", "No one was surprised."}},
                       {"The man had just bitten him.", {"The man bit him first.", "The man had bitten the dog."}}};

TEST(Words13a, SetsPunctuationApartButNotBetweenDigits) {
    EXPECT_EQ(words13a("Hello, world!"), (Words{"Hello", ",", "world", "!"}));
    EXPECT_EQ(words13a("3.14 and 1,000."), (Words{"3.14", "and", "1,000", "."}));
    EXPECT_EQ(words13a("10-20 well-known don't"), (Words{"10", "-", "20", "well-known", "don't"}));
    EXPECT_EQ(words13a("$5.00 (approx)/U.S."), (Words{"$", "5.00", "(", "approx", ")", "/", "U", ".", "S", "."}));
    EXPECT_EQ(words13a("&quot;a&amp;b&quot; &lt;skipped&gt;"), (Words{"\"", "a", "&", "b", "\"", "<", "skipped", ">"}));
    EXPECT_EQ(words13a("a<skipped>b over-\nhead\nline  "), (Words{"ab", "overhead", "line"}));
    EXPECT_EQ(words13a("Größe…\xc2\xa0hier,dort"), (Words{"Größe…", "hier", ",", "dort"}));
    EXPECT_EQ(words13a(" \n "), Words());
}

TEST(Bleu, IsWhatIsPublished) { EXPECT_NEAR(bleu(kPublished), 0.48530827, 1e-8); }

TEST(Bleu, IsTheMeanOfShortRunsShrunkWhereTextsAreShort) {
    EXPECT_DOUBLE_EQ(bleu({{"a b c d e", {"a b c d e"}}}), 1);
    EXPECT_DOUBLE_EQ(bleu({{"a b c d", {"a b c d e"}}}), std::exp(1 - 5.0 / 4));
    EXPECT_DOUBLE_EQ(bleu({{"a b c d", {"a b c d e", "x y z"}}}), 1) << "of references equally near the shorter";
    EXPECT_NEAR(bleu({{"this is a fest", {"this is a test"}}}), std::pow(3.0 / 4 * 2 / 3 * 1 / 2 * 1 / 2, 0.25), 1e-12);
    EXPECT_NEAR(bleu({{"a b x y", {"a b c d"}}}), std::pow(2.0 / 4 * 1 / 3 * 1 / 4 * 1 / 4, 0.25), 1e-12) << "half a match, then a quarter";
    EXPECT_NEAR(bleu({{"a a a a", {"a b c d"}}}), std::pow(1.0 / 4 * 1 / 6 * 1 / 8 * 1 / 8, 0.25), 1e-12) << "a word matches once";
    EXPECT_EQ(bleu({{"a b c", {"a b c"}}}), 0) << "nothing has four words";
    EXPECT_EQ(bleu({{"a b c d", {"e f g h"}}}), 0);
    EXPECT_EQ(bleu({{"", {"a b c d"}}}), 0);
}

TEST(Bleu, AgreesWithMatchesThatAreMarkedOffOneByOne) {
    base::Random random(11);
    for (int round = 0; round < 50; ++round) {
        Pairs pairs;
        double words = 0, wanted = 0, matches[4] = {}, runs[4] = {};
        for (int i = 0; i < 5; ++i) {
            Words text(4 + random.below(8)), reference(4 + random.below(8));
            for (Words* side : {&text, &reference})
                for (std::string& word : *side) word = std::string(1, static_cast<char>('a' + random.below(3)));
            const auto joined = [](const Words& list) {
                std::string line;
                for (const std::string& word : list) line += word + " ";
                return line;
            };
            pairs.push_back({joined(text), {joined(reference)}});
            words += static_cast<double>(text.size());
            wanted += static_cast<double>(reference.size());
            for (std::size_t n = 1; n <= 4; ++n) {
                std::vector<bool> used(reference.size());
                for (std::size_t at = 0; at + n <= text.size(); ++at, ++runs[n - 1])
                    for (std::size_t other = 0; other + n <= reference.size(); ++other) {
                        if (used[other] || !std::equal(text.begin() + at, text.begin() + at + n, reference.begin() + other)) continue;
                        used[other] = true;
                        ++matches[n - 1];
                        break;
                    }
            }
        }
        double product = 1, smoothing = 1;
        for (int n = 0; n < 4; ++n) product *= (matches[n] > 0 ? matches[n] : (smoothing /= 2)) / runs[n];
        EXPECT_NEAR(bleu(pairs), std::pow(product, 0.25) * std::min(1.0, std::exp(1 - wanted / words)), 1e-12);
    }
}

TEST(Chrf, IsWhatIsPublished) {
    EXPECT_NEAR(chrf(kPublished), 0.5973, 5e-5);
    // Precision and recall are equal in these, so that they hold for any weight of recall.
    EXPECT_DOUBLE_EQ(chrf({{"a", {"a"}}}), 1);
    EXPECT_DOUBLE_EQ(chrf({{"a b c", {"abc"}}}), 1);
    EXPECT_DOUBLE_EQ(chrf({{"", {"reference"}}}), 0);
    EXPECT_DOUBLE_EQ(chrf({{"a", {"a"}}, {"b", {"c"}}}), 0.5);
    EXPECT_DOUBLE_EQ(chrf({{"aa", {"ab"}}}), 0.25);
}

TEST(Chrf, WeighsRecallFourTimesAndTakesTheBestReference) {
    EXPECT_NEAR(chrf({{"ab", {"abc"}}}), 7.0 / 11, 1e-12) << "precision 1; recall (2/3 + 1/2) / 2; no run of three in the text";
    EXPECT_NEAR(chrf({{"ab", {"xyz", "abc", "ab"}}}), 1, 1e-12);
    EXPECT_NEAR(chrf({{"äö", {"äöü"}}}), 7.0 / 11, 1e-12) << "characters, not bytes";
}

template <class OfTexts>
void expectScoresOfTheStatistic(std::uint64_t seed) {
    base::Random random(seed);
    Pairs pairs;
    for (int i = 0; i < 12; ++i) {
        std::string text = "the cat sat on the ", reference = "the cat sat on the ";
        for (int k = 0; k < 6; ++k) {
            text += static_cast<char>('a' + random.below(4)) + std::string(" ");
            if (random.below(3) > 0) reference += static_cast<char>('a' + random.below(4)) + std::string(" ");
        }
        pairs.push_back({text, {reference}});
    }
    const auto statistic = statisticOf<OfTexts>(pairs);
    const auto scores = statistic.scores();
    const double value = valueOf(statistic);
    double sum = 0;
    for (const double score : scores) sum += score;
    EXPECT_NEAR(sum / 12, value, 1e-12);
    constexpr std::uint32_t kOften = 100000;  // a set so large that one sample more is a small step
    std::vector<std::uint32_t> counts(12, kOften);
    for (std::size_t i = 0; i < 12; ++i) {
        ++counts[i];
        EXPECT_NEAR(scores[i] - value, 12.0 * kOften * (statistic.value(counts) - value), 1e-3) << i;
        --counts[i];
    }
    const base::Estimate estimate = estimateOf(statistic, base::Direction::HigherIsBetter);
    EXPECT_EQ(estimate.value, value);
    EXPECT_LT(estimate.interval.low, value);
    EXPECT_GT(estimate.interval.high, value);
}

TEST(SumStatistic, GivesEachSampleTheScoreThatItAddsToBleu) { expectScoresOfTheStatistic<BleuStatistic>(1); }
TEST(SumStatistic, GivesEachSampleTheScoreThatItAddsToChrf) { expectScoresOfTheStatistic<ChrfStatistic>(2); }

TEST(ExactMatch, IsOneOfTheReferencesWithoutTheSpaceAround) {
    const std::vector<dataset::Prompt> prompts{{{1}, {"Paris"}}, {{1}, {"a", "b c"}}, {{1}, {"b c"}}, {{1}, {"x"}}};
    const Texts texts{" Paris\n", "b c", "b  c", "X"};
    const auto evaluation = scoreTexts("exact_match", texts, prompts);
    ASSERT_TRUE(evaluation);
    EXPECT_EQ(evaluation->sampleScores, (std::vector<double>{1, 1, 0, 0}));
    EXPECT_EQ(evaluation->n, 4);
    EXPECT_DOUBLE_EQ(evaluation->estimate.value, 0.5);
    EXPECT_FALSE(scoreTexts("perplexity", texts, prompts));
}

}  // namespace
}  // namespace trimtab::evaluate
