#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/memory_budget.h"
#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using ::testing::ElementsAre;
using tensor::toFloats;
using tensor::toInt64s;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(Slice, ClampsStepsBackwardsAndAgreesWithPlainIndexing) {
    const Tensor x = ramp({6});
    const auto slice = [&](std::int64_t start, std::int64_t end, std::int64_t step) {
        return toFloats(first(node("Slice", 13), {x, ints({start}), ints({end}), ints({0}), ints({step})}));
    };
    EXPECT_THAT(slice(1, 5, 2), ElementsAre(1, 3));
    EXPECT_THAT(slice(-2, kMax, 1), ElementsAre(4, 5));
    EXPECT_THAT(slice(kMax, kMin, -2), ElementsAre(5, 3, 1));
    EXPECT_THAT(slice(4, -7, -3), ElementsAre(4, 1));
    EXPECT_THAT(slice(0, kMax, kMax), ElementsAre(0));
    EXPECT_THAT(slice(5, kMin, kMin), ElementsAre(5));
    EXPECT_TRUE(slice(4, 2, 1).empty());
    EXPECT_TRUE(slice(100, 200, 1).empty());
    EXPECT_EQ(refusal(node("Slice", 13), {x, ints({0}), ints({1}), ints({0}), ints({0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Slice", 13), {x, ints({0}), ints({1}), ints({1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Slice", 13), {x, ints({0, 0}), ints({1, 1}), ints({0, 0})}), ErrorCode::Refused);
    EXPECT_TRUE(toFloats(first(node("Slice", 13), {ramp({0}), ints({0}), ints({5}), ints({0}), ints({-1})})).empty());
}

TEST(Reshape, KeepsAndInfersExtents) {
    EXPECT_EQ(first(node("Reshape", 13), {ramp({2, 3, 4}), ints({0, -1})}).shape(), (Shape{2, 12}));
    EXPECT_EQ(first(node("Reshape", 14, {{"allowzero", std::int64_t{1}}}), {ramp({0, 3}), ints({3, 0})}).shape(), (Shape{3, 0}));
    for (const Ints& shape : {Ints{-1, -1}, Ints{5, -1}, Ints{-2, 3}, Ints{kMax, kMax}, Ints{2, 3, 4, 0}, Ints{7}})
        EXPECT_EQ(refusal(node("Reshape", 13), {ramp({2, 3, 4}), ints(shape)}), ErrorCode::Refused) << Shape(shape).text();
}

TEST(Transpose, MovesEveryElementToItsPlace) {
    const Tensor x = ramp({2, 3, 4}), y = first(node("Transpose", 13, {{"perm", Ints{2, 0, 1}}}), {x});
    ASSERT_EQ(y.shape(), (Shape{4, 2, 3}));
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(y.data<float>()[(k * 2 + i) * 3 + j], x.data<float>()[(i * 3 + j) * 4 + k]);
    EXPECT_EQ(refusal(node("Transpose", 13, {{"perm", Ints{0, 0, 1}}}), {x}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Transpose", 13, {{"perm", Ints{0, 1, 3}}}), {x}), ErrorCode::Refused);
}

TEST(Gather, CountsFromTheBackAndNeverReadsOutside) {
    const Tensor x = ramp({3, 2});
    EXPECT_THAT(toFloats(first(node("Gather", 13), {x, ints({-1, 0})})), ElementsAre(4, 5, 0, 1));
    for (const std::int64_t index : {std::int64_t{3}, std::int64_t{-4}, kMax, kMin}) {
        EXPECT_EQ(refusal(node("Gather", 13), {x, ints({index})}), ErrorCode::Refused);
        EXPECT_EQ(refusal(node("GatherElements", 13), {x, Tensor::fromInt64s({1, 1}, {index})}), ErrorCode::Refused);
        EXPECT_EQ(refusal(node("GatherND", 13), {x, Tensor::fromInt64s({1, 1}, {index})}), ErrorCode::Refused);
        EXPECT_EQ(refusal(node("ScatterND", 16), {x, Tensor::fromInt64s({1, 1}, {index}), ramp({1, 2})}), ErrorCode::Refused);
        EXPECT_EQ(refusal(node("ScatterElements", 16), {x, Tensor::fromInt64s({1, 1}, {index}), ramp({1, 1})}), ErrorCode::Refused);
    }
    EXPECT_EQ(refusal(node("GatherElements", 13), {x, Tensor::fromInt64s({1, 3}, {0, 0, 0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("GatherND", 13, {{"batch_dims", std::int64_t{2}}}), {x, Tensor::fromInt64s({1, 1}, {0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Gather", 13), {floats({0, 2}, {}), ints({0})}), ErrorCode::Refused);
}

TEST(Scatter, AddsUpRepeatedIndices) {
    const Tensor indices = Tensor::fromInt64s({3, 1}, {1, 1, 0});
    EXPECT_THAT(
        toFloats(first(node("ScatterND", 16, {{"reduction", std::string("add")}}), {ramp({2}), indices, floats({3}, {10, 20, 30})})),
        ElementsAre(30, 31));
}

TEST(Pad, MirrorsRepeatsAndCuts) {
    const Tensor x = floats({3}, {1, 2, 3});
    const auto pad = [&](const char* mode, Ints pads) {
        return toFloats(first(node("Pad", 19, {{"mode", std::string(mode)}}), {x, ints(std::move(pads))}));
    };
    EXPECT_THAT(pad("reflect", {2, 1}), ElementsAre(3, 2, 1, 2, 3, 2));
    EXPECT_THAT(pad("edge", {1, 2}), ElementsAre(1, 1, 2, 3, 3, 3));
    EXPECT_THAT(pad("wrap", {1, 1}), ElementsAre(3, 1, 2, 3, 1));
    EXPECT_THAT(pad("constant", {-1, 1}), ElementsAre(2, 3, 0));
    EXPECT_THAT(toFloats(first(node("Pad", 2, {{"pads", Ints{1, 0}}, {"value", 7.0F}}), {x})), ElementsAre(7, 1, 2, 3));
    EXPECT_EQ(refusal(node("Pad", 19), {x, ints({-2, -2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Pad", 19), {x, ints({1})}), ErrorCode::Refused);
}

TEST(Hostile, TerabytesAreRefusedBeforeAnythingIsAllocated) {
    auto& budget = base::MemoryBudget::process();
    const std::int64_t before = budget.limit();
    budget.setLimit(std::int64_t{1} << 30);
    const std::int64_t tera = std::int64_t{1} << 42;
    const std::int64_t peak = budget.peak();
    const auto isRefused = [](ErrorCode code) { return code == ErrorCode::Refused || code == ErrorCode::OutOfMemory; };
    EXPECT_TRUE(isRefused(refusal(node("ConstantOfShape", 9), {ints({tera, 4})})));
    EXPECT_TRUE(isRefused(refusal(node("ConstantOfShape", 9), {ints({kMax, kMax})})));
    EXPECT_TRUE(isRefused(refusal(node("ConstantOfShape", 9), {ints({-1})})));
    EXPECT_TRUE(isRefused(refusal(node("Expand", 13), {ramp({1}), ints({tera})})));
    EXPECT_TRUE(isRefused(refusal(node("Tile", 13), {ramp({2}), ints({tera})})));
    EXPECT_TRUE(isRefused(refusal(node("Tile", 13), {ramp({2}), ints({kMax})})));
    EXPECT_TRUE(isRefused(refusal(node("Pad", 13), {ramp({2}), ints({tera, tera})})));
    EXPECT_TRUE(isRefused(refusal(node("Pad", 13), {ramp({2}), ints({kMax, kMax})})));
    EXPECT_TRUE(
        isRefused(refusal(node("Range", 11), {Tensor::fromInt64s({}, {0}), Tensor::fromInt64s({}, {kMax}), Tensor::fromInt64s({}, {1})})));
    EXPECT_TRUE(isRefused(refusal(node("Range", 11), {Tensor::scalar(0), Tensor::scalar(1e30F), Tensor::scalar(1e-30F)})));
    EXPECT_TRUE(isRefused(refusal(node("OneHot", 11), {ints({0}), ints({tera}), floats({2}, {0, 1})})));
    EXPECT_TRUE(isRefused(refusal(node("Resize", 13), {ramp({1, 1, 2, 2}), Tensor(), floats({4}, {1, 1, 1e9F, 1e9F})})));
    EXPECT_TRUE(isRefused(refusal(node("Resize", 13), {ramp({1, 1, 2, 2}), Tensor(), Tensor(), ints({1, 1, tera, tera})})));
    EXPECT_TRUE(
        isRefused(refusal(node("Upsample", 9), {ramp({1, 1, 2, 2}), floats({4}, {1, 1, std::numeric_limits<float>::infinity(), 1})})));
    EXPECT_TRUE(isRefused(refusal(node("RandomNormal", 1, {{"shape", Ints{tera}}}), {})));
    EXPECT_TRUE(isRefused(
        refusal(node("ConvTranspose", 11, {{"strides", Ints{std::int64_t{1} << 31}}, {"output_padding", Ints{std::int64_t{1} << 31}}}),
                {ramp({1, 1, 3}), ramp({1, 1, 1})})));
    EXPECT_TRUE(
        isRefused(refusal(node("MaxPool", 12, {{"kernel_shape", Ints{1}}, {"pads", Ints{std::int64_t{1} << 31, std::int64_t{1} << 31}}}),
                          {ramp({1, 1, 1})})));
    EXPECT_LT(budget.peak() - peak, std::int64_t{1} << 20);
    budget.setLimit(before);
}

TEST(Hostile, EmptyTensorsWithHugeExtentsDoNotLoopForever) {
    const Tensor empty = *Tensor::allocate(DataType::Float32, Shape{std::int64_t{1} << 40, 0});
    EXPECT_EQ(refusal(node("Relu", 13), {empty}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Transpose", 13), {empty}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("ReduceSum", 13), {empty, ints({1})}), ErrorCode::Refused);
}

TEST(Range, CountsExactlyAmongLargeIntegers) {
    const auto range = [](std::int64_t from, std::int64_t limit, std::int64_t delta) {
        return toInt64s(
            first(node("Range", 11), {Tensor::fromInt64s({}, {from}), Tensor::fromInt64s({}, {limit}), Tensor::fromInt64s({}, {delta})}));
    };
    const std::int64_t large = std::int64_t{1} << 60;
    EXPECT_THAT(range(large, large + 3, 2), ElementsAre(large, large + 2));
    EXPECT_THAT(range(5, 0, -2), ElementsAre(5, 3, 1));
    EXPECT_THAT(range(kMax - 1, kMin, kMin), ElementsAre(kMax - 1, -2));
    EXPECT_TRUE(range(0, 5, -1).empty());
    EXPECT_EQ(refusal(node("Range", 11), {Tensor::fromInt64s({}, {0}), Tensor::fromInt64s({}, {1}), Tensor::fromInt64s({}, {0})}),
              ErrorCode::Refused);
}

TEST(Split, CutsUnevenlyAndChecksItsParts) {
    const auto parts = call(node("Split", 13, {}, 3), {ramp({7}), ints({1, 4, 2})});
    ASSERT_TRUE(parts);
    EXPECT_THAT(toFloats((*parts)[1]), ElementsAre(1, 2, 3, 4));
    EXPECT_EQ(refusal(node("Split", 13, {}, 2), {ramp({7}), ints({1, 4})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Split", 13, {}, 2), {ramp({7}), ints({-1, 8})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Split", 13, {}, 3), {ramp({7}), ints({3, 4})}), ErrorCode::Refused);
}

TEST(Trilu, KeepsTheBandThatItsDiagonalNames) {
    const Tensor x = ramp({3, 3}, 1);
    const Attributes lower{{"upper", std::int64_t{0}}};
    EXPECT_THAT(toFloats(first(node("Trilu", 14), {x, Tensor::fromInt64s({}, {1})})), ElementsAre(0, 2, 3, 0, 0, 6, 0, 0, 0));
    EXPECT_THAT(toFloats(first(node("Trilu", 14, lower), {x, Tensor::fromInt64s({}, {-1})})), ElementsAre(0, 0, 0, 4, 0, 0, 7, 8, 0));
    EXPECT_THAT(toFloats(first(node("Trilu", 14, lower), {x, Tensor::fromInt64s({}, {kMax})})), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
    EXPECT_THAT(toFloats(first(node("Trilu", 14), {x, Tensor::fromInt64s({}, {kMin})})), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST(Softmax, NormalisesTheFlattenedRestBeforeOpset13) {
    const Tensor x = floats({1, 2, 2}, {0, 0, 0, 0});
    EXPECT_THAT(toFloats(first(node("Softmax", 11), {x})), ElementsAre(0.25F, 0.25F, 0.25F, 0.25F));
    EXPECT_THAT(toFloats(first(node("Softmax", 13), {x})), ElementsAre(0.5F, 0.5F, 0.5F, 0.5F));
}

TEST(Reduce, TakesAxesAsAttributeOrInputAndKeepsNoopApart) {
    const Tensor x = ramp({2, 3});
    EXPECT_THAT(toFloats(first(node("ReduceSum", 11, {{"axes", Ints{0}}, {"keepdims", std::int64_t{0}}}), {x})), ElementsAre(3, 5, 7));
    EXPECT_THAT(toFloats(first(node("ReduceSum", 13), {x, ints({-1})})), ElementsAre(3, 12));
    EXPECT_THAT(toFloats(first(node("ReduceSum", 13), {x})), ElementsAre(15));
    EXPECT_EQ(first(node("ReduceSum", 13, {{"noop_with_empty_axes", std::int64_t{1}}}), {x}).shape(), (Shape{2, 3}));
    EXPECT_THAT(toFloats(first(node("ReduceLogSumExp", 13), {floats({2}, {1000, 1000})})), ElementsAre(1000 + std::log(2.0F)));
    EXPECT_EQ(refusal(node("ReduceSum", 13), {x, ints({2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("ReduceSum", 13), {x, ints({0, -2})}), ErrorCode::Refused);
}

TEST(TopK, KeepsTheOrderOfEqualValues) {
    const auto results = call(node("TopK", 11, {}, 2), {floats({5}, {1, 3, 3, 2, 3}), ints({3})});
    ASSERT_TRUE(results);
    EXPECT_THAT(toInt64s((*results)[1]), ElementsAre(1, 2, 4));
    EXPECT_EQ(refusal(node("TopK", 11, {}, 2), {ramp({2}), ints({3})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("TopK", 11, {}, 2), {ramp({2}), ints({-1})}), ErrorCode::Refused);
}

TEST(Einsum, ReadsDiagonalsEllipsesAndRefusesEndlessSums) {
    const auto einsum = [](const char* equation) { return node("Einsum", 12, {{"equation", std::string(equation)}}); };
    EXPECT_THAT(toFloats(first(einsum("ii->i"), {ramp({3, 3})})), ElementsAre(0, 4, 8));
    EXPECT_THAT(toFloats(first(einsum("ij,jk"), {floats({1, 2}, {1, 2}), floats({2, 2}, {1, 2, 3, 4})})), ElementsAre(7, 10));
    EXPECT_EQ(first(einsum("...ij,...jk->...ik"), {ramp({5, 1, 2, 3}), ramp({4, 3, 2})}).shape(), (Shape{5, 4, 2, 2}));
    EXPECT_THAT(toFloats(first(einsum("b...->..."), {ramp({2, 2})})), ElementsAre(2, 4));
    EXPECT_EQ(refusal(einsum("a,b,c,d->"), {ramp({4096}), ramp({4096}), ramp({4096}), ramp({4096})}), ErrorCode::Refused);
    for (const char* broken : {"i", "i,j", "ij->k", "ij->ii", "i$->i", "", "......->", "i..->i"})
        EXPECT_EQ(refusal(einsum(broken), {ramp({2, 2})}), ErrorCode::Refused) << broken;
}

}  // namespace
}  // namespace trimtab::ref::testing
