#include "core/compress/second_order/gptq.h"

#include <algorithm>
#include <numeric>

#include "core/compress/quantize/round_to_nearest.h"
#include "tests/core/compress/second_order_layer.h"

namespace trimtab::compress {
namespace {

using recipe::WeightSpec;
using tensor::QuantizedWeight;

WeightSpec spec(int bits, std::int64_t group = 0, bool symmetric = true) {
    WeightSpec made{bits};
    made.group = group;
    made.scheme = symmetric ? "symmetric" : "asymmetric";
    return made;
}

std::vector<float> decoded(const QuantizedWeight& weight) {
    std::vector<float> values;
    for (std::int64_t row = 0; row < weight.rows; ++row) {
        for (std::int64_t column = 0; column < weight.columns; ++column) {
            const auto group = static_cast<std::size_t>(row * weight.groups() + column / weight.group);
            const Step step{weight.scales[group], weight.zeroPoints.empty() ? 0 : weight.zeroPoints[group]};
            values.push_back(decode(weight.codes[static_cast<std::size_t>(row * weight.columns + column)], step));
        }
    }
    return values;
}

QuantizedWeight quantized(const std::vector<float>& weights, const WeightSpec& spec, const InverseFactor& factor,
                          const GptqOptions& options = {}) {
    PlainMath math;
    auto weight = gptq(math, weights, static_cast<std::int64_t>(weights.size()) / factor.size, factor.size, spec, factor, options);
    EXPECT_TRUE(weight);
    return std::move(*weight);
}

void expectSame(const QuantizedWeight& found, const QuantizedWeight& wanted) {
    EXPECT_EQ(found.codes, wanted.codes);
    EXPECT_EQ(found.scales, wanted.scales);
    EXPECT_EQ(found.zeroPoints, wanted.zeroPoints);
    EXPECT_EQ(found.rows, wanted.rows);
    EXPECT_EQ(found.columns, wanted.columns);
    EXPECT_EQ(found.group, wanted.group);
    EXPECT_EQ(found.bits, wanted.bits);
    EXPECT_EQ(found.symmetric, wanted.symmetric);
}

/// One row as optimal brain compression would round it in the factor's order, its steps as given or found when a group's turn comes.
class RowByTheBook {
public:
    RowByTheBook(const float* row, const InverseFactor& factor, const WeightSpec& spec, const GptqOptions& options,
                 const std::uint8_t* zeros)
        : m_original(row, row + factor.size), m_factor(factor), m_spec(spec), m_zeros(zeros), m_columns(factor.size) {
        m_group = spec.group > 0 ? std::min(spec.group, m_columns) : m_columns;
        m_inTurn = spec.group > 0 && factor.order.empty() && !options.staticGroups;
        for (std::int64_t place = 0; place < m_columns; ++place)
            m_row.push_back(m_original[static_cast<std::size_t>(factor.columnAt(place))]);
        m_codes.resize(m_original.size());
        m_steps.resize(static_cast<std::size_t>((m_columns + m_group - 1) / m_group));
    }

    std::vector<std::int8_t> codes(const std::vector<Matrix>& inverses) {
        for (std::size_t group = 0; group < m_steps.size(); ++group) findStep(group, m_original);
        for (std::int64_t place = 0; place < m_columns; ++place) {
            const auto at = static_cast<std::size_t>(place);
            const auto column = static_cast<std::size_t>(m_factor.columnAt(place));
            const std::size_t group = column / static_cast<std::size_t>(m_group);
            if (m_inTurn && place % m_group == 0) findStep(group, {m_row.begin(), m_row.end()});
            const Step& step = m_steps[group];
            const auto value = static_cast<float>(m_row[at]);
            encode(std::span(&value, 1), step, codeLimits(m_spec.bits, m_spec.scheme == "symmetric"), &m_codes[column]);
            if (m_zeros != nullptr && m_zeros[column] != 0) m_codes[column] = static_cast<std::int8_t>(step.zero);
            settleByTheBook(m_row, at, decode(m_codes[column], step), inverses[at]);
        }
        return m_codes;
    }

private:
    void findStep(std::size_t group, std::vector<float> values) {
        for (std::size_t j = 0; j < values.size(); ++j)
            if (m_zeros != nullptr && m_zeros[j] != 0) values[j] = 0;
        const std::size_t begin = group * static_cast<std::size_t>(m_group);
        const std::size_t count = std::min(static_cast<std::size_t>(m_group), values.size() - begin);
        m_steps[group] = stepFor(rangeOf(std::span(values).subspan(begin, count)), m_spec.bits, m_spec.scheme == "symmetric");
    }

    std::vector<float> m_original;
    const InverseFactor& m_factor;
    WeightSpec m_spec;
    const std::uint8_t* m_zeros;
    std::int64_t m_columns;
    std::int64_t m_group = 0;
    bool m_inTurn = false;
    std::vector<double> m_row;  // by place
    std::vector<std::int8_t> m_codes;
    std::vector<Step> m_steps;
};

/// Rows whose codes differ from the statement's.
int rowsUnlikeTheBook(const std::vector<float>& weights, const std::vector<float>& inputs, std::int64_t columns, const WeightSpec& spec,
                      const FactorOptions& factorOptions, const GptqOptions& options) {
    const InverseFactor factor = factorOf(inputs, columns, factorOptions);
    const auto inverses =
        shrinkingInverses(dampedHessian(hessianOf(inputs, columns), 0.01, factor.order), static_cast<std::size_t>(columns));
    const QuantizedWeight found = quantized(weights, spec, factor, options);
    int unlike = 0;
    for (std::int64_t row = 0; row < found.rows; ++row) {
        const std::uint8_t* const zeros = options.mustStayZero.empty() ? nullptr : options.mustStayZero.data() + row * columns;
        RowByTheBook statement(weights.data() + row * columns, factor, spec, options, zeros);
        const auto first = found.codes.begin() + row * columns;
        unlike += statement.codes(inverses) != std::vector<std::int8_t>(first, first + columns);
    }
    return unlike;
}

TEST(Gptq, RoundsLikeOptimalBrainCompressionOnTinyLayers) {
    base::Random random(41);
    for (int i = 0; i < 400; ++i) {
        const auto columns = static_cast<std::int64_t>(1 + random.below(6));
        const std::vector<float> inputs = correlatedInputs(random, 20, columns);
        const std::vector<float> weights = normalWeights(random, 3, columns);
        const std::int64_t groups[] = {0, 1, 2, 3, 100};
        FactorOptions factorOptions;
        factorOptions.byFallingDiagonal = random.below(2) == 0;
        GptqOptions options;
        options.staticGroups = random.below(2) == 0;
        std::vector<std::uint8_t> zeros(weights.size());
        for (std::uint8_t& zero : zeros) zero = random.below(3) == 0;
        if (random.below(2) == 0) options.mustStayZero = zeros;
        const WeightSpec made = spec(static_cast<int>(2 + random.below(7)), groups[random.below(5)], random.below(2) == 0);
        EXPECT_EQ(rowsUnlikeTheBook(weights, inputs, columns, made, factorOptions, options), 0)
            << "case " << i << ", columns " << columns;
    }
}

// Panels end within groups, groups within panels. Errors travel far here: a value that lies between two codes to the last digit of a
// float may fall either way, and takes the rest of its row with it.
TEST(Gptq, RoundsLikeOptimalBrainCompressionOverSeveralPanels) {
    base::Random random(43);
    constexpr std::int64_t kColumns = 150;
    const std::vector<float> inputs = correlatedInputs(random, 400, kColumns);
    const std::vector<float> weights = normalWeights(random, 6, kColumns);
    for (const std::int64_t group : {0, 32, 48, 128, 140}) {
        for (const bool byFalling : {false, true}) {
            FactorOptions factorOptions;
            factorOptions.byFallingDiagonal = byFalling;
            EXPECT_LE(rowsUnlikeTheBook(weights, inputs, kColumns, spec(4, group), factorOptions, {}), 1) << group << byFalling;
        }
    }
}

TEST(Gptq, IsRoundToNearestWhereInputsNeverActTogether) {
    base::Random random(7);
    for (const std::int64_t columns : {1, 5, 130}) {
        for (const bool byFalling : {false, true}) {
            FactorOptions factorOptions;
            factorOptions.byFallingDiagonal = byFalling;
            const InverseFactor factor = factorOf(separateInputs(columns), columns, factorOptions);
            const std::vector<float> weights = normalWeights(random, 3, columns);
            for (const int bits : {2, 4, 8}) {
                for (const std::int64_t group : {-1, 0, 1, 7, 32, 200}) {
                    for (const bool symmetric : {false, true}) {
                        const WeightSpec made = spec(bits, group, symmetric);
                        expectSame(quantized(weights, made, factor), *roundToNearest(weights, 3, columns, made));
                    }
                }
            }
        }
    }
}

TEST(Gptq, PutsCodesAndScalesInTheirPlacesWhateverTheOrderOfColumns) {
    // Inputs of very different strength that never act together: the order is far from the columns' own, and nothing else changes.
    base::Random random(12);
    constexpr std::int64_t kColumns = 20;
    std::vector<float> inputs = separateInputs(kColumns);
    for (float& input : inputs) input *= static_cast<float>(random.uniform(0.1, 5));
    FactorOptions factorOptions;
    factorOptions.byFallingDiagonal = true;
    const InverseFactor factor = factorOf(inputs, kColumns, factorOptions);
    EXPECT_FALSE(std::is_sorted(factor.order.begin(), factor.order.end()));
    const std::vector<float> weights = normalWeights(random, 4, kColumns);
    for (const std::int64_t group : {0, 6})
        expectSame(quantized(weights, spec(4, group, false), factor), *roundToNearest(weights, 4, kColumns, spec(4, group, false)));
}

struct Errors {
    double gptq = 0;
    double nearest = 0;
};

Errors errorsOf(std::uint64_t seed, const WeightSpec& made, bool byFalling) {
    base::Random random(seed);
    constexpr std::int64_t kColumns = 40;
    const std::vector<float> inputs = correlatedInputs(random, 200, kColumns);
    const std::vector<float> weights = normalWeights(random, 12, kColumns);
    FactorOptions factorOptions;
    factorOptions.byFallingDiagonal = byFalling;
    const QuantizedWeight found = quantized(weights, made, factorOf(inputs, kColumns, factorOptions));
    return {outputError(weights, decoded(found), inputs, kColumns),
            outputError(weights, decoded(*roundToNearest(weights, 12, kColumns, made)), inputs, kColumns)};
}

TEST(Gptq, ChangesTheOutputsLessThanRoundToNearest) {
    for (const bool byFalling : {false, true}) {
        for (const int bits : {2, 3, 4, 8}) {
            for (const std::int64_t group : {0, 16}) {
                for (const bool symmetric : {false, true}) {
                    Errors sum;
                    for (std::uint64_t seed = 0; seed < 25; ++seed) {
                        const Errors errors = errorsOf(seed, spec(bits, group, symmetric), byFalling);
                        EXPECT_LE(errors.gptq, errors.nearest) << "seed " << seed << ", bits " << bits << ", group " << group;
                        sum.gptq += errors.gptq;
                        sum.nearest += errors.nearest;
                    }
                    EXPECT_LT(sum.gptq, sum.nearest * 0.5) << bits << " bits, group " << group << (symmetric ? "" : " asymmetric");
                }
            }
        }
    }
}

TEST(Gptq, WeightsThatMustStayZeroDecodeToZeroAndTheOthersMakeUpForThem) {
    base::Random random(19);
    constexpr std::int64_t kColumns = 140;
    const std::vector<float> inputs = correlatedInputs(random, 300, kColumns);
    std::vector<float> weights = normalWeights(random, 4, kColumns);
    std::vector<std::uint8_t> zeros(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
        zeros[i] = random.below(2) == 0;
        if (zeros[i] != 0) weights[i] = 0;
        else weights[i] += 2;  // no range of these holds zero in its middle
    }
    GptqOptions options;
    options.mustStayZero = zeros;
    for (const bool symmetric : {false, true}) {
        for (const std::int64_t group : {-1, 0, 32}) {
            const WeightSpec made = spec(4, group, symmetric);
            const std::vector<float> values = decoded(quantized(weights, made, factorOf(inputs, kColumns), options));
            for (std::size_t i = 0; i < zeros.size(); ++i) {
                if (zeros[i] != 0) {
                    ASSERT_EQ(values[i], 0) << i;
                }
            }
            const std::vector<float> nearest = decoded(*roundToNearest(weights, 4, kColumns, made));
            EXPECT_LT(outputError(weights, values, inputs, kColumns), outputError(weights, nearest, inputs, kColumns));
        }
    }
}

TEST(Gptq, RoundsDeadColumnsToNearestAndTheOthersAsIfTheyWereNotThere) {
    base::Random random(23);
    constexpr std::int64_t kColumns = 9;
    const std::vector<float> living = correlatedInputs(random, 40, kColumns);
    const std::vector<float> weights = normalWeights(random, 1, kColumns);
    // A dead column of small weight behind column 3.
    std::vector<float> inputs;
    for (std::size_t row = 0; row < 40; ++row) {
        for (std::size_t j = 0; j < kColumns; ++j) {
            inputs.push_back(living[row * kColumns + j]);
            if (j == 3) inputs.push_back(0);
        }
    }
    std::vector<float> wider = weights;
    wider.insert(wider.begin() + 4, 0.4F);
    const QuantizedWeight without = quantized(weights, spec(4), factorOf(living, kColumns));
    QuantizedWeight with = quantized(wider, spec(4), factorOf(inputs, kColumns + 1));
    EXPECT_EQ(with.codes[4], roundToNearest(wider, 1, kColumns + 1, spec(4))->codes[4]);
    with.codes.erase(with.codes.begin() + 4);
    EXPECT_EQ(with.codes, without.codes);
    EXPECT_EQ(with.scales, without.scales);
}

TEST(Gptq, TakesAnotherFinderOfSteps) {
    base::Random random(29);
    constexpr std::int64_t kColumns = 10;
    const InverseFactor factor = factorOf(separateInputs(kColumns), kColumns);
    const std::vector<float> weights = normalWeights(random, 2, kColumns);
    GptqOptions options;
    options.findStep = [](std::span<const float> values) { return Step{static_cast<float>(values.size()), 0}; };
    EXPECT_EQ(quantized(weights, spec(4, 6), factor, options).scales, (std::vector<float>{6, 4, 6, 4}))
        << "the last group of a row is short";
    EXPECT_EQ(quantized(weights, spec(4, 0), factor, options).scales, (std::vector<float>{10, 10}));
    EXPECT_EQ(quantized(weights, spec(4, -1), factor, options).scales, (std::vector<float>{20, 20}));
}

TEST(Gptq, StopsBetweenPanelsWhenCancelled) {
    const InverseFactor factor = factorOf(separateInputs(300), 300);
    for (int polls = 0; polls < 3; ++polls) {
        int left = polls;
        GptqOptions options;
        options.cancelled = [&] { return left-- == 0; };
        PlainMath math;
        const auto weight = gptq(math, std::vector<float>(300, 1.0F), 1, 300, spec(4), factor, options);
        ASSERT_FALSE(weight);
        EXPECT_EQ(weight.error().code, ErrorCode::Cancelled);
        EXPECT_EQ(math.products, polls);
    }
}

TEST(Gptq, RefusesInfinitiesAndFailsWhenWeightsLeaveTheFloats) {
    PlainMath math;
    const InverseFactor factor = factorOf(separateInputs(2), 2);
    const auto infinite = gptq(math, {1, INFINITY}, 1, 2, spec(4), factor);
    ASSERT_FALSE(infinite);
    EXPECT_EQ(infinite.error().code, ErrorCode::Refused);

    InverseFactor steep = factorOf(separateInputs(2), 2);
    steep.upper = Tensor::fromFloats(Shape{2, 2}, {1e-30F, 1e30F, 0, 1});
    const auto beyond = gptq(math, {0.3F, 1}, 1, 2, spec(2), steep);
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code, ErrorCode::Failed);
}

}  // namespace
}  // namespace trimtab::compress
