// Models that another tool has quantised run as they are: `trimtab run` on the engines reference and cpu gives what the operator texts say,
// stated here in plain loops.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/formats/numpy/npy.h"
#include "core/tensor/convert.h"
#include "tests/app/cli/command_line.h"
#include "tests/support/model_builder.h"

namespace trimtab {
namespace {

class QuantizedModels : public testing::TestWithParam<const char*> {
protected:
    std::string at(const std::string& name) const { return (m_folder.path() / name).string(); }

    std::vector<float> drawn(std::int64_t count, double low, double high) {
        std::vector<float> values(static_cast<std::size_t>(count));
        for (float& value : values) value = static_cast<float>(m_random.uniform(low, high));
        return values;
    }
    std::vector<std::uint8_t> bytes(std::int64_t count) {
        std::vector<std::uint8_t> values(static_cast<std::size_t>(count));
        for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(m_random.below(256));
        return values;
    }

    /// What the engine makes of model and x; empty (and a failed test) when it does not run.
    std::vector<float> outputOf(const support::ModelBuilder& model, const Tensor& x) {
        model.save(at("model.onnx"));
        EXPECT_TRUE(formats::numpy::writeNpy(at("x.npy"), x));
        const auto ran = testing_cli::trimtab(
            {"run", at("model.onnx"), "--engine", GetParam(), "--input", "x=" + at("x.npy"), "--save-outputs", at("out")});
        EXPECT_EQ(ran.status, 0) << ran.err;
        for (const auto& entry : std::filesystem::directory_iterator(at("out"))) {
            const auto read = formats::numpy::readNpy(entry.path());
            EXPECT_TRUE(read);
            if (read) return tensor::toFloats(*read);
        }
        return {};
    }

    void expectNear(const std::vector<float>& got, const std::vector<double>& expected) {
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-4 + 1e-4 * std::fabs(expected[i])) << i;
    }

private:
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-quantized").value();
    base::Random m_random{11};
};

double quantizedAndBack(double value, double scale, double zero) {
    return (std::clamp(std::nearbyint(value / scale) + zero, 0.0, 255.0) - zero) * scale;
}

TEST_P(QuantizedModels, RunWithPairsOfQuantizeAndDequantize) {
    constexpr std::int64_t kRows = 3, kInner = 8, kColumns = 4;
    constexpr float kScaleX = 0.031F, kScaleY = 0.11F;
    const std::vector<float> x = drawn(kRows * kInner, -4, 4), scales = drawn(kColumns, 0.01, 0.05);
    std::vector<std::int8_t> weight;
    for (const std::uint8_t byte : bytes(kInner * kColumns)) weight.push_back(static_cast<std::int8_t>(byte - 128));
    const auto code = [](std::uint8_t value) { return Tensor::fromValues<std::uint8_t>(DataType::UInt8, Shape{}, {value}); };
    const auto model = support::ModelBuilder()
                           .input("x", DataType::Float32, {"batch", kInner})
                           .constant("x_scale", Tensor::scalar(kScaleX))
                           .constant("x_zero", code(120))
                           .constant("w", Tensor::fromValues(DataType::Int8, Shape{kInner, kColumns}, weight))
                           .constant("w_scale", Tensor::fromFloats(Shape{kColumns}, scales))
                           .constant("y_scale", Tensor::scalar(kScaleY))
                           .constant("y_zero", code(131))
                           .node("QuantizeLinear", {"x", "x_scale", "x_zero"}, {"x_codes"})
                           .node("DequantizeLinear", {"x_codes", "x_scale", "x_zero"}, {"x_values"})
                           .node("DequantizeLinear", {"w", "w_scale"}, {"w_values"}, {{"axis", 1}})
                           .node("MatMul", {"x_values", "w_values"}, {"product"})
                           .node("QuantizeLinear", {"product", "y_scale", "y_zero"}, {"y_codes"})
                           .node("DequantizeLinear", {"y_codes", "y_scale", "y_zero"}, {"y"})
                           .output("y", DataType::Float32, {"batch", kColumns});
    std::vector<double> expected;
    for (std::int64_t i = 0; i < kRows * kColumns; ++i) {
        const auto column = static_cast<std::size_t>(i % kColumns);
        double sum = 0;
        for (std::int64_t k = 0; k < kInner; ++k)
            sum += quantizedAndBack(x[static_cast<std::size_t>(i / kColumns * kInner + k)], kScaleX, 120) *
                   weight[static_cast<std::size_t>(k * kColumns) + column] * scales[column];
        expected.push_back(quantizedAndBack(sum, kScaleY, 131));
    }
    expectNear(outputOf(model, Tensor::fromFloats(Shape{kRows, kInner}, x)), expected);
}

TEST_P(QuantizedModels, RunWithBlocksOfTwoFourAndEightBits) {
    constexpr std::int64_t kRows = 3, kInner = 40, kColumns = 5, kBlock = 16, kBlocks = 3;
    for (const std::int64_t bits : {2, 4, 8}) {
        const std::int64_t rowBytes = kBlocks * kBlock * bits / 8, zeroBytes = (kBlocks * bits + 7) / 8;
        const std::vector<float> x = drawn(kRows * kInner, -1, 1), scales = drawn(kColumns * kBlocks, 0.01, 0.1);
        const std::vector<std::uint8_t> codes = bytes(kColumns * rowBytes), zeros = bytes(kColumns * zeroBytes);
        const auto model = support::ModelBuilder()
                               .opset(1, "com.microsoft")
                               .input("x", DataType::Float32, {"batch", kInner})
                               .constant("codes", Tensor::fromValues(DataType::UInt8, Shape{kColumns, kBlocks, kBlock * bits / 8}, codes))
                               .constant("scales", Tensor::fromFloats(Shape{kColumns, kBlocks}, scales))
                               .constant("zeros", Tensor::fromValues(DataType::UInt8, Shape{kColumns, zeroBytes}, zeros))
                               .node("MatMulNBits", {"x", "codes", "scales", "zeros"}, {"y"},
                                     {{"K", kInner}, {"N", kColumns}, {"bits", bits}, {"block_size", kBlock}}, "product", "com.microsoft")
                               .output("y", DataType::Float32, {"batch", kColumns});
        const auto bitsAt = [bits](const std::vector<std::uint8_t>& row, std::int64_t firstByte, std::int64_t index) {
            const std::int64_t bit = index * bits;
            return row[static_cast<std::size_t>(firstByte + bit / 8)] >> (bit % 8) & ((1 << bits) - 1);
        };
        std::vector<double> expected;
        for (std::int64_t i = 0; i < kRows * kColumns; ++i) {
            const std::int64_t n = i % kColumns;
            double sum = 0;
            for (std::int64_t k = 0; k < kInner; ++k) {
                const int centred = bitsAt(codes, n * rowBytes, k) - bitsAt(zeros, n * zeroBytes, k / kBlock);
                sum += static_cast<double>(x[static_cast<std::size_t>(i / kColumns * kInner + k)]) * centred *
                       static_cast<double>(scales[static_cast<std::size_t>(n * kBlocks + k / kBlock)]);
            }
            expected.push_back(sum);
        }
        SCOPED_TRACE(bits);
        expectNear(outputOf(model, Tensor::fromFloats(Shape{kRows, kInner}, x)), expected);
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, QuantizedModels, testing::Values("reference", "cpu"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace trimtab
