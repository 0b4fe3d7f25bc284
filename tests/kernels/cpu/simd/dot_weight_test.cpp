// Integer products by groups against their definition in int64 and double, over awkward shapes and every instruction set of this machine.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/cpu/simd/dot_weight.h"
#include "tests/kernels/cpu/simd/code_case.h"

namespace trimtab::cpu::simd {
namespace {

/// Activations as codes, and the memory that they stand in.
struct Codes {
    Codes(std::int64_t rows, std::int64_t columns, std::int64_t group) {
        view.group = group;
        view.groups = (columns + group - 1) / group;
        codes.assign(static_cast<std::size_t>(rows * view.rowCodes()), 77);
        scales.assign(static_cast<std::size_t>(rows * view.groups), NAN);
        sums.assign(scales.size(), -1);
        view.codes = codes.data();
        view.scales = scales.data();
        view.sums = sums.data();
    }
    std::int64_t at(std::int64_t row, std::int64_t k) const {
        return row * view.rowCodes() + k / view.group * view.paddedGroup() + k % view.group;
    }

    std::vector<std::int8_t> codes;
    std::vector<float> scales;
    std::vector<std::int32_t> sums;
    DotActivations view;
};

Codes quantized(const std::vector<float>& x, std::int64_t rows, std::int64_t columns, std::int64_t group, Isa isa) {
    Codes codes(rows, columns, group);
    quantizeGroups(x.data(), rows, columns, codes.view, isa);
    return codes;
}

void checkProduct(const tensor::QuantizedWeight& weight, const Codes& x, std::int64_t m, bool relu, Isa isa) {
    base::Random random(3);
    const auto bias = randomFloats(weight.rows, random);
    const auto packed = DotWeight::pack(weight);
    ASSERT_TRUE(packed) << packed.error().text();
    std::vector<float> y(static_cast<std::size_t>(m * weight.rows), NAN);
    matMul(*packed, x.view, m, y.data(), {bias.data(), relu}, isa);
    for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t n = 0; n < weight.rows; ++n) {
            double sum = bias[static_cast<std::size_t>(n)], magnitude = std::abs(sum);
            for (std::int64_t g = 0; g < weight.groups(); ++g) {
                const auto of = static_cast<std::size_t>(n * weight.groups() + g);
                const std::int64_t zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[of];
                std::int64_t inner = 0;
                for (std::int64_t k = g * weight.group; k < std::min(weight.columns, (g + 1) * weight.group); ++k)
                    inner += x.codes[static_cast<std::size_t>(x.at(i, k))] *
                             (weight.codes[static_cast<std::size_t>(n * weight.columns + k)] - zero);
                const double term = static_cast<double>(inner) * static_cast<double>(weight.scales[of]) *
                                    static_cast<double>(x.scales[static_cast<std::size_t>(i * x.view.groups + g)]);
                sum += term;
                magnitude += std::abs(term);
            }
            const double expected = relu ? std::max(sum, 0.0) : sum;
            ASSERT_NEAR(y[static_cast<std::size_t>(i * weight.rows + n)], expected,
                        (static_cast<double>(weight.groups()) + 4) * 0x1.0p-23 * magnitude)
                << "m " << m << " row " << i << " output " << n << " of " << weight.rows << " columns " << weight.columns << " group "
                << weight.group << " bits " << weight.bits << " " << dotName(isa);
        }
    }
}

TEST(DotWeight, AgreesWithItsDefinitionInEveryWidthShapeAndInstructionSet) {
    base::Random random(7);
    for (const Isa isa : availableIsas())
        for (const Case& c : awkwardCases())
            for (const int bits : {4, 8})
                for (const bool symmetric : {true, false}) {
                    const auto weight = randomWeight(c.rows, c.columns, bits, c.group, symmetric, random);
                    const auto x = randomFloats(c.m * c.columns, random);
                    checkProduct(weight, quantized(x, c.m, c.columns, weight.group, isa), c.m, bits == 4, isa);
                }
}

TEST(DotWeight, ScalesThatAreExactIn16BitsTakeHalfTheMemoryAndChangeNothing) {
    base::Random random(9);
    for (const Isa isa : availableIsas()) {
        for (const bool symmetric : {true, false}) {
            auto weight = randomWeight(40, 96, 4, 32, symmetric, random);
            const auto wide = DotWeight::pack(weight);
            for (float& scale : weight.scales) scale = std::ldexp(static_cast<float>(1 + random.below(1024)), -14);
            const auto half = DotWeight::pack(weight);
            ASSERT_TRUE(wide && half);
            EXPECT_FALSE(wide->halfScales);
            EXPECT_TRUE(half->halfScales);
            EXPECT_EQ(wide->bytes() - half->bytes(), 48 * 3 * 2);
            checkProduct(weight, quantized(randomFloats(5 * 96, random), 5, 96, 32, isa), 5, false, isa);
        }
    }
}

TEST(DotWeight, SumsOfTheLargestCodesDoNotOverflow) {
    base::Random random(5);
    for (const Isa isa : availableIsas()) {
        for (const int bits : {4, 8}) {
            for (const int sign : {1, -1}) {
                auto weight = randomWeight(33, 4100, bits, 0, true, random);
                const int least = -(1 << (bits - 1));
                for (std::int8_t& code : weight.codes) code = static_cast<std::int8_t>(sign > 0 ? -least - 1 : least);
                for (const float x : {1.0F, -1.0F})
                    checkProduct(weight, quantized(std::vector<float>(5 * 4100, x), 5, 4100, 4100, isa), 5, false, isa);
            }
        }
    }
}

TEST(QuantizeGroups, EveryInstructionSetGivesTheCodesOfTheDefinition) {
    base::Random random(11);
    for (const Isa isa : availableIsas()) {
        for (const auto& [columns, group] :
             {std::pair<std::int64_t, std::int64_t>{1, 1}, {7, 32}, {64, 32}, {100, 24}, {300, 128}, {33, 33}}) {
            const std::int64_t rows = 5;
            auto x = randomFloats(rows * columns, random);
            for (std::int64_t k = 0; k < columns; ++k) x[static_cast<std::size_t>(columns + k)] = 0;  // a row of zeros
            x[0] = 127;                                                                               // halves: 0.5, 1.5, …
            for (std::int64_t k = 1; k < std::min(columns, group); ++k) x[static_cast<std::size_t>(k)] = static_cast<float>(k % 9) - 4.5F;
            const Codes codes = quantized(x, rows, columns, group, isa);
            for (std::int64_t row = 0; row < rows; ++row) {
                for (std::int64_t g = 0; g < codes.view.groups; ++g) {
                    const auto of = static_cast<std::size_t>(row * codes.view.groups + g);
                    float largest = 0;
                    for (std::int64_t k = g * group; k < std::min(columns, (g + 1) * group); ++k)
                        largest = std::max(largest, std::abs(x[static_cast<std::size_t>(row * columns + k)]));
                    EXPECT_EQ(codes.scales[of], largest > 0 ? largest / 127.0F : 1.0F);
                    std::int32_t sum = 0;
                    for (std::int64_t k = g * group; k < g * group + codes.view.paddedGroup(); ++k) {
                        const auto at =
                            static_cast<std::size_t>(row * codes.view.rowCodes() + g * codes.view.paddedGroup() + k - g * group);
                        if (k - g * group >= group || k >= columns) {
                            if (k < (columns + kDotStep - 1) / kDotStep * kDotStep && g == codes.view.groups - 1) {
                                EXPECT_EQ(codes.codes[at], 0) << "padding";
                            }
                            continue;
                        }
                        const float scaled = x[static_cast<std::size_t>(row * columns + k)] / codes.scales[of];
                        EXPECT_EQ(codes.codes[at], static_cast<int>(std::nearbyint(scaled))) << name(isa);
                        sum += codes.codes[at];
                    }
                    EXPECT_EQ(codes.sums[of], sum);
                }
            }
        }
    }
}

TEST(QuantizeGroups, NotANumberIsZeroAndAGroupWithoutAFiniteRangeHasTheScaleOne) {
    for (const Isa isa : availableIsas()) {
        std::vector<float> x(64, 2.0F);
        x[3] = x[40] = std::numeric_limits<float>::quiet_NaN();
        x[41] = std::numeric_limits<float>::infinity();
        x[42] = -std::numeric_limits<float>::infinity();
        const Codes codes = quantized(x, 1, 64, 32, isa);
        EXPECT_EQ(codes.scales, (std::vector<float>{2.0F / 127.0F, 1.0F})) << name(isa);
        EXPECT_EQ(codes.codes[3], 0) << name(isa);
        EXPECT_EQ(codes.codes[4], 127) << name(isa);
        EXPECT_EQ(codes.codes[40], 0) << name(isa);
        EXPECT_EQ(codes.codes[41], 127) << name(isa);
        EXPECT_EQ(codes.codes[42], -127) << name(isa);
        EXPECT_EQ(codes.codes[43], 2) << name(isa);
    }
}

TEST(DotWeight, RefusesWidthsThatItHasNoProductFor) {
    base::Random random(1);
    EXPECT_EQ(DotWeight::pack(randomWeight(4, 8, 3, 0, true, random)).error().code, ErrorCode::Unsupported);
}

}  // namespace
}  // namespace trimtab::cpu::simd
