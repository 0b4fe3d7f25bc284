// Convolutions and pools against the formulas of the ONNX operator texts.
#include "core/base/random.h"
#include "tests/core/graph/shape_rules.h"

namespace trimtab::graph::testing {
namespace {

std::string inferConv(std::vector<Dim> x, std::vector<Dim> w, std::map<std::string, Attribute> attributes, const std::string& op = "Conv") {
    return inferBinary(op, std::move(x), std::move(w), std::move(attributes));
}

TEST(ConvShape, KeepsTheBatchSymbol) {
    EXPECT_EQ(inferConv(dims({"batch", 3, 224, 224}), dims({64, 3, 7, 7}), {{"strides", Ints{2, 2}}, {"pads", Ints{3, 3, 3, 3}}}),
              "float32[batch, 64, 112, 112]");
}

TEST(ConvShape, KeepsSpatialSymbolsWhereThePaddingMakesUpForTheKernel) {
    EXPECT_EQ(inferConv(dims({1, 3, "h", "w"}), dims({8, 3, 3, 3}), {{"pads", Ints{1, 1, 1, 1}}}), "float32[1, 8, h, w]");
    EXPECT_EQ(inferConv(dims({1, 3, "h", "w"}), dims({8, 3, 3, 3}), {}), "float32[1, 8, h - 2, w - 2]");
}

TEST(ConvShape, FollowsTheFormulaForEveryStridePadAndDilation) {
    base::Random random(3);
    for (int round = 0; round < 300; ++round) {
        const int in = 8 + static_cast<int>(random.below(12));
        const int kernel = 1 + static_cast<int>(random.below(3));
        const auto stride = static_cast<std::int64_t>(1 + random.below(3));
        const auto dilation = static_cast<std::int64_t>(1 + random.below(3));
        const auto begin = static_cast<std::int64_t>(random.below(3));
        const auto end = static_cast<std::int64_t>(random.below(3));
        // Count window positions instead of dividing.
        std::int64_t positions = 0;
        for (std::int64_t at = 0; at + dilation * (kernel - 1) < in + begin + end; at += stride) ++positions;
        EXPECT_EQ(
            inferConv(dims({2, 4, in}), dims({6, 2, kernel}),
                      {{"group", std::int64_t{2}}, {"strides", Ints{stride}}, {"dilations", Ints{dilation}}, {"pads", Ints{begin, end}}}),
            "float32[2, 6, " + std::to_string(positions) + "]");
    }
}

TEST(ConvShape, SamePaddingDividesByTheStrideAndValidPadsNothing) {
    EXPECT_EQ(inferConv(dims({1, 1, 5, 6}), dims({1, 1, 3, 3}), {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}}),
              "float32[1, 1, 3, 3]");
    EXPECT_EQ(inferConv(dims({1, 1, 5, 6}), dims({1, 1, 3, 3}), {{"auto_pad", std::string("VALID")}}), "float32[1, 1, 3, 4]");
}

TEST(ConvShape, RefusesWhatCannotBe) {
    EXPECT_REFUSED(inferConv(dims({1, 3, 8, 8}), dims({4, 2, 3, 3}), {}), "channels");
    EXPECT_REFUSED(inferConv(dims({1, 3, 2, 2}), dims({4, 3, 3, 3}), {}), "kernel");
    EXPECT_REFUSED(inferConv(dims({1, 3, 8, 8}), dims({4, 3, 3, 3}), {{"strides", Ints{0, 1}}}), "strides");
    EXPECT_REFUSED(inferConv(dims({1, 3, 8, 8}), dims({4, 3, 3, 3}), {{"strides", Ints{1}}}), "strides");
    EXPECT_REFUSED(inferConv(dims({1, 3, 8, 8}), dims({4, 3, 3, 3}), {{"pads", Ints{-5, 0, 0, 0}}}), "pads");
    EXPECT_REFUSED(inferConv(dims({1, 3, 8, 8}), dims({4, 3, 3, 3}), {{"dilations", Ints{INT64_MAX, 1}}}), "dilations");
    EXPECT_REFUSED(inferConv(dims({1, 3, 8, 8}), dims({4, 3, 3}), {}), "rank");
    EXPECT_REFUSED(inferConv(dims({1, 3, 8, 8}), dims({4, 3, 3, 3}), {{"group", std::int64_t{0}}}), "group");
    EXPECT_REFUSED(inferConv(dims({1, 3, 8, 8}), dims({4, 3, 3, 3}), {{"auto_pad", std::string("MAYBE")}}), "auto_pad");
}

TEST(ConvTransposeShape, UndoesTheConvolution) {
    EXPECT_EQ(inferConv(dims({"n", 8, 7, 7}), dims({8, 4, 3, 3}),
                        {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}, {"output_padding", Ints{1, 1}}}, "ConvTranspose"),
              "float32[n, 4, 14, 14]");
    EXPECT_EQ(inferConv(dims({1, 4, 5}), dims({4, 3, 3}), {{"group", std::int64_t{2}}}, "ConvTranspose"), "float32[1, 6, 7]");
    EXPECT_EQ(inferConv(dims({1, 1, 3, 3}), dims({1, 2, 3, 3}), {{"output_shape", Ints{10, 8}}, {"strides", Ints{3, 2}}}, "ConvTranspose"),
              "float32[1, 2, 10, 8]");
}

TEST(PoolShape, RoundsDownOrUp) {
    const std::map<std::string, Attribute> down = {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}};
    auto up = down;
    up["ceil_mode"] = std::int64_t{1};
    EXPECT_EQ(inferUnary("MaxPool", dims({"n", 4, 4, 4}), down), "float32[n, 4, 1, 1]");
    EXPECT_EQ(inferUnary("MaxPool", dims({"n", 4, 4, 4}), up), "float32[n, 4, 2, 2]");
    EXPECT_EQ(inferUnary("AveragePool", dims({1, 1, 32}), {{"kernel_shape", Ints{2}}}), "float32[1, 1, 31]");
}

TEST(PoolShape, ALastWindowThatBeginsBeyondTheInputDoesNotCount) {
    // 2 elements, kernel 1, stride 2 and one pad at the end: positions 0 and 2, and 2 lies in the padding.
    EXPECT_EQ(inferUnary("MaxPool", dims({1, 1, 2}),
                         {{"kernel_shape", Ints{1}}, {"strides", Ints{2}}, {"pads", Ints{0, 1}}, {"ceil_mode", std::int64_t{1}}}),
              "float32[1, 1, 1]");
}

TEST(PoolShape, MaxPoolHasIndicesToo) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({1, 1, 6, 6}));
    const auto out = builder.addMany("MaxPool", {x}, 2, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
    EXPECT_EQ(inferred(builder, out[1]), "int64[1, 1, 3, 3]");
}

TEST(PoolShape, GlobalPoolsLeaveOneElementAPlane) {
    EXPECT_EQ(inferUnary("GlobalAveragePool", dims({"n", 512, "h", "w"})), "float32[n, 512, 1, 1]");
}

TEST(PoolShape, RefusesAMissingKernel) { EXPECT_REFUSED(inferUnary("MaxPool", dims({1, 1, 6, 6})), "kernel_shape"); }

TEST(ImageShape, DeformedWindowsSlideAsPlainOnes) {
    GraphBuilder builder(19);
    const ValueId x = builder.input("x", dims({"batch", 4, 8, 8})), offset = builder.input("offset", dims({"batch", 18, 6, 6}));
    const ValueId y = builder.add("DeformConv", {x, builder.zeros(Shape{6, 4, 3, 3}), offset});
    EXPECT_EQ(inferred(builder, y), "float32[batch, 6, 6, 6]");
    GraphBuilder other(19);
    const ValueId narrow = other.input("offset", dims({1, 18, 5, 6}));
    const ValueId z = other.add("DeformConv", {other.input("x", dims({1, 4, 8, 8})), other.zeros(Shape{6, 4, 3, 3}), narrow});
    EXPECT_REFUSED(inferred(other, z), "offsets");
}

TEST(ImageShape, BlocksAreLaidIntoTheImage) {
    GraphBuilder builder(18);
    const ValueId x = builder.input("x", dims({"batch", 12, 9}));
    EXPECT_EQ(inferred(builder, builder.add("Col2Im", {x, builder.ints({4, 4}), builder.ints({2, 2})})), "float32[batch, 3, 4, 4]");
    GraphBuilder other(18);
    const ValueId odd = other.input("x", dims({1, 13, 9}));
    EXPECT_REFUSED(inferred(other, other.add("Col2Im", {odd, other.ints({4, 4}), other.ints({2, 2})})), "divide");
}

TEST(ImageShape, CropsTakeTheNamedExtents) {
    EXPECT_EQ(inferWithInts("CenterCropPad", dims({"batch", 3, 10, 8}), {5, 9}, {{"axes", Ints{-2, -1}}}, 18), "float32[batch, 3, 5, 9]");
    EXPECT_REFUSED(inferWithInts("CenterCropPad", dims({3, 10}), {5}, {}, 18), "entries");
    EXPECT_REFUSED(inferWithInts("CenterCropPad", dims({10}), {-5}, {}, 18), "holds");
}

}  // namespace
}  // namespace trimtab::graph::testing
