#include "core/compress/second_order/sparse_gpt.h"

#include <algorithm>
#include <numeric>

#include "core/compress/prune/magnitude.h"
#include "tests/core/compress/second_order_layer.h"

namespace trimtab::compress {
namespace {

constexpr std::int64_t kPanel = 128;

std::vector<float> pruned(std::vector<float> weights, const InverseFactor& factor, const Sparsity& sparsity) {
    PlainMath math;
    EXPECT_TRUE(sparseGpt(math, weights, static_cast<std::int64_t>(weights.size()) / factor.size, factor.size, {&factor}, sparsity));
    return weights;
}

std::vector<float> prunedByMagnitude(std::vector<float> weights, double ratio) {
    const std::span<float> whole(weights);
    pruneSmallest(std::span(&whole, 1), ratio);
    return weights;
}

/// Of each `of` columns the `keep` largest stay; the tail in proportion, rounded up.
std::vector<float> largestOfEach(std::vector<float> weights, std::int64_t columns, const Sparsity& sparsity) {
    for (std::int64_t row = 0; row < static_cast<std::int64_t>(weights.size()) / columns; ++row) {
        for (std::int64_t begin = 0; begin < columns; begin += sparsity.of) {
            const std::int64_t width = std::min(sparsity.of, columns - begin);
            std::vector<std::int64_t> order(static_cast<std::size_t>(width));
            std::iota(order.begin(), order.end(), row * columns + begin);
            std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
                return std::abs(weights[static_cast<std::size_t>(a)]) < std::abs(weights[static_cast<std::size_t>(b)]);
            });
            const std::int64_t goes = width - (sparsity.keep * width + sparsity.of - 1) / sparsity.of;
            for (std::int64_t i = 0; i < goes; ++i) weights[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = 0;
        }
    }
    return weights;
}

std::int64_t zerosIn(const std::vector<float>& values) { return std::count(values.begin(), values.end(), 0.0F); }

/// One panel pruned as optimal brain compression would: costs by the shrinking inverses, the cheapest of all rows together.
std::vector<double> prunedByTheBook(const std::vector<float>& weights, const std::vector<Matrix>& inverses, std::int64_t count) {
    const std::size_t columns = inverses.size();
    std::vector<double> costs;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const std::size_t column = i % columns;
        costs.push_back(std::pow(weights[i], 2.0) / inverses[column][column * columns + column]);
    }
    std::vector<std::size_t> order(costs.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return costs[a] < costs[b]; });
    std::vector<bool> goes(weights.size(), false);
    for (std::int64_t i = 0; i < count; ++i) goes[order[static_cast<std::size_t>(i)]] = true;

    std::vector<double> result;
    for (std::size_t first = 0; first < weights.size(); first += columns) {
        std::vector<double> row(weights.begin() + static_cast<std::ptrdiff_t>(first),
                                weights.begin() + static_cast<std::ptrdiff_t>(first + columns));
        for (std::size_t j = 0; j < columns; ++j)
            if (goes[first + j]) settleByTheBook(row, j, 0, inverses[j]);
        result.insert(result.end(), row.begin(), row.end());
    }
    return result;
}

TEST(SparseGpt, PrunesLikeOptimalBrainCompressionOnTinyLayers) {
    base::Random random(51);
    for (int i = 0; i < 400; ++i) {
        const auto columns = static_cast<std::int64_t>(1 + random.below(6));
        const std::vector<float> inputs = correlatedInputs(random, 20, columns);
        const std::vector<float> weights = normalWeights(random, 3, columns);
        const double ratio = random.uniform(0, 0.95);
        const auto inverses = shrinkingInverses(dampedHessian(hessianOf(inputs, columns), 0.01), static_cast<std::size_t>(columns));
        const std::vector<double> wanted = prunedByTheBook(weights, inverses, countToPrune(ratio, 3 * columns));
        const std::vector<float> found = pruned(weights, factorOf(inputs, columns), {ratio});
        for (std::size_t j = 0; j < wanted.size(); ++j) {
            EXPECT_EQ(found[j] == 0, wanted[j] == 0) << "case " << i << " at " << j;
            EXPECT_NEAR(found[j], wanted[j], 1e-3 * (1 + std::abs(wanted[j]))) << "case " << i << " at " << j;
        }
    }
}

TEST(SparseGpt, KeepsTheCostliestOfEachGroupAsTheGroupFindsThem) {
    // 1 of 2: the choice in the second group is made on what the first one's loss left there.
    base::Random random(52);
    for (int i = 0; i < 200; ++i) {
        const std::vector<float> inputs = correlatedInputs(random, 20, 4);
        const std::vector<float> weights = normalWeights(random, 1, 4);
        const auto inverses = shrinkingInverses(dampedHessian(hessianOf(inputs, 4), 0.01), 4);
        std::vector<double> row(weights.begin(), weights.end());
        for (std::size_t first = 0; first < 4; first += 2) {
            const auto cost = [&](std::size_t j) { return row[j] * row[j] / inverses[j][j * 4 + j]; };
            const std::size_t goes = cost(first) <= cost(first + 1) ? first : first + 1;
            settleByTheBook(row, goes, 0, inverses[goes]);
        }
        const std::vector<float> found = pruned(weights, factorOf(inputs, 4), {0, 1, 2});
        for (std::size_t j = 0; j < 4; ++j) {
            EXPECT_EQ(found[j] == 0, row[j] == 0) << i;
            EXPECT_NEAR(found[j], row[j], 1e-3 * (1 + std::abs(row[j]))) << i;
        }
    }
}

TEST(SparseGpt, IsMagnitudeWhereInputsNeverActTogether) {
    base::Random random(53);
    for (const std::int64_t columns : {1, 7, 128}) {
        const InverseFactor factor = factorOf(separateInputs(columns), columns);
        std::vector<float> weights = normalWeights(random, 5, columns);
        for (float& weight : weights)
            if (random.below(2) == 0) weight = std::round(weight * 2) / 2;  // many equals
        for (const double ratio : {0.0, 0.3, 0.5, 0.9}) EXPECT_EQ(pruned(weights, factor, {ratio}), prunedByMagnitude(weights, ratio));
    }
    for (const std::int64_t columns : {1, 7, 130}) {
        const InverseFactor factor = factorOf(separateInputs(columns), columns);
        const std::vector<float> weights = normalWeights(random, 3, columns);
        for (const Sparsity& sparsity : {Sparsity{0, 2, 4}, {0, 1, 3}, {0, 4, 8}, {0, 3, 3}, {0, 0, 5}, {0, 100, 129}})
            EXPECT_EQ(pruned(weights, factor, sparsity), largestOfEach(weights, columns, sparsity)) << columns;
    }
}

TEST(SparseGpt, PrunesExactlyTheShareOfTheLayerInEqualPanels) {
    base::Random random(54);
    constexpr std::int64_t kColumns = 300;
    const InverseFactor factor = factorOf(correlatedInputs(random, 350, kColumns), kColumns);
    for (const std::int64_t rows : {1, 3}) {
        const std::vector<float> weights = normalWeights(random, rows, kColumns);
        for (const double ratio : {0.0, 0.01, 0.29, 0.5, 0.777, 0.99}) {
            const std::vector<float> found = pruned(weights, factor, {ratio});
            EXPECT_EQ(zerosIn(found), countToPrune(ratio, rows * kColumns)) << ratio;
            std::int64_t inFirstPanel = 0;
            for (std::int64_t row = 0; row < rows; ++row)
                inFirstPanel += std::count(found.begin() + row * kColumns, found.begin() + row * kColumns + kPanel, 0.0F);
            EXPECT_EQ(inFirstPanel, countToPrune(ratio, rows * kPanel)) << ratio;
        }
    }
}

TEST(SparseGpt, KeepsNOfEveryMAlongTheColumns) {
    base::Random random(55);
    constexpr std::int64_t kColumns = 135;
    const InverseFactor factor = factorOf(correlatedInputs(random, 200, kColumns), kColumns);
    const std::vector<float> weights = normalWeights(random, 3, kColumns);
    for (const auto& [keep, of, keptOfTail] : {std::tuple{2, 4, 2}, {4, 8, 4}, {1, 4, 1}, {1, 2, 1}, {3, 50, 3}}) {
        const std::vector<float> found = pruned(weights, factor, {0, keep, of});
        for (std::int64_t row = 0; row < 3; ++row) {
            for (std::int64_t begin = 0; begin < kColumns; begin += of) {
                const std::int64_t width = std::min<std::int64_t>(of, kColumns - begin);
                const auto first = found.begin() + row * kColumns + begin;
                EXPECT_EQ(width - std::count(first, first + width, 0.0F), width == of ? keep : keptOfTail)
                    << keep << " of " << of << " at " << begin;
            }
        }
    }
}

TEST(SparseGpt, ChangesTheOutputsLessThanMagnitude) {
    constexpr std::int64_t kColumns = 40;
    for (const Sparsity& sparsity : {Sparsity{0.3}, {0.5}, {0.8}, {0, 2, 4}}) {
        double sum = 0;
        double ofMagnitude = 0;
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            base::Random random(seed);
            const std::vector<float> inputs = correlatedInputs(random, 200, kColumns);
            const std::vector<float> weights = normalWeights(random, 12, kColumns);
            const std::vector<float> found = pruned(weights, factorOf(inputs, kColumns), sparsity);
            const std::vector<float> other =
                sparsity.of > 0 ? largestOfEach(weights, kColumns, sparsity) : prunedByMagnitude(weights, sparsity.ratio);
            EXPECT_LE(outputError(weights, found, inputs, kColumns), outputError(weights, other, inputs, kColumns)) << seed;
            sum += outputError(weights, found, inputs, kColumns);
            ofMagnitude += outputError(weights, other, inputs, kColumns);
        }
        EXPECT_LT(sum, ofMagnitude * 0.5) << sparsity.ratio;
    }
}

TEST(SparseGpt, DeadColumnsGoFirstAndTheSmallestOfThemFirst) {
    base::Random random(56);
    constexpr std::int64_t kColumns = 6;
    std::vector<float> inputs = correlatedInputs(random, 30, kColumns);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        inputs[i] *= 1e-3F;  // a living column's cost is far below that of a diagonal of 1
        if (i % kColumns == 1 || i % kColumns == 4) inputs[i] = 0;
    }
    const std::vector<float> weights{0.1F, 9, 0.1F, 0.1F, 7, 0.1F};
    const InverseFactor factor = factorOf(inputs, kColumns);
    const std::vector<float> one = pruned(weights, factor, {0.17});
    EXPECT_EQ(zerosIn(one), 1);
    EXPECT_EQ(one[4], 0);
    EXPECT_EQ(one[1], 9);
    const std::vector<float> two = pruned(weights, factor, {0.34});
    EXPECT_EQ(two, (std::vector<float>{0.1F, 0, 0.1F, 0.1F, 0, 0.1F})) << "nothing has to be made up for";
    const InverseFactor nothing = factorOf(std::vector<float>(kColumns, 0.0F), kColumns);
    EXPECT_EQ(pruned(weights, nothing, {0.5}), prunedByMagnitude(weights, 0.5)) << "without any input it is magnitude";
}

TEST(SparseGpt, RowsOfAllPartsCompeteByWhatTheirOwnInputsSay) {
    // Where no two columns of a part act together, a weight costs its square times what its part's inputs are worth.
    base::Random random(57);
    for (const std::int64_t columns : {1, 6, 128}) {
        std::vector<InverseFactor> ofParts;
        const float strengths[] = {1, 0.2F, 5};
        for (const float strength : strengths) {
            std::vector<float> inputs = separateInputs(columns);
            for (float& input : inputs) input *= strength;
            ofParts.push_back(factorOf(inputs, columns));
        }
        const std::vector<float> weights = normalWeights(random, 6, columns);
        std::vector<float> worth = weights;
        for (std::size_t i = 0; i < worth.size(); ++i) worth[i] *= strengths[i / (2 * static_cast<std::size_t>(columns))];
        for (const double ratio : {0.2, 0.6}) {
            PlainMath math;
            std::vector<float> found = weights;
            ASSERT_TRUE(sparseGpt(math, found, 6, columns, {&ofParts[0], &ofParts[1], &ofParts[2]}, {ratio}));
            const std::vector<float> wanted = prunedByMagnitude(worth, ratio);
            for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], wanted[i] == 0 ? 0 : weights[i]) << columns << " at " << i;
        }
    }
}

TEST(SparseGpt, RowsOfAPartMakeUpForErrorsByItsOwnInputs) {
    base::Random random(58);
    constexpr std::int64_t kColumns = 135;
    const InverseFactor first = factorOf(correlatedInputs(random, 200, kColumns), kColumns);
    const InverseFactor second = factorOf(correlatedInputs(random, 200, kColumns), kColumns);
    const std::vector<float> upper = normalWeights(random, 2, kColumns), lower = normalWeights(random, 2, kColumns);
    std::vector<float> both = upper;
    both.insert(both.end(), lower.begin(), lower.end());
    PlainMath math;
    ASSERT_TRUE(sparseGpt(math, both, 4, kColumns, {&first, &second}, {0, 2, 4}));
    std::vector<float> wanted = pruned(upper, first, {0, 2, 4});
    const std::vector<float> rest = pruned(lower, second, {0, 2, 4});
    wanted.insert(wanted.end(), rest.begin(), rest.end());
    EXPECT_EQ(both, wanted) << "of every 4 for itself: parts side by side are parts alone";
}

TEST(SparseGpt, StopsBetweenPanelsWhenCancelled) {
    const InverseFactor factor = factorOf(separateInputs(300), 300);
    for (int polls = 0; polls < 3; ++polls) {
        int left = polls;
        PlainMath math;
        std::vector<float> weights(300, 1.0F);
        const Status status = sparseGpt(math, weights, 1, 300, {&factor}, {0.5}, [&] { return left-- == 0; });
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ErrorCode::Cancelled);
        EXPECT_EQ(math.products, polls);
    }
}

TEST(SparseGpt, RefusesInfinitiesAndFailsWhenWeightsLeaveTheFloats) {
    PlainMath math;
    std::vector<float> weights{1, -INFINITY};
    const InverseFactor separate = factorOf(separateInputs(2), 2);
    const Status infinite = sparseGpt(math, weights, 1, 2, {&separate}, {0.5});
    ASSERT_FALSE(infinite);
    EXPECT_EQ(infinite.error().code, ErrorCode::Refused);

    InverseFactor steep = factorOf(separateInputs(2), 2);
    steep.upper = Tensor::fromFloats(Shape{2, 2}, {1e-30F, 1e30F, 0, 1e-36F});
    weights = {1, 1};
    const Status beyond = sparseGpt(math, weights, 1, 2, {&steep}, {0.5});
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code, ErrorCode::Failed);
}

}  // namespace
}  // namespace trimtab::compress
