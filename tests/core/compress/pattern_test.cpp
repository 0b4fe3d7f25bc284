#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/prune/importance.h"
#include "core/compress/prune/magnitude.h"
#include "core/compress/prune/pattern.h"

namespace trimtab::compress {
namespace {

using Kind = MaskPattern::Kind;

std::vector<float> normals(base::Random& random, std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

// Few distinct scores, so that ties are the rule.
std::vector<float> tiedScores(base::Random& random, std::size_t count) {
    std::vector<float> scores(count);
    for (float& score : scores) score = static_cast<float>(random.below(5));
    return scores;
}

std::int64_t zeros(std::span<const std::uint8_t> mask) { return std::count(mask.begin(), mask.end(), 0); }

MaskPattern nOfM(std::int64_t kept, std::int64_t of) {
    MaskPattern pattern{Kind::NOfM};
    pattern.kept = kept;
    pattern.of = of;
    return pattern;
}

MaskPattern blocks(std::int64_t rows, std::int64_t columns) {
    MaskPattern pattern{Kind::Blocks};
    pattern.blockRows = rows;
    pattern.blockColumns = columns;
    return pattern;
}

TEST(MaskPattern, UnstructuredMagnitudeIsWhatPruneSmallestDoes) {
    base::Random random(121);
    for (int i = 0; i < 300; ++i) {
        const std::size_t columns = 1 + random.below(12);
        std::vector<float> values = tiedScores(random, columns * (1 + random.below(9)));
        for (float& value : values) value -= 2;
        const double ratio = random.uniform(0, 1);
        std::vector<float> masked = values;
        applyMask(masked, maskOf(magnitudeScores(values), static_cast<std::int64_t>(columns), {}, ratio));
        const std::span<float> whole(values);
        pruneSmallest(std::span(&whole, 1), ratio);
        EXPECT_EQ(masked, values);
    }
}

TEST(MaskPattern, EachRowGivesItsShare) {
    base::Random random(122);
    for (int i = 0; i < 200; ++i) {
        const std::size_t columns = 1 + random.below(30);
        const std::size_t rows = 1 + random.below(6);
        const std::vector<float> scores = tiedScores(random, rows * columns);
        const double ratio = random.uniform(0, 1);
        const auto mask = maskOf(scores, static_cast<std::int64_t>(columns), {Kind::PerRow}, ratio);
        for (std::size_t row = 0; row < rows; ++row) {
            const auto part = std::span(mask).subspan(row * columns, columns);
            EXPECT_EQ(zeros(part), countToPrune(ratio, static_cast<std::int64_t>(columns)));
            const auto alone = maskOf(std::span(scores).subspan(row * columns, columns), static_cast<std::int64_t>(columns), {}, ratio);
            EXPECT_TRUE(std::equal(part.begin(), part.end(), alone.begin()));
        }
    }
}

// Of all choices of as many in a group none keeps a larger sum.
TEST(MaskPattern, NOfMKeepsTheMostOfEveryGroup) {
    base::Random random(123);
    for (const auto& [kept, of] : {std::pair<int, int>{2, 4}, {1, 4}, {4, 8}, {1, 2}, {3, 5}, {0, 3}, {3, 3}}) {
        for (const int columns : {1, 3, 8, 16, 19}) {
            const std::vector<float> scores = normals(random, static_cast<std::size_t>(columns * 4));
            const auto mask = maskOf(scores, columns, nOfM(kept, of), 0.9);
            for (int row = 0; row < 4; ++row) {
                for (int begin = 0; begin < columns; begin += of) {
                    const int size = std::min(of, columns - begin);
                    const int wanted = (size * kept + of - 1) / of;
                    const float* group = scores.data() + row * columns + begin;
                    double most = -INFINITY;
                    for (unsigned choice = 0; choice < 1U << size; ++choice) {
                        if (__builtin_popcount(choice) != wanted) continue;
                        double sum = 0;
                        for (int i = 0; i < size; ++i) sum += (choice >> i & 1U) != 0 ? static_cast<double>(group[i]) : 0.0;
                        most = std::max(most, sum);
                    }
                    double sum = 0;
                    int count = 0;
                    for (int i = 0; i < size; ++i) {
                        if (mask[static_cast<std::size_t>(row * columns + begin + i)] == 0) continue;
                        sum += group[i];
                        ++count;
                    }
                    EXPECT_EQ(count, wanted) << kept << ':' << of << " of " << size;
                    EXPECT_NEAR(sum, most, 1e-9);
                }
            }
        }
    }
}

TEST(MaskPattern, TwoOfFourOfEqualScoresKeepsTheLater) {
    EXPECT_EQ(maskOf(std::vector<float>{1, 1, 1, 1, 5, 1, 1, 0}, 8, nOfM(2, 4), 0), (std::vector<std::uint8_t>{0, 0, 1, 1, 1, 0, 1, 0}));
}

TEST(MaskPattern, BlocksGoWholeThoseOfTheLeastSumFirst) {
    base::Random random(124);
    for (int i = 0; i < 200; ++i) {
        const auto rows = static_cast<std::int64_t>(1 + random.below(13));
        const auto columns = static_cast<std::int64_t>(1 + random.below(13));
        const auto high = static_cast<std::int64_t>(1 + random.below(5));
        const auto wide = static_cast<std::int64_t>(1 + random.below(5));
        const std::vector<float> scores = tiedScores(random, static_cast<std::size_t>(rows * columns));
        const double ratio = random.uniform(0, 1);
        const auto mask = maskOf(scores, columns, blocks(high, wide), ratio);
        std::vector<double> sums;
        std::vector<bool> stays;
        for (std::int64_t top = 0; top < rows; top += high) {
            for (std::int64_t left = 0; left < columns; left += wide) {
                double sum = 0;
                const auto first = static_cast<std::size_t>(top * columns + left);
                for (std::int64_t row = top; row < std::min(rows, top + high); ++row) {
                    for (std::int64_t column = left; column < std::min(columns, left + wide); ++column) {
                        sum += scores[static_cast<std::size_t>(row * columns + column)];
                        EXPECT_EQ(mask[static_cast<std::size_t>(row * columns + column)], mask[first]);
                    }
                }
                sums.push_back(sum);
                stays.push_back(mask[first] != 0);
            }
        }
        std::vector<std::size_t> order(sums.size());
        std::iota(order.begin(), order.end(), 0U);
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return sums[a] < sums[b]; });
        const std::int64_t wanted = countToPrune(ratio, static_cast<std::int64_t>(sums.size()));
        for (std::size_t place = 0; place < order.size(); ++place)
            EXPECT_EQ(stays[order[place]], static_cast<std::int64_t>(place) >= wanted);
    }
}

TEST(MaskPattern, RowsAndColumnsGoWhole) {
    const std::vector<float> scores{9, 0, 1, /**/ 1, 1, 1, /**/ 0, 8, 2, /**/ 0, 0, 1};
    EXPECT_EQ(maskOf(scores, 3, {Kind::Rows}, 0.5), (std::vector<std::uint8_t>{1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0}));
    EXPECT_EQ(maskOf(scores, 3, {Kind::Columns}, 0.34), (std::vector<std::uint8_t>{1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0}));
    EXPECT_EQ(zeros(maskOf(scores, 3, {Kind::Columns}, 0.3)), 0) << "0.3 of 3 columns is none";
}

TEST(MaskPattern, NothingIsAskedOfNothing) {
    for (const Kind kind : {Kind::Unstructured, Kind::PerRow, Kind::NOfM, Kind::Blocks, Kind::Rows, Kind::Columns}) {
        EXPECT_TRUE(maskOf({}, 4, {kind}, 0.5).empty());
        if (kind == Kind::NOfM) continue;
        EXPECT_EQ(zeros(maskOf(std::vector<float>{1, 2, 3, 4}, 2, {kind}, 0)), 0);
    }
}

TEST(Wanda, IsMagnitudeWhenAllColumnsAreAlike) {
    base::Random random(125);
    for (const double norm : {0.25, 1.0, 37.5}) {
        const std::vector<float> weight = normals(random, 12 * 40);
        const std::vector<double> norms(40, norm);
        for (const MaskPattern& pattern : {MaskPattern{Kind::PerRow}, nOfM(2, 4), MaskPattern{}})
            EXPECT_EQ(maskOf(wandaScores(weight, norms), 40, pattern, 0.5), maskOf(magnitudeScores(weight), 40, pattern, 0.5));
    }
}

TEST(Wanda, WeighsAWeightByTheInputThatItMeets) {
    EXPECT_EQ(wandaScores(std::vector<float>{-3, 1, 2, -2}, std::vector<double>{1, 5}), (std::vector<float>{3, 5, 2, 10}));
    const std::vector<float> scores = wandaScores(std::vector<float>{INFINITY, 1}, std::vector<double>{0, 5});
    EXPECT_EQ(scores[0], INFINITY) << "no NaN where the column is dead";
}

// Rows of independent inputs: the output changes by Σ (w ‖x‖)² of what goes, which the mask makes least.
TEST(Wanda, ChangesTheOutputLeastWhereInputsAreIndependent) {
    base::Random random(126);
    for (int i = 0; i < 50; ++i) {
        const std::vector<float> weight = normals(random, 8);
        std::vector<double> norms(8);
        for (double& norm : norms) norm = std::exp(random.normal());
        const auto mask = maskOf(wandaScores(weight, norms), 8, {Kind::PerRow}, 0.5);
        double least = INFINITY;
        double lost = 0;
        for (unsigned choice = 0; choice < 256; ++choice) {
            if (__builtin_popcount(choice) != 4) continue;
            double sum = 0;
            for (unsigned j = 0; j < 8; ++j) sum += (choice >> j & 1U) != 0 ? std::pow(weight[j] * norms[j], 2) : 0.0;
            least = std::min(least, sum);
        }
        for (std::size_t j = 0; j < 8; ++j) lost += mask[j] == 0 ? std::pow(weight[j] * norms[j], 2) : 0.0;
        EXPECT_NEAR(lost, least, 1e-5 * least);
    }
}

TEST(RandomScores, AreTheSeedsAndEven) {
    const std::vector<float> scores = randomScores(20000, 5);
    EXPECT_EQ(scores, randomScores(20000, 5));
    EXPECT_NE(scores, randomScores(20000, 6));
    EXPECT_TRUE(std::all_of(scores.begin(), scores.end(), [](float score) { return score >= 0 && score < 1; }));
    EXPECT_NEAR(std::accumulate(scores.begin(), scores.end(), 0.0) / 20000, 0.5, 0.02);
    const auto mask = maskOf(scores, 200, {}, 0.5);
    EXPECT_EQ(zeros(mask), 10000);
    EXPECT_NEAR(static_cast<double>(zeros(std::span(mask).first(10000))), 5000, 300) << "no part is favoured";
}

}  // namespace
}  // namespace trimtab::compress
