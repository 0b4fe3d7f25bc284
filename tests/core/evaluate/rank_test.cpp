// auc, mean_average_precision, ndcg.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/evaluate/rank_statistic.h"
#include "core/evaluate/ratio_statistic.h"
#include "tests/core/evaluate/tallies.h"

namespace trimtab::evaluate {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
using Scores = std::vector<float>;
using Labels = std::vector<std::int64_t>;

double plainAuc(const Scores& scores, const Labels& labels) {
    double won = 0, pairs = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
        for (std::size_t j = 0; j < scores.size(); ++j) {
            if (labels[i] != 1 || labels[j] != 0) continue;
            won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            ++pairs;
        }
    return won / pairs;
}

/// Precision and recall counted anew at each distinct threshold.
double plainAveragePrecision(const Scores& scores, const Labels& labels) {
    Scores thresholds = scores;
    std::sort(thresholds.begin(), thresholds.end(), std::greater<>());
    thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
    const double positives = static_cast<double>(std::count(labels.begin(), labels.end(), 1));
    double area = 0, recallBefore = 0;
    for (const float threshold : thresholds) {
        double right = 0, said = 0;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (scores[i] < threshold) continue;
            ++said;
            right += labels[i] == 1;
        }
        area += (right / positives - recallBefore) * right / said;
        recallBefore = right / positives;
    }
    return area;
}

/// The gain averaged over every order that the scores allow.
double plainNdcg(const Scores& scores, const Labels& labels) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    const auto gainOf = [&](const auto& labelAt) {
        double gain = 0;
        for (std::size_t rank = 0; rank < std::min<std::size_t>(scores.size(), 10); ++rank)
            gain += labelAt(rank) / std::log2(static_cast<double>(rank) + 2);
        return gain;
    };
    double sum = 0, orders = 0;
    do {
        if (!std::is_sorted(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] > scores[b]; })) continue;
        sum += gainOf([&](std::size_t rank) { return static_cast<double>(labels[order[rank]]); });
        ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    Labels best = labels;
    std::sort(best.begin(), best.end(), std::greater<>());
    return sum / orders / gainOf([&](std::size_t rank) { return static_cast<double>(best[rank]); });
}

Tensor columnOf(const Scores& scores) { return Tensor::fromFloats({static_cast<std::int64_t>(scores.size())}, scores); }
Tensor columnOf(const Labels& labels) { return Tensor::fromInt64s({static_cast<std::int64_t>(labels.size())}, labels); }

TEST(Auc, CountsPairsWithTiesAsHalf) {
    // Positives 3, 1 against negatives 2, 1, 0: 3 wins thrice; 1 loses, ties, wins: 4.5 of 6.
    EXPECT_DOUBLE_EQ(figure("auc", Tensor::fromFloats({5, 1}, {3, 1, 2, 1, 0}), Tensor::fromInt64s({5}, {1, 1, 0, 0, 0})), 0.75);
    EXPECT_EQ(figure("auc", columnOf(Scores{1, 1, 1}), columnOf(Labels{1, 0, 0})), 0.5);
    EXPECT_EQ(figure("auc", columnOf(Scores{kInfinity, -kInfinity}), columnOf(Labels{1, 0})), 1);
}

TEST(Auc, AgreesWithAllPairsOnRandomCases) {
    base::Random random(4);
    for (int round = 0; round < 100; ++round) {
        const std::size_t n = 2 + random.below(20);
        const Scores scores = drawnScores(random, n, 1 + random.below(12));
        Labels labels = drawnLabels(random, n, 2);
        labels[0] = 1;
        labels[1] = 0;
        EXPECT_NEAR(figure("auc", columnOf(scores), columnOf(labels)), plainAuc(scores, labels), 1e-12);
    }
}

TEST(AveragePrecision, IsTheAreaUnderTheSteps) {
    // Right at ranks 1 and 3 of 4: (1/1 + 2/3) / 2.
    EXPECT_DOUBLE_EQ(figure("mean_average_precision", Tensor::fromFloats({4, 1}, {9, 8, 7, 6}),
                            Tensor::fromInt64s({4, 1}, {1, 0, 1, 0})), 5.0 / 6);
    // The second class has no positive and is left out.
    EXPECT_DOUBLE_EQ(figure("mean_average_precision", Tensor::fromFloats({2, 2}, {9, 8, 7, 6}),
                            Tensor::fromInt64s({2, 2}, {0, 0, 1, 0})), 0.5);
    EXPECT_DOUBLE_EQ(figure("mean_average_precision", Tensor::fromFloats({3, 1}, {9, 8, 7}), Tensor::fromInt64s({3, 1}, {-1, 1, 0})), 1)
        << "-1 is not counted";
}

TEST(AveragePrecision, AgreesWithCountingAnewAtEachThreshold) {
    base::Random random(5);
    for (int round = 0; round < 100; ++round) {
        const std::size_t n = 2 + random.below(15), classes = 1 + random.below(4);
        const Scores scores = drawnScores(random, n * classes, 1 + random.below(12));
        Labels labels = drawnLabels(random, n * classes, 2);
        labels[0] = 1;
        double sum = 0, present = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            Scores ownScores;
            Labels ownLabels;
            for (std::size_t i = 0; i < n; ++i) {
                ownScores.push_back(scores[i * classes + c]);
                ownLabels.push_back(labels[i * classes + c]);
            }
            if (std::count(ownLabels.begin(), ownLabels.end(), 1) == 0) continue;
            sum += plainAveragePrecision(ownScores, ownLabels);
            ++present;
        }
        const Shape shape{static_cast<std::int64_t>(n), static_cast<std::int64_t>(classes)};
        EXPECT_NEAR(figure("mean_average_precision", Tensor::fromFloats(shape, scores), Tensor::fromInt64s(shape, labels)),
            sum / present, 1e-12);
    }
}

TEST(Ndcg, RanksWithinGroups) {
    // Group 1: the positive is second of two: (1/log2 3) / 1. Group 2: first: 1. Group 3 has no positive.
    const Tensor scores = columnOf(Scores{5, 4, 1, 2, 7}), labels = columnOf(Labels{0, 1, 0, 1, 0});
    const Tensor groups = columnOf(Labels{1, 1, 2, 2, 3});
    const auto evaluation = counted("ndcg", scores, labels, groups).value();
    EXPECT_EQ(evaluation.n, 2);
    EXPECT_NEAR(evaluation.sampleScores[0], 1 / std::log2(3.0), 1e-12);
    EXPECT_EQ(evaluation.sampleScores[1], 1);
    EXPECT_NEAR(evaluation.estimate.value, (1 / std::log2(3.0) + 1) / 2, 1e-12);
}

TEST(Ndcg, SharesOutTheGainsOfEqualScores) {
    base::Random random(6);
    for (int round = 0; round < 40; ++round) {
        const std::size_t n = 1 + random.below(7);
        const Scores scores = drawnScores(random, n, 4);
        Labels labels = drawnLabels(random, n, 2);
        labels[random.below(n)] = 1;
        EXPECT_NEAR(figure("ndcg", columnOf(scores), columnOf(labels), columnOf(Labels(n, 8))), plainNdcg(scores, labels), 1e-12);
    }
}

TEST(Ndcg, LooksAtTheTenHighest) {
    Scores scores(12);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(100 - i);
    Labels labels(12);
    labels[10] = 1;
    EXPECT_EQ(figure("ndcg", columnOf(scores), columnOf(labels), columnOf(Labels(12))), 0);
    labels.assign(12, 1);
    EXPECT_DOUBLE_EQ(figure("ndcg", columnOf(scores), columnOf(labels), columnOf(Labels(12))), 1);
}

TEST(Rankings, PutNaNWhereItDoesMostHarm) {
    EXPECT_EQ(figure("auc", columnOf(Scores{kNaN, -kInfinity}), columnOf(Labels{1, 0})), 0);
    EXPECT_EQ(figure("auc", columnOf(Scores{kInfinity, kNaN}), columnOf(Labels{1, 0})), 0);
    EXPECT_EQ(figure("auc", columnOf(Scores{kNaN, kNaN}), columnOf(Labels{1, 0})), 0);
    EXPECT_EQ(figure("mean_average_precision", Tensor::fromFloats({2, 1}, {kNaN, kNaN}), Tensor::fromInt64s({2, 1}, {1, 0})), 0.5)
        << "the last rank of two";
    EXPECT_NEAR(figure("ndcg", columnOf(Scores{kNaN, kNaN}), columnOf(Labels{1, 0}), columnOf(Labels{0, 0})), 1 / std::log2(3.0), 1e-12);
}

TEST(Rankings, RefuseWhatDoesNotFit) {
    const Tensor two = columnOf(Scores{1, 2});
    EXPECT_FALSE(counted("auc", two, columnOf(Labels{1, 1})));
    EXPECT_FALSE(counted("auc", two, columnOf(Labels{0, 0})));
    EXPECT_FALSE(counted("auc", two, columnOf(Labels{0, 2})));
    EXPECT_FALSE(counted("auc", two, columnOf(Labels{0, 1, 1})));
    EXPECT_FALSE(counted("auc", two, {}));
    EXPECT_FALSE(counted("auc", Tensor::fromFloats({2, 2}, {1, 2, 3, 4}), Tensor::fromInt64s({2, 2}, {0, 1, 1, 0})));
    EXPECT_FALSE(counted("mean_average_precision", two, columnOf(Labels{0, 1})));
    EXPECT_FALSE(counted("mean_average_precision", Tensor::fromFloats({1, 2}, {1, 2}), Tensor::fromInt64s({1, 2}, {0, 0})));
    EXPECT_FALSE(counted("mean_average_precision", Tensor::fromFloats({2, 2}, {1, 2, 3, 4}), Tensor::fromInt64s({2}, {0, 1})));
    EXPECT_FALSE(counted("ndcg", two, columnOf(Labels{0, 1})));
    EXPECT_FALSE(counted("ndcg", two, columnOf(Labels{0, 0}), columnOf(Labels{0, 0})));
    EXPECT_FALSE(counted("ndcg", two, columnOf(Labels{0, -1}), columnOf(Labels{0, 0})));
}

/// d figure / d weight of each sample, by counting every sample many times and one once more.
std::vector<double> plainScores(const Statistic& statistic) {
    constexpr std::uint32_t kTimes = 100000;
    const std::size_t n = statistic.samples();
    std::vector<std::uint32_t> counts(n, kTimes);
    const double value = statistic.value(counts);
    std::vector<double> scores;
    for (std::size_t i = 0; i < n; ++i) {
        ++counts[i];
        scores.push_back(value + static_cast<double>(n) * kTimes * (statistic.value(counts) - value));
        --counts[i];
    }
    return scores;
}

TEST(Statistics, HaveScoresThatFollowTheFigureWhenASampleIsCountedMore) {
    base::Random random(7);
    for (int round = 0; round < 20; ++round) {
        const std::size_t n = 12;
        RankStatistic auc(Ranking::Auc, n), precision(Ranking::AveragePrecision, n);
        RatioStatistic ratio(3);
        for (int c = 0; c < 2; ++c) {
            std::vector<std::int8_t> labels{1, 0};
            while (labels.size() < n) labels.push_back(static_cast<std::int8_t>(static_cast<int>(random.below(3)) - 1));
            auc.add(drawnScores(random, n, 8), labels);
            precision.add(drawnScores(random, n, 8), labels);
        }
        for (std::size_t i = 0; i < n; ++i) {
            const double bottom = 1 + static_cast<double>(random.below(4));
            const RatioStatistic::Part parts[] = {{random.below(2), bottom / 2, bottom}, {2, 1, 3}};
            ratio.add(std::span(parts).first(1 + random.below(2)));
        }
        for (const Statistic* statistic : {static_cast<const Statistic*>(&auc), static_cast<const Statistic*>(&precision),
            static_cast<const Statistic*>(&ratio)}) {
            const auto scores = statistic->scores(), wanted = plainScores(*statistic);
            ASSERT_EQ(scores.size(), n);
            for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(scores[i], wanted[i], 2e-3);
            EXPECT_NEAR(meanOf(scores), valueOf(*statistic), 1e-9);
        }
    }
}

/// A set drawn from one population: three in ten samples of each class are positive and score one deviation higher.
RankStatistic drawnSet(base::Random& random) {
    constexpr std::size_t kSamples = 100, kClasses = 20;
    RankStatistic set(Ranking::AveragePrecision, kSamples);
    for (std::size_t c = 0; c < kClasses; ++c) {
        Scores scores(kSamples);
        std::vector<std::int8_t> labels(kSamples);
        for (std::size_t i = 0; i < kSamples; ++i) {
            labels[i] = random.below(10) < 3;
            scores[i] = static_cast<float>(labels[i] + random.normal());
        }
        set.add(scores, labels);
    }
    return set;
}

TEST(AveragePrecision, HasAnIntervalThatHoldsWhatSuchDataGiveOnAverage) {
    // Positives that are drawn twice lift each resample: with twenty classes the plain percentiles lie above the figure itself.
    base::Random random(10);
    double sum = 0;
    constexpr int kSets = 400;
    for (int set = 0; set < kSets; ++set) sum += valueOf(drawnSet(random));
    const double average = sum / kSets;
    int covered = 0;
    constexpr int kStudies = 40;
    for (int study = 0; study < kStudies; ++study) {
        const auto estimate = estimateOf(drawnSet(random), Direction::HigherIsBetter);
        covered += estimate.interval.low <= average && average <= estimate.interval.high;
        EXPECT_LT(estimate.interval.low, estimate.value);
        EXPECT_GT(estimate.interval.high, estimate.value);
    }
    EXPECT_GE(covered, 34);  // of 40 at 95 % fewer than 34 come about once in 300 times
}

struct TwoModels {
    Scores a, b;
    Labels labels;
};

TwoModels twoModels(std::size_t n) {
    base::Random random(8);
    TwoModels models;
    for (std::size_t i = 0; i < n; ++i) {
        models.labels.push_back(random.below(3) == 0);
        const double signal = static_cast<double>(models.labels.back()) + random.normal();
        models.a.push_back(static_cast<float>(signal));
        models.b.push_back(static_cast<float>(signal + 0.7 * random.normal()));
    }
    return models;
}

/// 95 % of `replicas` figures of samples drawn anew.
template <class Figure>
base::Interval plainBootstrap(const TwoModels& models, Figure figure) {
    base::Random random(99);
    std::vector<double> values;
    for (int replica = 0; replica < 1000; ++replica) {
        TwoModels drawn;
        for (std::size_t i = 0; i < models.labels.size(); ++i) {
            const std::size_t pick = random.below(models.labels.size());
            drawn.a.push_back(models.a[pick]);
            drawn.b.push_back(models.b[pick]);
            drawn.labels.push_back(models.labels[pick]);
        }
        values.push_back(figure(drawn));
    }
    std::sort(values.begin(), values.end());
    return {values[25], values[974]};
}

TEST(Auc, HasTheIntervalOfAPlainBootstrap) {
    const TwoModels models = twoModels(150);
    const auto plain = plainBootstrap(models, [](const TwoModels& drawn) { return plainAuc(drawn.a, drawn.labels); });
    const auto estimate = counted("auc", columnOf(models.a), columnOf(models.labels)).value().estimate;
    const double width = plain.high - plain.low;
    EXPECT_NEAR(estimate.interval.low, plain.low, 0.1 * width);
    EXPECT_NEAR(estimate.interval.high, plain.high, 0.1 * width);
}

TEST(Auc, IsPairedBySampleAsAPlainBootstrapOfTheDifferencePairsIt) {
    const TwoModels models = twoModels(150);
    const auto plain = plainBootstrap(models, [](const TwoModels& drawn) {
        return plainAuc(drawn.b, drawn.labels) - plainAuc(drawn.a, drawn.labels);
    });
    const auto a = counted("auc", columnOf(models.a), columnOf(models.labels)).value();
    const auto b = counted("auc", columnOf(models.b), columnOf(models.labels)).value();
    const auto difference = base::pairedDifference(a.sampleScores, b.sampleScores);
    EXPECT_NEAR(difference.value, plainAuc(models.b, models.labels) - plainAuc(models.a, models.labels), 1e-12);
    const double width = plain.high - plain.low;
    EXPECT_NEAR(difference.interval.low, plain.low, 0.15 * width);
    EXPECT_NEAR(difference.interval.high, plain.high, 0.15 * width);
    // Unpaired, the interval would be as wide as both models' own intervals together.
    EXPECT_LT(difference.interval.high - difference.interval.low, a.estimate.interval.high - a.estimate.interval.low);
}

TEST(Statistics, ResampleTheScoresWhereTheFigureWouldTakeTooLong) {
    // Two sets alike, one with so many classes that 2000 walks would be too many: the same figure, and nearly the same interval.
    class Slow final : public Statistic {
    public:
        explicit Slow(const Statistic& inner) : m_inner(inner) {}
        std::size_t samples() const override { return m_inner.samples(); }
        std::size_t steps() const override { return std::size_t{1} << 40; }
        double value(std::span<const std::uint32_t> counts) const override { ++calls; return m_inner.value(counts); }
        std::vector<double> scores() const override { return m_inner.scores(); }
        mutable int calls = 0;

    private:
        const Statistic& m_inner;
    };
    const TwoModels models = twoModels(150);
    RankStatistic statistic(Ranking::Auc, models.labels.size());
    statistic.add(models.a, std::vector<std::int8_t>(models.labels.begin(), models.labels.end()));
    const Slow slow(statistic);
    const auto quick = estimateOf(statistic, Direction::HigherIsBetter), bounded = estimateOf(slow, Direction::HigherIsBetter);
    EXPECT_EQ(slow.calls, 1);
    EXPECT_EQ(quick.value, bounded.value);
    EXPECT_NEAR(quick.interval.low, bounded.interval.low, 0.015);
    EXPECT_NEAR(quick.interval.high, bounded.interval.high, 0.015);
    EXPECT_LE(bounded.interval.high, 1);
}

}  // namespace
}  // namespace trimtab::evaluate
