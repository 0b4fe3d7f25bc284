// Quantised operators with figures worked out by hand, and what they refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tensor::toFloats;
using tensor::toInt64s;

Tensor bytes(Shape shape, std::vector<std::uint8_t> values) { return Tensor::fromValues(DataType::UInt8, std::move(shape), values); }
Tensor signedBytes(Shape shape, std::vector<std::int8_t> values) { return Tensor::fromValues(DataType::Int8, std::move(shape), values); }
Tensor scale(float value) { return Tensor::scalar(value); }
graph::Node microsoft(const std::string& op, Attributes attributes = {}, std::size_t outputs = 1) {
    return node(op, 1, std::move(attributes), outputs, "com.microsoft");
}

TEST(MatMulInteger, TakesOneZeroPointForEachRowAndForEachColumn) {
    const Tensor a = bytes({2, 2}, {3, 5, 7, 9}), b = signedBytes({2, 2}, {1, -2, 3, 4});
    // Rows less 1 and 7: {2, 4}, {0, 2}. Columns less 1 and −2: {0, 0}, {2, 6}.
    EXPECT_THAT(toInt64s(first(node("MatMulInteger", 10), {a, b, bytes({2}, {1, 7}), signedBytes({2}, {1, -2})})),
                ElementsAre(8, 24, 4, 12));
    EXPECT_THAT(toInt64s(first(node("MatMulInteger", 10), {a, b, bytes({2, 1}, {1, 7}), signedBytes({1, 2}, {1, -2})})),
                ElementsAre(8, 24, 4, 12));
    EXPECT_EQ(refusal(node("MatMulInteger", 10), {a, b, bytes({3}, {1, 7, 2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("MatMulInteger", 10), {a, b, signedBytes({}, {1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("MatMulInteger", 10), {floats({1, 1}, {1}), b}), ErrorCode::Refused);
}

TEST(QLinearMatMul, RoundsHalvesToEvenAndSaturates) {
    const auto product = [](std::vector<std::uint8_t> row) {
        return toInt64s(first(node("QLinearMatMul", 21), {bytes({1, 2}, std::move(row)), scale(0.5F), bytes({}, {0}), bytes({2, 1}, {1, 1}),
                                                          scale(1), bytes({}, {0}), scale(1), bytes({}, {250})}));
    };
    EXPECT_THAT(product({2, 3}), ElementsAre(252));  // 2.5 → 2
    EXPECT_THAT(product({3, 4}), ElementsAre(254));  // 3.5 → 4
    EXPECT_THAT(product({9, 9}), ElementsAre(255));
    EXPECT_EQ(refusal(node("QLinearMatMul", 21), {bytes({1, 1}, {1}), scale(1), bytes({}, {0}), bytes({1, 1}, {1}), scale(1),
                                                  bytes({}, {0}), floats({2}, {1, 2}), bytes({}, {0})}),
              ErrorCode::Refused);
}

TEST(ConvInteger, PadsWithTheValueZero) {
    // x − 10 = {−2, 5}; w − {1, 2} = {2}, {1}.
    const Tensor y = first(node("ConvInteger", 10, {{"pads", Ints{1, 1}}}),
                           {bytes({1, 1, 2}, {8, 15}), bytes({2, 1, 1}, {3, 3}), bytes({}, {10}), bytes({2}, {1, 2})});
    EXPECT_THAT(toInt64s(y), ElementsAre(0, -4, 10, 0, 0, -2, 5, 0));
    EXPECT_EQ(refusal(node("ConvInteger", 10), {bytes({1, 1, 2}, {8, 15}), bytes({2, 1, 1}, {3, 3}), bytes({2}, {1, 2})}),
              ErrorCode::Refused);
}

TEST(QLinearConv, TakesChannelsLast) {
    // [1, 2 positions, 2 channels]: the second channel is read by the only filter.
    const std::vector<Tensor> inputs{bytes({1, 2, 2}, {1, 20, 3, 40}),
                                     scale(1),
                                     bytes({}, {0}),
                                     signedBytes({1, 2, 1}, {0, 1}),
                                     scale(1),
                                     signedBytes({}, {0}),
                                     scale(2),
                                     bytes({}, {1})};
    const Tensor y = first(microsoft("QLinearConv", {{"channels_last", std::int64_t{1}}}), inputs);
    EXPECT_EQ(y.shape(), (Shape{1, 2, 1}));
    EXPECT_THAT(toInt64s(y), ElementsAre(11, 21));
}

TEST(QLinear, AddsMultipliesJoinsAndChooses) {
    const Tensor a = bytes({2}, {12, 14}), b = bytes({2}, {3, 250}), none;
    EXPECT_THAT(toInt64s(first(microsoft("QLinearAdd"), {a, scale(0.5F), bytes({}, {10}), b, scale(1), none, scale(1), bytes({}, {5})})),
                ElementsAre(9, 255));
    EXPECT_THAT(toInt64s(first(microsoft("QLinearMul"), {a, scale(0.5F), bytes({}, {10}), b, scale(1), none, scale(1)})),
                ElementsAre(3, 255));
    EXPECT_THAT(toInt64s(first(microsoft("QLinearConcat", {{"axis", std::int64_t{0}}}),
                               {scale(0.5F), bytes({}, {1}), a, scale(0.5F), bytes({}, {10}), b, scale(1), bytes({}, {0})})),
                ElementsAre(3, 5, 7, 255));
    const Tensor condition = Tensor::fromValues<std::uint8_t>(DataType::Bool, Shape{2}, {1, 0});
    EXPECT_THAT(toInt64s(first(microsoft("QLinearWhere"),
                               {condition, a, scale(0.5F), bytes({}, {10}), b, scale(1), bytes({}, {240}), scale(1), bytes({}, {7})})),
                ElementsAre(8, 17));
    EXPECT_EQ(refusal(microsoft("QLinearAdd"), {a, scale(0.5F), bytes({}, {10}), signedBytes({2}, {1, 2}), scale(1), none, scale(1)}),
              ErrorCode::Refused);
    EXPECT_EQ(refusal(microsoft("QLinearAdd"), {a, scale(0.5F), bytes({}, {10}), b, scale(1)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(microsoft("QLinearConcat", {{"axis", std::int64_t{0}}}), {scale(1), bytes({}, {1}), a, scale(1)}),
              ErrorCode::Refused);
}

TEST(QLinear, SoftmaxReadsItsAxisAsItsOpsetSays) {
    const auto answer = [](std::int64_t opset) {
        return toInt64s(first(microsoft("QLinearSoftmax", {{"opset", opset}, {"axis", std::int64_t{0}}}),
                              {bytes({2, 2}, {7, 7, 7, 7}), scale(1), bytes({}, {0}), scale(1.0F / 256), bytes({}, {0})}));
    };
    EXPECT_THAT(answer(13), ElementsAre(128, 128, 128, 128));
    EXPECT_THAT(answer(11), ElementsAre(64, 64, 64, 64));
    EXPECT_EQ(refusal(microsoft("QLinearSoftmax"), {bytes({1}, {7}), scale(1), bytes({}, {0}), scale(1), bytes({}, {0})}),
              ErrorCode::Refused);
}

TEST(MatMulNBits, ReadsTwoBitsAndGroupIndices) {
    // One row of 16 codes: 0, 1, 2, 3, 0, … in the low bits first; absent zero points are 2.
    const Tensor codes = bytes({1, 1, 4}, {0xE4, 0xE4, 0xE4, 0xE4});
    const Attributes attributes{
        {"K", std::int64_t{4}}, {"N", std::int64_t{1}}, {"bits", std::int64_t{2}}, {"block_size", std::int64_t{16}}};
    EXPECT_THAT(toFloats(first(microsoft("MatMulNBits", attributes), {floats({1, 4}, {1, 10, 100, 1000}), codes, floats({1}, {3})})),
                ElementsAre(3 * (-2 - 10 + 1000)));
    // Two blocks of 16, whose scales are 1 and 5; the second value is told to be of the second block.
    Attributes two = attributes;
    two["K"] = std::int64_t{17};
    const Tensor wide = bytes({1, 2, 4}, std::vector<std::uint8_t>(8, 0xFF));
    std::vector<float> x(17, 0);
    x[1] = 1;
    std::vector<std::int32_t> groups(17, 0);
    groups[1] = 1;
    const auto index = [&] { return Tensor::fromValues(DataType::Int32, Shape{17}, groups); };
    EXPECT_THAT(toFloats(first(microsoft("MatMulNBits", two), {floats({1, 17}, x), wide, floats({1, 2}, {1, 5}), Tensor(), index()})),
                ElementsAre(5));
    // Packed zero points, 0 and 1: the second block's is read too.
    EXPECT_THAT(
        toFloats(first(microsoft("MatMulNBits", two), {floats({1, 17}, x), wide, floats({1, 2}, {1, 5}), bytes({1, 1}, {0x4}), index()})),
        ElementsAre(10));
    groups[3] = 2;
    EXPECT_EQ(refusal(microsoft("MatMulNBits", two), {floats({1, 17}, x), wide, floats({1, 2}, {1, 5}), Tensor(), index()}),
              ErrorCode::Refused);
    Attributes three = attributes;
    three["bits"] = std::int64_t{3};
    EXPECT_EQ(refusal(microsoft("MatMulNBits", three), {floats({1, 4}, {1, 1, 1, 1}), codes, floats({1}, {3})}), ErrorCode::Unsupported);
}

TEST(MatMulNBits, KeepsSixteenBitTypes) {
    const Attributes attributes{
        {"K", std::int64_t{2}}, {"N", std::int64_t{1}}, {"bits", std::int64_t{8}}, {"block_size", std::int64_t{16}}};
    std::vector<std::uint8_t> codes(16, 0);
    codes[0] = 130;
    codes[1] = 129;
    const auto half = [](const Tensor& t) { return *tensor::convert(t, DataType::Float16); };
    const Tensor y =
        first(microsoft("MatMulNBits", attributes), {half(floats({1, 2}, {3, 4})), bytes({1, 1, 16}, codes), half(floats({1}, {0.5F}))});
    EXPECT_EQ(y.type(), DataType::Float16);
    EXPECT_THAT(toFloats(y), ElementsAre(5));
}

TEST(GatherBlockQuantized, ReadsPackedRowsAndGivesZerosOutside) {
    const Attributes attributes{{"bits", std::int64_t{4}}, {"block_size", std::int64_t{16}}};
    const Tensor table = bytes({2, 1}, {0x98, 0xF0}), scales = floats({2, 1}, {1, 2});
    EXPECT_THAT(toFloats(first(microsoft("GatherBlockQuantized", attributes), {table, ints({1, -2, 2}), scales})),
                ElementsAre(-16, 14, 0, 1, 0, 0));
    EXPECT_THAT(toFloats(first(microsoft("GatherBlockQuantized", attributes), {table, ints({0}), scales, bytes({2, 1}, {3, 0})})),
                ElementsAre(5, 6));
    Attributes wrong = attributes;
    wrong["block_size"] = std::int64_t{8};
    EXPECT_EQ(refusal(microsoft("GatherBlockQuantized", wrong), {table, ints({0}), scales}), ErrorCode::Refused);
    wrong = attributes;
    wrong["quantize_axis"] = std::int64_t{0};
    EXPECT_EQ(refusal(microsoft("GatherBlockQuantized", wrong), {table, ints({0}), scales}), ErrorCode::Refused);
    EXPECT_EQ(refusal(microsoft("GatherBlockQuantized", attributes), {table, ints({0}), floats({2}, {1, 2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(microsoft("GatherBlockQuantized", attributes), {floats({2, 1}, {1, 2}), ints({0}), scales}), ErrorCode::Unsupported);
}

TEST(QGemm, AnswersInFloatsUnlessTheResultHasAZeroPoint) {
    const Tensor c = Tensor::fromValues<std::int32_t>(DataType::Int32, Shape{1}, {4});
    std::vector<Tensor> inputs{
        bytes({1, 1}, {5}), scale(0.5F), bytes({}, {1}), bytes({1, 2}, {3, 4}), floats({2}, {1, 0.25F}), bytes({2}, {0, 1}), c};
    const Attributes attributes{{"alpha", 2.0F}};
    EXPECT_THAT(toFloats(first(microsoft("QGemm", attributes), inputs)), ElementsAre(16, 4));  // 2 · 0.5 · {1, 0.25} · ({12, 12} + 4)
    inputs.push_back(scale(2));
    inputs.push_back(bytes({}, {100}));
    EXPECT_THAT(toInt64s(first(microsoft("QGemm", attributes), inputs)), ElementsAre(108, 102));
}

TEST(MatMulIntegerToFloat, TakesEveryMixOfSignsAndScalesOfTheColumnsOfA) {
    const Tensor a = signedBytes({1, 2}, {-3, 4}), b = bytes({2, 1}, {5, 200});
    EXPECT_THAT(toFloats(first(microsoft("MatMulIntegerToFloat"), {a, b, scale(0.5F), scale(2)})), ElementsAre(785));
    EXPECT_THAT(toFloats(first(microsoft("MatMulIntegerToFloat"), {a, b, floats({2}, {1, 0.5F}), scale(2)})), ElementsAre(770));
    EXPECT_EQ(refusal(microsoft("MatMulIntegerToFloat"), {a, b, floats({3}, {1, 2, 3}), scale(2)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(microsoft("MatMulIntegerToFloat"), {a, b, scale(1), scale(2), Tensor(), Tensor(), floats({2}, {1, 2})}),
              ErrorCode::Refused);
}

TEST(OlderNames, AreWhatStandardOperatorsSay) {
    EXPECT_THAT(toFloats(first(microsoft("FusedGemm", {{"activation", std::string("LeakyRelu")}, {"activation_alpha", 0.5F}}),
                               {floats({1, 1}, {2}), floats({1, 2}, {-3, 3})})),
                ElementsAre(-3, 6));
    EXPECT_EQ(refusal(microsoft("FusedGemm", {{"activation", std::string("Loop")}}), {floats({1, 1}, {2}), floats({1, 1}, {1})}),
              ErrorCode::Unsupported);
    EXPECT_THAT(toFloats(first(microsoft("TransposeMatMul", {{"transA", std::int64_t{1}}, {"alpha", 2.0F}}),
                               {floats({2, 1}, {1, 2}), floats({2, 1}, {3, 4})})),
                ElementsAre(22));
    EXPECT_THAT(toInt64s(first(microsoft("Range"), {ints({2}), ints({5})})), ElementsAre(2, 3, 4));
    EXPECT_EQ(first(microsoft("ExpandDims"), {ramp({2, 3}), Tensor::fromValues<std::int32_t>(DataType::Int32, Shape{}, {-1})}).shape(),
              (Shape{2, 3, 1}));
    EXPECT_THAT(toFloats(first(microsoft("CDist"), {floats({1, 2}, {0, 0}), floats({1, 2}, {3, 4})})), ElementsAre(25));
    EXPECT_THAT(toFloats(first(microsoft("Inverse"), {floats({2, 2}, {0, 2, 4, 0})})), ElementsAre(0, 0.25F, 0.5F, 0));
    EXPECT_EQ(refusal(microsoft("Inverse"), {floats({2, 2}, {1, 2, 2, 4})}), ErrorCode::Refused);
    const auto unique = call(microsoft("Unique", {}, 3), {floats({4}, {2, 1, 2, -0.0F})});
    ASSERT_TRUE(unique);
    EXPECT_THAT(toInt64s((*unique)[1]), ElementsAre(0, 1, 0, 2));
    EXPECT_THAT(toInt64s((*unique)[2]), ElementsAre(2, 1, 1));
}

TEST(QAttention, IsRefusedByName) {
    const auto result = call(microsoft("QAttention"), {bytes({1, 1, 1}, {1})});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(result.error().message, HasSubstr("com.microsoft.QAttention"));
}

}  // namespace
}  // namespace trimtab::ref::testing
