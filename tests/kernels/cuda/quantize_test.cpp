// Against ONNX DynamicQuantizeLinear, stated here in float32 operation for operation, as kernels/ref/quantized/dynamic_quantization.h does.
#include "kernels/cuda/kernels/products.h"
#include "tests/kernels/cuda/product_case.h"

namespace trimtab::cuda {
namespace {

struct Scheme {
    float scale = 1;
    float zero = 0;
};

Scheme schemeOf(const std::vector<float>& values) {
    float low = 0;
    float high = 0;
    for (const float value : values) {
        if (value < low) low = value;
        if (value > high) high = value;
    }
    const float range = high - low;
    if (range == 0 || !std::isfinite(range) || range / 255.0F == 0) return {};
    const float scale = range / 255.0F;
    return {scale, std::min(std::max(std::nearbyint(0.0F - low / scale), 0.0F), 255.0F)};
}

int codeOf(float value, const Scheme& scheme) {
    const float code = std::nearbyint(value / scheme.scale) + scheme.zero;
    return std::isnan(code) ? -128 : static_cast<int>(std::min(std::max(code, 0.0F), 255.0F)) - 128;
}

class QuantizeTest : public DeviceTest {
protected:
    static void expectScheme(DataType type, const std::vector<float>& values, std::int64_t m, std::int64_t pitch, bool misaligned = false) {
        const std::int64_t k = m > 0 ? static_cast<std::int64_t>(values.size()) / m : 0;
        const auto stored = toBytes(type, values);
        const std::size_t shift = misaligned ? stored.size() / values.size() : 0;
        std::vector<std::uint8_t> host(shift, 0xFF);
        host.insert(host.end(), stored.begin(), stored.end());
        const auto x = array(host);
        const auto partials = uninitialised<float>(2048);
        const auto parameters = uninitialised<float>(2);
        const auto codes = uninitialised<std::int8_t>(static_cast<std::size_t>(m * pitch));
        ASSERT_TRUE(launchQuantizationParameters(stream(), type, m * k, x.data() + shift, partials.data(), parameters.data()));
        ASSERT_TRUE(launchQuantize(stream(), type, m, k, pitch, x.data() + shift, parameters.data(), codes.data()));
        const auto rounded = toFloats(type, stored);
        const Scheme wanted = schemeOf(rounded);
        const auto got = read(parameters);
        EXPECT_EQ(got[0], wanted.scale);
        EXPECT_EQ(got[1], wanted.zero - 128.0F);
        const auto gotCodes = read(codes);
        for (std::int64_t row = 0; row < m; ++row)
            for (std::int64_t column = 0; column < pitch; ++column) {
                const int code =
                    column < k ? codeOf(rounded[static_cast<std::size_t>(row * k + column)], wanted) : static_cast<int>(wanted.zero) - 128;
                ASSERT_EQ(gotCodes[static_cast<std::size_t>(row * pitch + column)], code) << "row " << row << ", column " << column;
            }
    }
};

TEST_F(QuantizeTest, CodesAreThoseOfTheSchemeBitForBit) {
    for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
        expectScheme(type, normal(33 * 64, 1), 33, 64);
        expectScheme(type, normal(7 * 45, 2), 7, 48);
        expectScheme(type, normal(5 * 32, 3), 5, 64);
        expectScheme(type, normal(1, 4), 1, 16);
        expectScheme(type, normal(3 * 32, 5), 3, 32, true);
    }
    expectScheme(DataType::Float32, normal(100003, 6), 1, 100016);
}

TEST_F(QuantizeTest, ZeroIsAlwaysRepresentable) {
    std::vector<float> positive = normal(64, 7);
    for (float& value : positive) value = std::abs(value) + 1;
    expectScheme(DataType::Float32, positive, 2, 32);
    for (float& value : positive) value = -value;
    expectScheme(DataType::Float32, positive, 2, 32);
}

TEST_F(QuantizeTest, HalvesRoundToEven) {
    std::vector<float> values{0.0F, 255.0F};  // scale 1, zero 0
    for (int i = 0; i < 30; ++i) values.push_back(static_cast<float>(i) + 0.5F);
    expectScheme(DataType::Float32, values, 1, 32);
}

TEST_F(QuantizeTest, ValuesWithoutAFiniteRange) {
    expectScheme(DataType::Float32, std::vector<float>(32, 0.0F), 1, 32);
    std::vector<float> values = normal(32, 8);
    values[3] = std::numeric_limits<float>::quiet_NaN();
    expectScheme(DataType::Float32, values, 1, 32);
    values[5] = std::numeric_limits<float>::infinity();
    expectScheme(DataType::Float32, values, 1, 32);
    expectScheme(DataType::Float32, {std::numeric_limits<float>::denorm_min(), 0, 0, 0}, 1, 16);
    expectScheme(DataType::Float32, {-3e38F, 3e38F, 1, 2}, 1, 16);
}

TEST_F(QuantizeTest, NoRowsAreDone) {
    const auto parameters = array(std::vector<float>{1, -128});
    EXPECT_TRUE(launchQuantize(stream(), DataType::Float32, 0, 16, 16, nullptr, parameters.data(), nullptr));
    const auto partials = uninitialised<float>(2048);
    const auto made = uninitialised<float>(2);
    EXPECT_TRUE(launchQuantizationParameters(stream(), DataType::Float32, 0, nullptr, partials.data(), made.data()));
    EXPECT_EQ(read(made), (std::vector<float>{1, -128}));
}

class DequantizeTest : public DeviceTest {};

TEST_F(DequantizeTest, CodesBecomeTheNumbersTheyMean) {
    for (const int bits : {8, 4})
        for (const std::int64_t group : {0, 32, 8, 13})
            for (const bool zeros : {false, true})
                for (const std::int64_t k : {1, 64, 77})
                    for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
                        const StoredWeight weight = integerWeight(bits, 9, k, group, zeros, 9);
                        const auto w = array(weight.bytes);
                        const auto scales = array(weight.scales);
                        const auto points = array(weight.zeros);
                        const auto y = uninitialised<std::uint8_t>(static_cast<std::size_t>(9 * k) * (type == DataType::Float32 ? 4 : 2));
                        ASSERT_TRUE(launchDequantize(stream(), 9, k, weight.format, w.data(), scales.data(),
                                                     zeros ? points.data() : nullptr, type, y.data()));
                        std::vector<float> wanted(weight.values.begin(), weight.values.end());
                        EXPECT_EQ(toFloats(type, read(y)), toFloats(type, toBytes(type, wanted)))
                            << bits << " bits, group " << group << ", k " << k << ", type " << tensor::name(type);
                    }
}

TEST_F(DequantizeTest, PlainWeightsAreRefused) {
    const StoredWeight weight = plainWeight(DataType::Float16, 2, 8, 1);
    EXPECT_FALSE(launchDequantize(stream(), 2, 8, weight.format, nullptr, nullptr, nullptr, DataType::Float32, nullptr));
}

}  // namespace
}  // namespace trimtab::cuda
