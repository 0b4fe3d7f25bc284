// Blocks against a statement of ggml's structures (ggml-common.h: block_q8_0, block_q4_0, block_q4_K, block_q6_K), read field by field.
#include "core/formats/gguf/blocks.h"

#include <cmath>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/tensor/code_values.h"
#include "core/tensor/convert.h"
#include "tests/support/gguf_blocks.h"

namespace trimtab::formats::gguf {
namespace {

double half(const std::string& block, std::size_t at) {
    const unsigned bits = static_cast<unsigned char>(block[at]) | static_cast<unsigned>(static_cast<unsigned char>(block[at + 1])) << 8;
    const int exponent = bits >> 10 & 31;
    const double mantissa = bits & 1023, sign = bits >> 15 != 0 ? -1 : 1;
    return sign * (exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25));
}
unsigned byte(const std::string& block, std::size_t at) { return static_cast<unsigned char>(block[at]); }

std::vector<double> statedQ8(const std::string& block) {
    std::vector<double> values;
    for (std::size_t i = 0; i < 32; ++i) values.push_back(half(block, 0) * static_cast<signed char>(block[2 + i]));
    return values;
}

std::vector<double> statedQ4(const std::string& block) {
    std::vector<double> values(32);
    for (std::size_t i = 0; i < 16; ++i) {
        values[i] = half(block, 0) * (static_cast<int>(byte(block, 2 + i) % 16) - 8);
        values[i + 16] = half(block, 0) * (static_cast<int>(byte(block, 2 + i) / 16) - 8);
    }
    return values;
}

/// The twelve bytes hold s0…s3 and the high bits of s4…s7, m0…m3 and those of m4…m7, then the low halves of s4 m4 … s7 m7.
std::vector<double> statedQ4K(const std::string& block) {
    unsigned scales[8], minima[8];
    for (std::size_t g = 0; g < 4; ++g) {
        scales[g] = byte(block, 4 + g) % 64;
        minima[g] = byte(block, 8 + g) % 64;
        scales[g + 4] = byte(block, 12 + g) % 16 + 16 * (byte(block, 4 + g) / 64);
        minima[g + 4] = byte(block, 12 + g) / 16 + 16 * (byte(block, 8 + g) / 64);
    }
    std::vector<double> values(256);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t pair = i / 64, within = i % 64;
        const unsigned both = byte(block, 16 + pair * 32 + within % 32);
        const unsigned code = within < 32 ? both % 16 : both / 16;
        values[i] = half(block, 0) * scales[i / 32] * code - half(block, 2) * minima[i / 32];
    }
    return values;
}

std::vector<double> statedQ6K(const std::string& block) {
    std::vector<double> values(256);
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t part = i / 128, quarter = i % 128 / 32, column = i % 32;
        unsigned low = byte(block, part * 64 + (quarter % 2) * 32 + column);
        low = quarter < 2 ? low % 16 : low / 16;
        unsigned high = byte(block, 128 + part * 32 + column);
        for (std::size_t q = 0; q < quarter; ++q) high /= 4;
        const int code = static_cast<int>(low + 16 * (high % 4)) - 32;
        values[i] = half(block, 208) * static_cast<signed char>(block[192 + i / 16]) * code;
    }
    return values;
}

struct Case {
    BlockType type;
    std::vector<double> (*stated)(const std::string&);
    std::vector<std::size_t> halves;  // where fp16 numbers stand
};
const Case kCases[] = {{BlockType::Q8_0, statedQ8, {0}},
                       {BlockType::Q4_0, statedQ4, {0}},
                       {BlockType::Q4_K, statedQ4K, {0, 2}},
                       {BlockType::Q6_K, statedQ6K, {208}}};

class Blocks : public testing::TestWithParam<Case> {
protected:
    /// rows × columns of random blocks, whose fp16 numbers are finite.
    void draw(std::int64_t rows, std::int64_t columns, unsigned seed) {
        base::Random random(seed);
        const Case& given = GetParam();
        for (std::int64_t b = 0; b < rows * columns / elementsOf(given.type); ++b) {
            std::string block;
            for (std::int64_t i = 0; i < bytesOf(given.type); ++i) block += static_cast<char>(random.below(256));
            for (const std::size_t at : given.halves)
                if ((byte(block, at + 1) & 0x7c) == 0x7c) block[at + 1] = static_cast<char>(block[at + 1] & 0x83);
            m_bytes += block;
            for (const double value : given.stated(block)) m_stated.push_back(value);
        }
        m_tensor = {given.type, Shape{rows, columns}, std::as_bytes(std::span(m_bytes))};
    }
    /// Products of d, scale and code fit a float's mantissa; a minimum that is taken off is rounded with the difference.
    void expectStated(const std::vector<float>& values, std::int64_t columns, const RowOrder& order) const {
        ASSERT_EQ(values.size(), m_stated.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto row = static_cast<std::int64_t>(i) / columns;
            const auto from = static_cast<std::size_t>((order.empty() ? row : order[static_cast<std::size_t>(row)]) * columns) +
                              i % static_cast<std::size_t>(columns);
            if (GetParam().type == BlockType::Q4_K) {
                ASSERT_FLOAT_EQ(values[i], static_cast<float>(m_stated[from])) << i;
            } else {
                ASSERT_EQ(values[i], m_stated[from]) << i;
            }
        }
    }

    std::string m_bytes;
    std::vector<double> m_stated;
    StoredTensor m_tensor;
};

TEST_P(Blocks, AreTheNumbersThatTheFormatStates) {
    draw(5, 512, 3);
    const auto values = valuesOf(m_tensor);
    ASSERT_TRUE(values);
    EXPECT_EQ(values->type(), DataType::Float32);
    EXPECT_EQ(values->shape(), (Shape{5, 512}));
    expectStated(tensor::toFloats(*values), 512, {});
}

TEST_P(Blocks, ComeInAnotherOrderOfRows) {
    draw(4, 256, 4);
    const RowOrder order{2, 0, 3, 1};
    expectStated(tensor::toFloats(*valuesOf(m_tensor, order)), 256, order);
}

TEST_P(Blocks, AreCodesOfTheSameNumbersWhereTheyCan) {
    draw(4, 512, 5);
    const RowOrder order{3, 1, 0, 2};
    if (!isOfCodes(GetParam().type)) return;
    const auto codes = codesOf(m_tensor, order, true);
    EXPECT_EQ(codes.originalShape, (Shape{512, 4})) << "a product's weight";
    EXPECT_EQ(codes.bits, GetParam().type == BlockType::Q4_0 ? 4 : 8);
    expectStated(tensor::decodedRows(codes), 512, order);
    const auto unread = codesOf(m_tensor, order, false);
    EXPECT_TRUE(unread.codes.empty() && unread.scales.empty());
    EXPECT_EQ(unread.storedBytes(), codes.storedBytes());
}

INSTANTIATE_TEST_SUITE_P(OfEveryType, Blocks, testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string(name(given.param.type)); });

TEST(PlainTensors, KeepTheirBytes) {
    const std::vector<float> values{1, -2.5F, 0, 65504, 0.125F, -1};
    for (const BlockType type : {BlockType::F32, BlockType::F16, BlockType::BF16}) {
        const std::string bytes = support::encoded(values, type);
        const auto read = valuesOf({type, Shape{3, 2}, std::as_bytes(std::span(bytes))}, {1, 2, 0});
        ASSERT_TRUE(read);
        EXPECT_EQ(read->type(), *plainType(type));
        const float rounded = type == BlockType::BF16 ? 65536 : 65504;
        EXPECT_EQ(tensor::toFloats(*read), (std::vector<float>{0, rounded, 0.125F, -1, 1, -2.5F}));
    }
}

TEST(TheTestsOwnEncoding, IsAsNearAsItsStepAllows) {
    base::Random random(6);
    std::vector<float> values;
    for (int i = 0; i < 768; ++i) values.push_back(static_cast<float>(random.uniform(-1, 1)));
    for (const auto& [type, farthest] :
         {std::pair{BlockType::Q8_0, 0.57 / 127}, {BlockType::Q4_0, 1.01 / 8}, {BlockType::Q4_K, 0.11}, {BlockType::Q6_K, 0.04}}) {
        const std::string bytes = support::encoded(values, type);
        const auto read = tensor::toFloats(*valuesOf({type, Shape{3, 256}, std::as_bytes(std::span(bytes))}));
        for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(read[i], values[i], farthest) << name(type) << " " << i;
    }
}

}  // namespace
}  // namespace trimtab::formats::gguf
