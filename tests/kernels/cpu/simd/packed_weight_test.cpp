// Weight-only products against a double-precision statement, over awkward shapes and every instruction set of this machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/tensor/code_values.h"
#include "kernels/cpu/simd/packed_weight.h"
#include "tests/kernels/cpu/simd/code_case.h"

namespace trimtab::cpu::simd {
namespace {

/// Codes are any patterns of finite values.
tensor::QuantizedWeight floatingWeight(std::int64_t rows, std::int64_t columns, tensor::CodeFormat format, std::int64_t group,
                                       base::Random& random) {
    tensor::QuantizedWeight weight = randomWeight(rows, columns, tensor::codeBits(format), group, true, random);
    weight.format = format;
    const auto values = tensor::codeValues(format);
    for (std::int8_t& code : weight.codes) {
        std::size_t pattern = random.below(values.size());
        while (!std::isfinite(values[pattern])) pattern = random.below(values.size());
        code = static_cast<std::int8_t>(pattern);
    }
    return weight;
}

double valueOf(const tensor::QuantizedWeight& weight, std::int64_t n, std::int64_t k) {
    const auto g = static_cast<std::size_t>(n * weight.groups() + k / weight.group);
    const std::int8_t code = weight.codes[static_cast<std::size_t>(n * weight.columns + k)];
    const int zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[g];
    const double value =
        weight.format == tensor::CodeFormat::Integer ? code - zero : tensor::codeValues(weight.format)[static_cast<std::uint8_t>(code)];
    return value * static_cast<double>(weight.scales[g]);
}

// Expected values come from the definition in quantized_weight.h, computed here in double.
void checkAgainstDefinition(const tensor::QuantizedWeight& weight, std::int64_t m, bool relu, base::Random& random, Isa isa) {
    const auto x = randomFloats(m * weight.columns, random);
    const auto bias = randomFloats(weight.rows, random);
    auto packed = PackedWeight::pack(weight);
    ASSERT_TRUE(packed) << packed.error().text();
    std::vector<float> y(static_cast<std::size_t>(m * weight.rows), NAN);
    matMul(*packed, x.data(), m, y.data(), {bias.data(), relu}, isa);
    for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t n = 0; n < weight.rows; ++n) {
            double sum = bias[static_cast<std::size_t>(n)];
            double magnitude = std::abs(sum);
            for (std::int64_t k = 0; k < weight.columns; ++k) {
                const double value = valueOf(weight, n, k);
                sum += value * x[static_cast<std::size_t>(i * weight.columns + k)];
                magnitude += std::abs(value * x[static_cast<std::size_t>(i * weight.columns + k)]);
            }
            const double expected = relu ? std::max(sum, 0.0) : sum;
            ASSERT_NEAR(y[static_cast<std::size_t>(i * weight.rows + n)], expected,
                        (static_cast<double>(weight.columns) + 4) * 0x1.0p-23 * magnitude)
                << "m " << m << " rows " << weight.rows << " columns " << weight.columns << " group " << weight.group << " bits "
                << weight.bits << " " << name(isa);
        }
    }
}

TEST(PackedWeight, AgreesWithItsDefinitionInEveryFormatShapeAndInstructionSet) {
    base::Random random(7);
    for (const Isa isa : availableIsas())
        for (const Case& c : awkwardCases())
            for (const int bits : {4, 8})
                for (const bool symmetric : {true, false})
                    checkAgainstDefinition(randomWeight(c.rows, c.columns, bits, c.group, symmetric, random), c.m, bits == 4, random, isa);
}

TEST(PackedWeight, DecodesFloatingCodesInEveryShapeAndInstructionSet) {
    base::Random random(8);
    for (const Isa isa : availableIsas())
        for (const Case& c : awkwardCases())
            for (const auto format : {tensor::CodeFormat::Float8E4M3, tensor::CodeFormat::Float8E5M2, tensor::CodeFormat::NormalFloat4,
                                      tensor::CodeFormat::Float4E2M1})
                checkAgainstDefinition(floatingWeight(c.rows, c.columns, format, c.group, random), c.m, c.m % 2 == 0, random, isa);
}

TEST(PackedWeight, EveryFloatingCodeDecodesExactly) {
    base::Random random(9);
    for (const Isa isa : availableIsas()) {
        for (const auto format : {tensor::CodeFormat::Float8E4M3, tensor::CodeFormat::Float8E5M2, tensor::CodeFormat::NormalFloat4,
                                  tensor::CodeFormat::Float4E2M1}) {
            const auto values = tensor::codeValues(format);
            const auto count = static_cast<std::int64_t>(values.size());
            auto weight = floatingWeight(count, 1, format, 0, random);
            for (std::int64_t n = 0; n < count; ++n) {
                weight.codes[static_cast<std::size_t>(n)] = static_cast<std::int8_t>(n);
                weight.scales[static_cast<std::size_t>(n)] = 1;
            }
            const float one = 1;
            std::vector<float> y(values.size());
            matMul(*PackedWeight::pack(weight), &one, 1, y.data(), {}, isa);
            for (std::size_t n = 0; n < values.size(); ++n)
                EXPECT_TRUE(!std::isfinite(values[n]) || y[n] == values[n]) << n << " " << name(isa);
        }
    }
}

TEST(PackedWeight, KeepsFloatingWeightsAsRounded) {
    base::Random random(11);
    for (const Isa isa : availableIsas()) {
        for (const WeightFormat format : {WeightFormat::BFloat16, WeightFormat::Float16, WeightFormat::Float32}) {
          for (const std::int64_t m : {14, 30}) {
            const std::int64_t rows = 35, columns = m == 14 ? 67 : 600;
            const auto values = randomFloats(rows * columns, random);
            const auto x = randomFloats(m * columns, random);
            auto packed = PackedWeight::packFloats(values, rows, columns, format);
            ASSERT_TRUE(packed);
            std::vector<float> y(static_cast<std::size_t>(m * rows));
            matMul(*packed, x.data(), m, y.data(), {}, isa);
            for (std::int64_t i = 0; i < m; ++i) {
                for (std::int64_t n = 0; n < rows; ++n) {
                    double sum = 0;
                    double magnitude = 0;
                    for (std::int64_t k = 0; k < columns; ++k) {
                        const float value = values[static_cast<std::size_t>(n * columns + k)];
                        const double rounded = format == WeightFormat::Float32    ? value
                                               : format == WeightFormat::BFloat16 ? tensor::bfloatToFloat(tensor::floatToBfloat(value))
                                                                                  : tensor::halfToFloat(tensor::floatToHalf(value));
                        sum += rounded * x[static_cast<std::size_t>(i * columns + k)];
                        magnitude += std::abs(rounded * x[static_cast<std::size_t>(i * columns + k)]);
                    }
                    ASSERT_NEAR(y[static_cast<std::size_t>(i * rows + n)], sum, (static_cast<double>(columns) + 3) * 0x1.0p-23 * magnitude);
                }
            }
          }
        }
    }
}

TEST(PackedWeight, TakesTheBytesThatItsWidthPromises) {
    base::Random random(3);
    const auto packed = PackedWeight::pack(randomWeight(256, 1024, 4, 32, true, random));
    ASSERT_TRUE(packed);
    EXPECT_EQ(packed->bytes(), 256 * 1024 / 2 + 256 * 32 * 4);
}

TEST(PackedWeight, RefusesWidthsThatNoKernelExecutes) {
    base::Random random(3);
    auto weight = randomWeight(4, 4, 4, 0, true, random);
    weight.bits = 3;
    const auto packed = PackedWeight::pack(weight);
    ASSERT_FALSE(packed);
    EXPECT_EQ(packed.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(packed.error().message, testing::HasSubstr("3-bit"));
}

}  // namespace
}  // namespace trimtab::cpu::simd
