// Weights of floating codes: float8, normal floats, mxfp4.
#include <cmath>

#include <gmock/gmock.h>

#include "core/base/random.h"
#include "core/tensor/code_values.h"
#include "core/tensor/convert.h"
#include "tests/core/formats/onnx/writer_fixture.h"

namespace trimtab::formats::onnx {
namespace {

using tensor::CodeFormat;
using tensor::QuantizedWeight;
using tensor::WeightLayout;
using testing::HasSubstr;
using testing::StartsWith;

/// A weight of floating codes, any finite patterns.
std::shared_ptr<const QuantizedWeight> floatingWeight(Shape shape, WeightLayout layout, CodeFormat format, std::int64_t group) {
    QuantizedWeight weight = *randomWeight(shape, layout, tensor::codeBits(format), group, true, 21);
    weight.format = format;
    base::Random random(22);
    const auto values = tensor::codeValues(format);
    for (std::int8_t& code : weight.codes) {
        std::size_t pattern = random.below(values.size());
        while (!std::isfinite(values[pattern])) pattern = random.below(values.size());
        code = static_cast<std::int8_t>(pattern);
    }
    return std::make_shared<const QuantizedWeight>(std::move(weight));
}

TEST_F(OnnxWriter, WritesFloat8CodesWhereTheOperatorSetHasThem) {
    for (const CodeFormat format : {CodeFormat::Float8E4M3, CodeFormat::Float8E5M2}) {
        const auto weight = floatingWeight({40, 6}, WeightLayout::OutputsLast, format, 0);
        Graph graph = matMul(40, 6, 19);
        quantize(graph, "w", weight, false);
        const auto [result, back] = roundTrip(graph);
        EXPECT_EQ(result.form, std::string(tensor::formatName(*weight)) + " DequantizeLinear");
        const graph::Node* node = nodeOf(back, "DequantizeLinear");
        ASSERT_TRUE(node);
        EXPECT_EQ(node->integer("axis", -9), 1);
        const Tensor& codes = *back.constantOf(node->input(0));
        EXPECT_EQ(codes.type(), format == CodeFormat::Float8E4M3 ? DataType::Float8E4M3FN : DataType::Float8E5M2);
        const auto scales = tensor::toFloats(*back.constantOf(node->input(1)));
        const auto expected = tensor::toFloats(*weight->dequantize());
        for (std::int64_t i = 0; i < 240; ++i)
            EXPECT_EQ(static_cast<float>(tensor::elementAsDouble(codes, i)) * scales[static_cast<std::size_t>(i % 6)],
                      expected[static_cast<std::size_t>(i)]);
        Graph old = matMul(40, 6, 18);
        quantize(old, "w", weight, false);
        const auto dense = roundTrip(old);
        EXPECT_THAT(dense.result.form, HasSubstr("operator set 18 has no DequantizeLinear of float8"));
        EXPECT_EQ(tensor::toFloats(*dense.graph.constantOf(dense.graph.find("w"))), expected);
    }
}

TEST_F(OnnxWriter, WritesGroupsOfFloat8AsBlocks) {
    const auto weight = floatingWeight({40, 6}, WeightLayout::OutputsLast, CodeFormat::Float8E4M3, 16);
    Graph graph = matMul(40, 6, 21);
    quantize(graph, "w", weight, false);
    const auto [result, back] = roundTrip(graph);
    const graph::Node* node = nodeOf(back, "DequantizeLinear");
    ASSERT_TRUE(node) << result.form;
    EXPECT_EQ(node->integer("axis", -9), 0);
    EXPECT_EQ(node->integer("block_size", -9), 16);
    EXPECT_EQ(back.constantOf(node->input(1))->shape(), (Shape{3, 6}));
    const auto scales = tensor::toFloats(*back.constantOf(node->input(1)));
    const auto expected = tensor::toFloats(*weight->dequantize());
    for (std::int64_t i = 0; i < 240; ++i)
        EXPECT_EQ(static_cast<float>(tensor::elementAsDouble(*back.constantOf(node->input(0)), i)) *
                      scales[static_cast<std::size_t>(i / 6 / 16 * 6 + i % 6)],
                  expected[static_cast<std::size_t>(i)]);
}

TEST_F(OnnxWriter, PacksNormalFloatsAsBitsAndBytesDoes) {
    for (const std::int64_t group : {0, 16, 32}) {
        const auto weight = floatingWeight({64, 6}, WeightLayout::OutputsLast, CodeFormat::NormalFloat4, group);
        Graph graph = matMul(64, 6);
        quantize(graph, "w", weight, false);
        const auto [result, back] = roundTrip(graph);
        EXPECT_EQ(result.form, "MatMulBnb4 nf4");
        const graph::Node* node = nodeOf(back, "MatMulBnb4");
        ASSERT_TRUE(node);
        const std::int64_t block = node->integer("block_size", 0);
        const auto bytes = back.constantOf(node->input(1))->bytes();
        const auto largest = tensor::toFloats(*back.constantOf(node->input(2)));
        const auto expected = tensor::toFloats(*weight->dequantize());
        for (std::int64_t n = 0; n < 6; ++n) {
            for (std::int64_t k = 0; k < 64; ++k) {
                const std::int64_t i = n * 64 + k;
                const int byte = std::to_integer<int>(bytes[static_cast<std::size_t>(i / 2)]);
                const int code = i % 2 == 0 ? byte >> 4 : byte & 15;
                EXPECT_EQ(tensor::kNormalFloat4[static_cast<std::size_t>(code)] * largest[static_cast<std::size_t>(i / block)],
                          expected[static_cast<std::size_t>(k * 6 + n)]);
            }
        }
    }
    Graph odd = matMul(24, 6);
    quantize(odd, "w", floatingWeight({24, 6}, WeightLayout::OutputsLast, CodeFormat::NormalFloat4, 12), false);
    EXPECT_THAT(roundTrip(odd).result.form, StartsWith("fp32 with values rounded to nf4"));
    Graph micro = matMul(64, 6, 25);
    quantize(micro, "w", floatingWeight({64, 6}, WeightLayout::OutputsLast, CodeFormat::Float4E2M1, 32), false);
    EXPECT_THAT(roundTrip(micro).result.form, StartsWith("fp32 with values rounded to fp4: no operator takes it"));
}

}  // namespace
}  // namespace trimtab::formats::onnx
