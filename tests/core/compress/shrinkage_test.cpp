// What few rows of input tell a second-order method, judged where it counts: on all other rows, by a covariance known in closed form.
#include "core/compress/second_order/shrinkage.h"

#include <algorithm>

#include "core/compress/prune/magnitude.h"
#include "core/compress/quantize/round_to_nearest.h"
#include "core/compress/second_order/gptq.h"
#include "core/compress/second_order/sparse_gpt.h"
#include "core/tensor/code_values.h"
#include "tests/core/compress/second_order_layer.h"

namespace trimtab::compress {
namespace {

constexpr std::int64_t kColumns = 64;
constexpr std::int64_t kOutputs = 24;
constexpr std::size_t kWidth = kColumns;

/// Normal rows x_j = u_j · s_j whose covariance can be written down: u is a chain of neighbours with E u_i u_j = chain^|i − j|, or, where
/// `common` is above 0, noise of 1 and one cause of that variance in all columns.
struct Inputs {
    const char* name;
    double chain = 0;
    double common = 0;
    double spread = 0;  // s_j = exp(spread · normal)
};

constexpr Inputs kInputs[] = {{"independent"},
                              {"a weak cause", 0, 0.1},
                              {"a cause", 0, 0.4},
                              {"neighbours", 0.3, 0},
                              {"close neighbours", 0.8, 0},
                              {"uneven", 0, 0, 1},
                              {"uneven neighbours", 0.6, 0, 1},
                              {"an uneven cause", 0, 1, 0.7}};

class Source {
public:
    Source(const Inputs& inputs, std::uint64_t seed) : m_inputs(inputs), m_random(seed) {
        for (std::int64_t j = 0; j < kColumns; ++j) m_strength.push_back(std::exp(inputs.spread * m_random.normal()));
    }

    std::vector<float> rows(std::int64_t count) {
        std::vector<float> made;
        for (std::int64_t row = 0; row < count; ++row) {
            const double cause = std::sqrt(m_inputs.common) * m_random.normal();
            double last = m_random.normal();
            for (std::int64_t j = 0; j < kColumns; ++j) {
                if (j > 0) last = m_inputs.chain * last + std::sqrt(1 - m_inputs.chain * m_inputs.chain) * m_random.normal();
                made.push_back(static_cast<float>((last + cause) * m_strength[static_cast<std::size_t>(j)]));
            }
        }
        return made;
    }

    double covariance(std::size_t i, std::size_t j) const {
        const double distance = i > j ? static_cast<double>(i - j) : static_cast<double>(j - i);
        return (std::pow(m_inputs.chain, distance) + m_inputs.common) * m_strength[i] * m_strength[j];
    }

    /// E ‖(W − Ŵ) x‖² of a row that nobody saw.
    double lossOnOtherRows(const std::vector<float>& before, const std::vector<float>& after) const {
        double loss = 0;
        for (std::size_t row = 0; row < before.size(); row += kWidth) {
            for (std::size_t i = 0; i < kWidth; ++i) {
                double sum = 0;
                for (std::size_t j = 0; j < kWidth; ++j)
                    sum += covariance(i, j) * (static_cast<double>(before[row + j]) - after[row + j]);
                loss += sum * (static_cast<double>(before[row + i]) - after[row + i]);
            }
        }
        return loss;
    }

    std::vector<float> weights() { return normalWeights(m_random, kOutputs, kColumns); }

private:
    Inputs m_inputs;
    base::Random m_random;
    std::vector<double> m_strength;
};

InverseFactor factorOfRows(const std::vector<float>& rows, bool isShrunk) {
    PlainMath math;
    Hessian hessian = hessianOf(rows, kColumns);
    if (isShrunk) shrink(hessian);
    return *factorInverse(math, std::move(hessian));
}

std::vector<float> byGptq(const std::vector<float>& weights, const recipe::WeightSpec& spec, const InverseFactor& factor) {
    PlainMath math;
    return tensor::decodedRows(*gptq(math, weights, kOutputs, kColumns, spec, factor));
}

std::vector<float> bySparseGpt(std::vector<float> weights, double ratio, const InverseFactor& factor) {
    PlainMath math;
    EXPECT_TRUE(sparseGpt(math, weights, kOutputs, kColumns, {&factor}, {ratio}));
    return weights;
}

std::vector<float> byMagnitude(std::vector<float> weights, double ratio) {
    const std::span<float> whole(weights);
    pruneSmallest(std::span(&whole, 1), ratio);
    return weights;
}

/// Of the second-order method over the first-order one, summed over seeds: losses on rows that nobody saw.
struct Losses {
    double rounding = 0, pruning = 0;
};

Losses ratios(const Inputs& inputs, std::int64_t rows, bool isShrunk, std::uint64_t seeds = 6) {
    double rounded = 0, nearest = 0, pruned = 0, smallest = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Source source(inputs, seed);
        const std::vector<float> weights = source.weights();
        const InverseFactor factor = factorOfRows(source.rows(rows), isShrunk);
        const recipe::WeightSpec spec{4};
        rounded += source.lossOnOtherRows(weights, byGptq(weights, spec, factor));
        nearest += source.lossOnOtherRows(weights, tensor::decodedRows(*roundToNearest(weights, kOutputs, kColumns, spec)));
        pruned += source.lossOnOtherRows(weights, bySparseGpt(weights, 0.4, factor));
        smallest += source.lossOnOtherRows(weights, byMagnitude(weights, 0.4));
    }
    return {rounded / nearest, pruned / smallest};
}

TEST(Shrinkage, IsWhatThePapersSay) {
    // n = 100, r = 0.5, p = 2: ρ = (0 · tr R² + 4) / (100 · (2.5 − 2)). Median 2.5, Σ H² = 17, Σ (H − m)² = 4.5: λ = 0.02 · 17 / 4.5.
    Hessian hessian{2, Tensor::fromFloats({2, 2}, {1, 1, 1, 4}), 100};
    const Shrinkage shares = shrink(hessian);
    EXPECT_NEAR(shares.together, 0.08, 1e-9);
    EXPECT_NEAR(shares.squares, 0.34 / 4.5, 1e-9);
    const double low = 1 + 1.5 * 0.34 / 4.5, high = 4 - 1.5 * 0.34 / 4.5;
    EXPECT_NEAR(hessian.diagonal(0), low, 1e-6);
    EXPECT_NEAR(hessian.diagonal(1), high, 1e-6);
    for (const std::size_t i : {1U, 2U}) EXPECT_NEAR(hessian.values.data<float>()[i], 0.5 * 0.92 * std::sqrt(low * high), 1e-6);

    // n = 10, r_12 = 0.9 alone of p = 3: ρ = (1/3 · 4.62 + 9) / ((11 − 2/3) · 1.62).
    Hessian three{3, Tensor::fromFloats({3, 3}, {2, 1.8F, 0, 1.8F, 2, 0, 0, 0, 2}), 10};
    const Shrinkage ofThree = shrink(three);
    EXPECT_NEAR(ofThree.together, (4.62 / 3 + 9) / ((11 - 2.0 / 3) * 1.62), 1e-6);
    EXPECT_EQ(ofThree.squares, 1) << "equal squares";
    EXPECT_NEAR(three.diagonal(0), 2, 1e-6);
}

TEST(Shrinkage, LeavesDeadColumnsAndWhatIsNotFiniteAlone) {
    Hessian dead{3, Tensor::fromFloats({3, 3}, {1, 0, 1, 0, 0, 0, 1, 0, 4}), 100};
    EXPECT_NEAR(shrink(dead).together, 0.08, 1e-9) << "as without the dead column";
    for (const std::size_t i : {1U, 3U, 4U, 5U, 7U}) EXPECT_EQ(dead.values.data<float>()[i], 0) << i;
    Hessian nothing{2, Tensor::fromFloats({2, 2}, {0, 0, 0, 0}), 5};
    shrink(nothing);
    EXPECT_EQ(nothing.diagonal(0), 0);
    Hessian infinite{2, Tensor::fromFloats({2, 2}, {INFINITY, 1, 1, 2}), 5};
    EXPECT_EQ(shrink(infinite).together, 0);
    EXPECT_EQ(infinite.diagonal(1), 2);
}

TEST(Shrinkage, KeepsFewRowsFromMakingSecondOrderWorseThanFirstOrderOnOtherRows) {
    for (const Inputs& inputs : kInputs) {
        for (const std::int64_t rows : {4, 16, 64, 128, 256}) {
            const Losses losses = ratios(inputs, rows, true);
            EXPECT_LE(losses.rounding, 1.02) << inputs.name << ", " << rows << " rows";
            EXPECT_LE(losses.pruning, 1.02) << inputs.name << ", " << rows << " rows";
        }
    }
}

TEST(Shrinkage, IsNeededForThat) {
    const Losses losses = ratios({"independent"}, 128, false);
    EXPECT_GT(losses.rounding, 1.2);
    EXPECT_GT(losses.pruning, 1.2);
    EXPECT_GT(ratios({"a cause", 0, 0.4}, 64, false).rounding, 1.2);
}

TEST(Shrinkage, LeavesWhatManyRowsSay) {
    for (const Inputs& inputs : {kInputs[2], kInputs[4], kInputs[6], kInputs[7]}) {
        const std::int64_t rows = 64 * kColumns;
        const Losses with = ratios(inputs, rows, true, 2), without = ratios(inputs, rows, false, 2);
        EXPECT_LT(with.rounding, 0.9) << inputs.name;
        EXPECT_NEAR(with.rounding, without.rounding, 0.02 * without.rounding) << inputs.name;
        EXPECT_NEAR(with.pruning, without.pruning, 0.02 * without.pruning) << inputs.name;
        Hessian hessian = hessianOf(Source(inputs, 3).rows(rows), kColumns);
        EXPECT_LT(shrink(hessian).together, 0.02) << inputs.name;
    }
}

TEST(Shrinkage, LosesNoGainThatFewRowsBringWhereColumnsActTogether) {
    EXPECT_LT(ratios({"close neighbours", 0.8, 0}, 64, true).rounding, 0.6);
    EXPECT_LT(ratios({"an uneven cause", 0, 1, 0.7}, 64, true).rounding, 0.9);
}

}  // namespace
}  // namespace trimtab::compress
