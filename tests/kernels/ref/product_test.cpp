#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/tensor/convert.h"
#include "kernels/ref/treated.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using ::testing::ElementsAre;
using tensor::toFloats;

TEST(Conv, EqualsTheDefinitionWithGroupsStridesDilationsAndUnevenPads) {
    const std::int64_t group = 2, c = 4, o = 6, h = 7, w = 6, kh = 3, kw = 2, sh = 2, sw = 1, dh = 1, dw = 2, top = 1, left = 2, bottom = 0,
                       right = 1;
    const Tensor x = noise({2, c, h, w}, 1), weight = noise({o, c / group, kh, kw}, 2), bias = noise({o}, 3);
    const Tensor y =
        first(node("Conv", 11,
                   {{"group", group}, {"strides", Ints{sh, sw}}, {"dilations", Ints{dh, dw}}, {"pads", Ints{top, left, bottom, right}}}),
              {x, weight, bias});
    const std::int64_t oh = (h + top + bottom - (kh - 1) * dh - 1) / sh + 1, ow = (w + left + right - (kw - 1) * dw - 1) / sw + 1;
    ASSERT_EQ(y.shape(), (Shape{2, o, oh, ow}));
    const auto at = [](const Tensor& t, std::int64_t i, std::int64_t j, std::int64_t k, std::int64_t l) {
        const Shape& s = t.shape();
        return static_cast<double>(t.data<float>()[static_cast<std::size_t>(((i * s[1] + j) * s[2] + k) * s[3] + l)]);
    };
    for (std::int64_t n = 0; n < 2; ++n)
        for (std::int64_t f = 0; f < o; ++f)
            for (std::int64_t r = 0; r < oh; ++r)
                for (std::int64_t q = 0; q < ow; ++q) {
                    double sum = bias.data<float>()[static_cast<std::size_t>(f)];
                    for (std::int64_t i = 0; i < c / group; ++i)
                        for (std::int64_t a = 0; a < kh; ++a)
                            for (std::int64_t b = 0; b < kw; ++b) {
                                const std::int64_t row = r * sh + a * dh - top, column = q * sw + b * dw - left;
                                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                                sum += at(x, n, f / (o / group) * (c / group) + i, row, column) * at(weight, f, i, a, b);
                            }
                    EXPECT_NEAR(at(y, n, f, r, q), sum, 1e-5);
                }
}

TEST(Conv, PutsTheOddPaddingWhereAutoPadSays) {
    const Tensor x = floats({1, 1, 4}, {1, 2, 3, 4}), w = floats({1, 1, 2}, {1, 10});
    EXPECT_THAT(toFloats(first(node("Conv", 11, {{"auto_pad", std::string("SAME_UPPER")}}), {x, w})), ElementsAre(21, 32, 43, 4));
    EXPECT_THAT(toFloats(first(node("Conv", 11, {{"auto_pad", std::string("SAME_LOWER")}}), {x, w})), ElementsAre(10, 21, 32, 43));
    EXPECT_THAT(toFloats(first(node("Conv", 11, {{"auto_pad", std::string("VALID")}}), {x, w})), ElementsAre(21, 32, 43));
}

TEST(Conv, RefusesAttributesThatMakeNoSense) {
    const Tensor x = ramp({1, 2, 4, 4}), w = ramp({2, 2, 3, 3});
    const auto refused = [&](Attributes attributes) {
        return refusal(node("Conv", 11, std::move(attributes)), {x, w}) == ErrorCode::Refused;
    };
    EXPECT_TRUE(refused({{"group", std::int64_t{0}}}));
    EXPECT_TRUE(refused({{"group", std::int64_t{-2}}}));
    EXPECT_TRUE(refused({{"group", std::int64_t{3}}}));
    EXPECT_TRUE(refused({{"strides", Ints{0, 1}}}));
    EXPECT_TRUE(refused({{"strides", Ints{1}}}));
    EXPECT_TRUE(refused({{"dilations", Ints{-1, 1}}}));
    EXPECT_TRUE(refused({{"dilations", Ints{std::int64_t{1} << 62, 1}}}));
    EXPECT_TRUE(refused({{"dilations", Ints{4, 4}}}));
    EXPECT_TRUE(refused({{"pads", Ints{-1, 0, 0, 0}}}));
    EXPECT_TRUE(refused({{"pads", Ints{1, 1}}}));
    EXPECT_TRUE(refused({{"kernel_shape", Ints{5, 5}}}));
    EXPECT_TRUE(refused({{"auto_pad", std::string("SIDEWAYS")}}));
    EXPECT_EQ(refusal(node("Conv", 11), {x, ramp({2, 2, 3})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Conv", 11), {x, w, ramp({3})}), ErrorCode::Refused);
}

TEST(ConvTranspose, IsTheAdjointOfConv) {
    // <conv(x), y> = <x, convTranspose(y)> for the same weight.
    const Attributes attributes{{"strides", Ints{2, 1}}, {"pads", Ints{1, 0, 0, 1}}, {"group", std::int64_t{2}}};
    const Tensor x = noise({1, 4, 6, 5}, 4), w = noise({6, 2, 3, 2}, 5);
    const Tensor forward = first(node("Conv", 11, attributes), {x, w});
    const Tensor y = noise(forward.shape(), 6);
    const Tensor back = first(node("ConvTranspose", 11, attributes), {y, w});
    ASSERT_EQ(back.shape(), x.shape());
    double left = 0, right = 0;
    for (std::size_t i = 0; i < y.data<float>().size(); ++i) left += double{forward.data<float>()[i]} * double{y.data<float>()[i]};
    for (std::size_t i = 0; i < x.data<float>().size(); ++i) right += double{x.data<float>()[i]} * double{back.data<float>()[i]};
    EXPECT_NEAR(left, right, 1e-4);
}

TEST(MatMul, BroadcastsBatchesAndTakesVectors) {
    const Tensor a = noise({2, 1, 3, 4}, 1), b = noise({5, 4, 2}, 2);
    const Tensor y = first(node("MatMul", 13), {a, b});
    ASSERT_EQ(y.shape(), (Shape{2, 5, 3, 2}));
    for (std::size_t p = 0; p < 2; ++p)
        for (std::size_t q = 0; q < 5; ++q)
            for (std::size_t i = 0; i < 3; ++i)
                for (std::size_t j = 0; j < 2; ++j) {
                    double sum = 0;
                    for (std::size_t k = 0; k < 4; ++k)
                        sum += double{a.data<float>()[(p * 3 + i) * 4 + k]} * double{b.data<float>()[(q * 4 + k) * 2 + j]};
                    EXPECT_NEAR(y.data<float>()[((p * 5 + q) * 3 + i) * 2 + j], sum, 1e-6);
                }
    EXPECT_THAT(toFloats(first(node("MatMul", 13), {floats({2}, {1, 2}), floats({2}, {3, 4})})), ElementsAre(11));
    EXPECT_EQ(first(node("MatMul", 13), {ramp({2}), ramp({3, 2, 4})}).shape(), (Shape{3, 4}));
    EXPECT_EQ(first(node("MatMul", 13), {ramp({0, 3}), ramp({3, 2})}).shape(), (Shape{0, 2}));
    EXPECT_THAT(toFloats(first(node("MatMul", 13), {ramp({1, 0}), ramp({0, 2})})), ElementsAre(0, 0));
    EXPECT_EQ(refusal(node("MatMul", 13), {ramp({2, 3}), ramp({2, 3})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("MatMul", 13), {Tensor::scalar(1), ramp({2, 3})}), ErrorCode::Refused);
}

TEST(Gemm, ScalesTransposesAndBroadcastsC) {
    const Tensor a = floats({2, 1}, {1, 2}), b = floats({2, 2}, {1, 2, 3, 4});
    EXPECT_THAT(
        toFloats(first(node("Gemm", 13, {{"transA", std::int64_t{1}}, {"transB", std::int64_t{1}}, {"alpha", 2.0F}, {"beta", 0.5F}}),
                       {a, b, floats({1}, {10})})),
        ElementsAre(15, 27));
    EXPECT_EQ(refusal(node("Gemm", 13), {b, b, ramp({3})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Gemm", 13), {b, b, ramp({2, 2, 2})}), ErrorCode::Refused);
}

TEST(FusedMatMul, TakesWeightsAsRowsOfOutputsTreatedOrNot) {
    const Tensor a = floats({1, 3}, {1, 2, 3}), rows = floats({2, 3}, {1, 0, 0, 0, 1, 1});
    graph::Node fused = node("FusedMatMul", 1, {{"transB", std::int64_t{1}}}, 1, "trimtab");
    EXPECT_THAT(toFloats(first(fused, {a, rows, floats({2}, {10, 20})})), ElementsAre(11, 25));
    fused.treatment.compute = graph::ComputeType::BFloat16;
    const auto treated = evaluateTreated(fused, std::vector<RunValue>{a, rows}, nullptr);
    ASSERT_TRUE(treated);
    EXPECT_THAT(toFloats(std::get<Tensor>(treated->front())), ElementsAre(1, 5));
}

TEST(Pool, CountsPaddingOnlyWhereAsked) {
    const Tensor x = floats({1, 1, 3}, {3, 6, 9});
    const Attributes excluding{{"kernel_shape", Ints{3}}, {"pads", Ints{1, 1}}};
    Attributes including = excluding;
    including["count_include_pad"] = std::int64_t{1};
    EXPECT_THAT(toFloats(first(node("AveragePool", 11, excluding), {x})), ElementsAre(4.5F, 6, 7.5F));
    EXPECT_THAT(toFloats(first(node("AveragePool", 11, including), {x})), ElementsAre(3, 6, 5));
}

TEST(Pool, NeverCountsPaddingForAMaximumAndDoesNotLoopOverHugeWindows) {
    const Tensor x = floats({1, 1, 2}, {-3, -5});
    const std::int64_t huge = std::int64_t{1} << 30;
    EXPECT_THAT(
        toFloats(first(node("MaxPool", 12, {{"kernel_shape", Ints{huge}}, {"pads", Ints{huge, huge}}, {"strides", Ints{huge}}}), {x})),
        ElementsAre(-std::numeric_limits<float>::infinity(), -3));
    EXPECT_EQ(refusal(node("MaxPool", 12, {{"kernel_shape", Ints{3}}}), {x}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("MaxPool", 12, {{"kernel_shape", Ints{0}}}), {x}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("MaxPool", 12), {x}), ErrorCode::Refused);
}

TEST(MatMulNBits, ReadsNibblesLowFirstAndPackedZeroPoints) {
    // One row of 20 values in two blocks of 16: codes k mod 16; scales 2 and 3; zeros 1 and 2.
    std::vector<std::uint8_t> codes(16);
    for (std::size_t k = 0; k < 20; ++k) codes[k / 2] = static_cast<std::uint8_t>(codes[k / 2] | (k % 16) << (k % 2 * 4));
    const Tensor b = Tensor::fromValues(DataType::UInt8, Shape{1, 2, 8}, codes), scales = floats({2}, {2, 3});
    const Tensor zeros = Tensor::fromValues<std::uint8_t>(DataType::UInt8, Shape{1}, {0x21});
    const Attributes attributes{
        {"K", std::int64_t{20}}, {"N", std::int64_t{1}}, {"bits", std::int64_t{4}}, {"block_size", std::int64_t{16}}};
    const auto make = [&](Attributes a) { return node("MatMulNBits", 1, std::move(a), 1, "com.microsoft"); };
    const auto expected = [](double zeroA, double zeroB) {
        double sum = 0;
        for (int k = 0; k < 20; ++k) sum += (k + 1) * (k < 16 ? (k - zeroA) * 2 : (k - 16 - zeroB) * 3);
        return static_cast<float>(sum);
    };
    EXPECT_THAT(toFloats(first(make(attributes), {ramp({1, 20}, 1), b, scales, zeros})), ElementsAre(expected(1, 2)));
    EXPECT_THAT(toFloats(first(make(attributes), {ramp({1, 20}, 1), b, scales})), ElementsAre(expected(8, 8)));
    Attributes wrong = attributes;
    wrong["K"] = std::int64_t{1} << 50;
    EXPECT_EQ(refusal(make(wrong), {ramp({1, 20}), b, scales}), ErrorCode::Refused);
    wrong = attributes;
    wrong["block_size"] = std::int64_t{0};
    EXPECT_EQ(refusal(make(wrong), {ramp({1, 20}), b, scales}), ErrorCode::Refused);
    wrong = attributes;
    wrong["N"] = std::int64_t{2};
    EXPECT_EQ(refusal(make(wrong), {ramp({1, 20}), b, scales}), ErrorCode::Refused);
}

TEST(QuantizeLinear, SaturatesAndRoundsHalvesToEvenPerAxis) {
    const Tensor x = floats({2, 3}, {0.5F, 1.5F, 1000, 5, -5, 3});
    const Tensor zeros = Tensor::fromValues<std::int8_t>(DataType::Int8, Shape{2}, {0, 1});
    const Tensor q = first(node("QuantizeLinear", 13, {{"axis", std::int64_t{0}}}), {x, floats({2}, {1, 2}), zeros});
    EXPECT_THAT(tensor::toInt64s(q), ElementsAre(0, 2, 127, 3, -1, 3));
    EXPECT_THAT(toFloats(first(node("DequantizeLinear", 13, {{"axis", std::int64_t{0}}}), {q, floats({2}, {1, 2}), zeros})),
                ElementsAre(0, 2, 127, 4, -4, 4));
    EXPECT_EQ(refusal(node("QuantizeLinear", 13, {{"axis", std::int64_t{1}}}), {x, floats({2}, {1, 2}), zeros}), ErrorCode::Refused);
}

TEST(DynamicQuantizeLinear, KeepsZeroExactAndTakesConstantTensors) {
    const auto results = call(node("DynamicQuantizeLinear", 11, {}, 3), {floats({3}, {1, 2.1F, 4})});
    ASSERT_TRUE(results);
    EXPECT_FLOAT_EQ((*results)[1].data<float>()[0], 4.0F / 255);
    EXPECT_THAT(tensor::toInt64s((*results)[2]), ElementsAre(0));
    EXPECT_THAT(tensor::toInt64s((*results)[0]), ElementsAre(64, 134, 255));  // 63.75, 133.875 and 255
    const auto zeros = call(node("DynamicQuantizeLinear", 11, {}, 3), {floats({2}, {0, 0})});
    ASSERT_TRUE(zeros);
    EXPECT_THAT(tensor::toInt64s((*zeros)[0]), ElementsAre(0, 0));
}

}  // namespace
}  // namespace trimtab::ref::testing
