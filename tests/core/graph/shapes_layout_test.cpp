// Operators that rearrange, join, cut and select.
#include <limits>

#include "core/base/random.h"
#include "core/graph/shapes/slicing.h"
#include "tests/core/graph/shape_rules.h"

namespace trimtab::graph::testing {
namespace {

TEST(ReshapeShape, ZeroCopiesAndMinusOneTakesTheRest) {
    EXPECT_EQ(inferWithInts("Reshape", dims({"batch", 128, 768}), {0, -1, 12, 64}), "float32[batch, 128, 12, 64]");
    EXPECT_EQ(inferWithInts("Reshape", dims({"batch", "seq", 768}), {0, 0, 12, 64}), "float32[batch, seq, 12, 64]");
    EXPECT_EQ(inferWithInts("Reshape", dims({"batch", "seq", 768}), {0, -1, 12, 64}), "float32[batch, seq, 12, 64]");
    EXPECT_EQ(inferWithInts("Reshape", dims({"batch", "seq", 768}), {-1, 768}), "float32[batch*seq, 768]");
    EXPECT_EQ(inferWithInts("Reshape", dims({2, 0, 3}), {0, 0, 3}, {{"allowzero", std::int64_t{0}}}), "float32[2, 0, 3]");
    EXPECT_EQ(inferWithInts("Reshape", dims({0, 3}), {3, 0}, {{"allowzero", std::int64_t{1}}}), "float32[3, 0]");
    EXPECT_EQ(inferUnary("Reshape", dims({2, 6}), {{"shape", Ints{3, -1}}}, 1), "float32[3, 4]");
}

TEST(ReshapeShape, RefusesWhatDoesNotFit) {
    EXPECT_REFUSED(inferWithInts("Reshape", dims({2, 6}), {5, -1}), "cannot be reshaped");
    EXPECT_REFUSED(inferWithInts("Reshape", dims({2, 6}), {3, 3}), "cannot be reshaped");
    EXPECT_REFUSED(inferWithInts("Reshape", dims({2, 6}), {-1, -1}), "twice");
    EXPECT_REFUSED(inferWithInts("Reshape", dims({2, 6}), {-2, 6}), "-2");
    EXPECT_REFUSED(inferWithInts("Reshape", dims({2, 6}), {2, 6, 0}), "copies dim 2");
}

TEST(FlattenShape, SplitsAtTheAxis) {
    EXPECT_EQ(inferUnary("Flatten", dims({"batch", 512, 7, 7})), "float32[batch, 25088]");
    EXPECT_EQ(inferUnary("Flatten", dims({2, 3, 4}), {{"axis", std::int64_t{0}}}), "float32[1, 24]");
    EXPECT_EQ(inferUnary("Flatten", dims({2, 3, 4}), {{"axis", std::int64_t{-1}}}), "float32[6, 4]");
}

TEST(SqueezeShape, TakesOnesOutAndPutsThemIn) {
    EXPECT_EQ(inferWithInts("Squeeze", dims({"n", 1, 4, 1}), {1, -1}), "float32[n, 4]");
    EXPECT_EQ(inferUnary("Squeeze", dims({1, 3, 1})), "float32[3]");
    EXPECT_EQ(inferWithInts("Unsqueeze", dims({"n", 4}), {0, -1}), "float32[1, n, 4, 1]");
    EXPECT_EQ(inferUnary("Unsqueeze", dims({"n", 4}), {{"axes", Ints{1}}}, 11), "float32[n, 1, 4]");
    EXPECT_REFUSED(inferWithInts("Squeeze", dims({"n", 3}), {1}), "is not 1");
}

TEST(TransposeShape, FollowsThePermutation) {
    EXPECT_EQ(inferUnary("Transpose", dims({"b", "s", 12, 64}), {{"perm", Ints{0, 2, 1, 3}}}), "float32[b, 12, s, 64]");
    EXPECT_EQ(inferUnary("Transpose", dims({2, 3})), "float32[3, 2]");
    EXPECT_REFUSED(inferUnary("Transpose", dims({2, 3}), {{"perm", Ints{0, 0}}}), "twice");
    EXPECT_REFUSED(inferUnary("Transpose", dims({2, 3}), {{"perm", Ints{0}}}), "perm");
}

TEST(JoiningShape, ConcatAddsSymbols) {
    EXPECT_EQ(inferBinary("Concat", dims({"b", 8, "past", 64}), dims({"b", 8, "seq", 64}), {{"axis", std::int64_t{2}}}),
              "float32[b, 8, past + seq, 64]");
    EXPECT_REFUSED(inferBinary("Concat", dims({2, 3}), dims({2, 4}), {{"axis", std::int64_t{0}}}), "do not agree");
}

TEST(JoiningShape, SplitGivesEvenOrGivenParts) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"b", 12}));
    const auto even = builder.addMany("Split", {x}, 3, {{"axis", std::int64_t{1}}});
    const auto given = builder.addMany("Split", {x, builder.ints({2, 10})}, 2, {{"axis", std::int64_t{-1}}});
    EXPECT_EQ(inferred(builder, even[2]), "float32[b, 4]");
    EXPECT_EQ(builder.typeOf(given[0]), "float32[b, 2]");
    EXPECT_EQ(builder.typeOf(given[1]), "float32[b, 10]");
    const auto wrong = builder.addMany("Split", {x, builder.ints({2, 9})}, 2, {{"axis", std::int64_t{1}}});
    EXPECT_REFUSED(inferred(builder, wrong[0]), "add up");
}

TEST(JoiningShape, PadAddsBothEnds) {
    EXPECT_EQ(inferWithInts("Pad", dims({"n", 3, "h"}), {0, 0, 1, 0, 0, 2}), "float32[n, 3, h + 3]");
    EXPECT_EQ(inferUnary("Pad", dims({2, 3}), {{"pads", Ints{1, 0, 0, -1}}}, 2), "float32[3, 2]");
    EXPECT_REFUSED(inferWithInts("Pad", dims({2, 3}), {0, -4, 0, 0}), "impossible");
    EXPECT_REFUSED(inferWithInts("Pad", dims({2, 3}), {0, 0, 0}), "entries");
}

std::string inferSlice(std::vector<Dim> x, Ints starts, Ints ends, Ints axes, Ints steps) {
    GraphBuilder builder;
    const ValueId data = builder.input("x", std::move(x));
    const std::vector<ValueId> inputs = {data, builder.ints(starts), builder.ints(ends), builder.ints(axes), builder.ints(steps)};
    return inferred(builder, builder.add("Slice", inputs));
}

TEST(SliceShape, KeepsSymbolsWhereItCan) {
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(inferSlice(dims({"b", "s", 8}), {0}, {kEnd}, {1}, {1}), "float32[b, s, 8]");
    EXPECT_EQ(inferSlice(dims({"b", "s", 8}), {1}, {kEnd}, {1}, {1}), "float32[b, s - 1, 8]");
    EXPECT_EQ(inferSlice(dims({"b", "s", 8}), {-1}, {kEnd}, {1}, {1}), "float32[b, 1, 8]");
    EXPECT_EQ(inferSlice(dims({"b", "s", 8}), {0, 4}, {-1, kEnd}, {1, 2}, {1, 1}), "float32[b, s - 1, 4]");
    EXPECT_REFUSED(inferSlice(dims({4}), {0}, {1}, {0}, {0}), "step is 0");
    EXPECT_REFUSED(inferSlice(dims({4}), {0}, {1}, {1}, {1}), "axis 1");
    EXPECT_REFUSED(inferSlice(dims({4}), {0, 1}, {1}, {0}, {1}), "lengths");
}

TEST(SliceShape, AttributesServeOlderVersions) {
    EXPECT_EQ(inferUnary("Slice", dims({"b", 8}), {{"starts", Ints{2}}, {"ends", Ints{100}}, {"axes", Ints{1}}}, 9), "float32[b, 6]");
}

/// Walking the indices one by one counts the same elements.
TEST(SliceShape, CountsAsAWalkOverTheIndicesDoes) {
    base::Random random(5);
    for (int round = 0; round < 5000; ++round) {
        const auto dim = static_cast<std::int64_t>(random.below(7));
        const auto start = static_cast<std::int64_t>(random.below(21)) - 10;
        const auto end = static_cast<std::int64_t>(random.below(21)) - 10;
        std::int64_t step = static_cast<std::int64_t>(random.below(9)) - 4;
        if (step == 0) step = 1;
        const std::int64_t from = start < 0 ? start + dim : start;
        const std::int64_t to = end < 0 ? end + dim : end;
        std::int64_t count = 0;
        std::int64_t first = -1;
        // The operator text: going backwards, the start is clamped into [0, dim - 1] (NumPy would give nothing for a start before 0).
        const std::int64_t begin = step > 0 ? std::max<std::int64_t>(from, 0) : std::min(std::max<std::int64_t>(from, 0), dim - 1);
        for (std::int64_t i = begin; i >= 0 && i < dim && (step > 0 ? i < to : i > to); i += step) {
            if (count++ == 0) first = i;
        }
        const shapes::SliceRange range = shapes::sliceRange(dim, start, end, step);
        ASSERT_EQ(range.count, count) << dim << " " << start << ":" << end << ":" << step;
        if (count > 0) {
            EXPECT_EQ(range.first, first);
        }
    }
}

TEST(SliceShape, TakesExtremeBoundsWithoutOverflow) {
    constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(shapes::sliceRange(5, kLow, kHigh, 1).count, 5);
    EXPECT_EQ(shapes::sliceRange(5, kHigh, kLow, -1).count, 5);
    EXPECT_EQ(shapes::sliceRange(5, kHigh, kLow, kLow).count, 1);
    EXPECT_EQ(shapes::sliceRange(5, 0, kHigh, kHigh).count, 1);
    EXPECT_EQ(shapes::sliceRange(0, 0, kHigh, -1).count, 0);
}

TEST(ExpandShape, BroadcastsToTheTarget) {
    EXPECT_EQ(inferWithInts("Expand", dims({"n", 1, 4}), {5, 1, 3, 1}), "float32[5, n, 3, 4]");
    EXPECT_EQ(inferWithInts("Tile", dims({"n", 3}), {2, 4}), "float32[2*n, 12]");
    EXPECT_REFUSED(inferWithInts("Tile", dims({"n", 3}), {2}), "repeats");
    EXPECT_REFUSED(inferWithInts("Tile", dims({"n", 3}), {2, -1}), "negative");
    EXPECT_REFUSED(inferWithInts("Expand", dims({3}), {-1}), "-1");
}

TEST(IndexingShape, GatherPutsTheIndicesInPlaceOfTheAxis) {
    EXPECT_EQ(inferWithInts("Gather", dims({"n", 7, 3}), {0, 2}, {{"axis", std::int64_t{1}}}), "float32[n, 2, 3]");
    EXPECT_EQ(inferBinary("Gather", dims({1000, 64}), dims({"batch", "seq"})), "float32[batch, seq, 64]");
    EXPECT_EQ(inferBinary("GatherElements", dims({5, 4}), dims({"k", 4})), "float32[k, 4]");
    EXPECT_EQ(inferBinary("GatherND", dims({2, 3, 4}), dims({"k", 2})), "float32[k, 4]");
    EXPECT_EQ(inferBinary("GatherND", dims({2, 3, 4}), dims({2, 1}), {{"batch_dims", std::int64_t{1}}}), "float32[2, 4]");
    EXPECT_REFUSED(inferBinary("GatherND", dims({2, 3}), dims({5, 3})), "do not fit");
}

TEST(IndexingShape, ScatterKeepsAndOneHotAdds) {
    EXPECT_EQ(inferUnary("ScatterND", dims({"n", 4})), "float32[n, 4]");
    GraphBuilder builder;
    const ValueId indices = builder.input("i", dims({"n"}), DataType::Int64);
    EXPECT_EQ(inferred(builder, builder.add("OneHot", {indices, builder.ints({10}), builder.floats(Shape{2}, {0, 1})})), "float32[n, 10]");
}

TEST(ResizeShape, ScalesOrSizes) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 3, "h", 5}));
    const ValueId scales = builder.floats(Shape{4}, {1, 1, 2, 1.5F});
    EXPECT_EQ(inferred(builder, builder.add("Resize", {x, kNoValue, scales})), "float32[n, 3, 2*h, 7]");
    EXPECT_EQ(inferred(builder, builder.add("Resize", {x, kNoValue, kNoValue, builder.ints({1, 3, 8, 9})})), "float32[1, 3, 8, 9]");
    EXPECT_EQ(inferred(builder, builder.add("Upsample", {x, scales})), "float32[n, 3, 2*h, 7]");
    EXPECT_REFUSED(inferred(builder, builder.add("Resize", {x, kNoValue, builder.floats(Shape{4}, {1, 1, -2, 1})})), "scale");
    EXPECT_EQ(inferUnary("DepthToSpace", dims({"n", 12, 4, "w"}), {{"blocksize", std::int64_t{2}}}), "float32[n, 3, 8, 2*w]");
}

TEST(RecurrentShape, HasDirectionsBatchAndHidden) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"seq", "batch", 10}));
    const ValueId w = builder.zeros(Shape{2, 20, 10});
    const ValueId r = builder.zeros(Shape{2, 20, 5});
    const auto out = builder.addMany("LSTM", {x, w, r}, 3, {{"hidden_size", std::int64_t{5}}, {"direction", std::string("bidirectional")}});
    EXPECT_EQ(inferred(builder, out[0]), "float32[seq, 2, batch, 5]");
    EXPECT_EQ(builder.typeOf(out[2]), "float32[2, batch, 5]");
    const auto wrong = builder.addMany("LSTM", {x, w, r}, 1, {{"hidden_size", std::int64_t{6}}});
    EXPECT_REFUSED(inferred(builder, wrong[0]), "hidden size");
}

TEST(QuantizationShape, TypesComeFromTheZeroPoint) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4}));
    const ValueId scale = builder.floats(Shape{}, {0.5F});
    const ValueId quantised = builder.add("QuantizeLinear", {x, scale, builder.zeros(Shape{}, DataType::Int8)});
    EXPECT_EQ(inferred(builder, quantised), "int8[n, 4]");
    EXPECT_EQ(inferred(builder, builder.add("DequantizeLinear", {quantised, scale})), "float32[n, 4]");
    const auto dynamic = builder.addMany("DynamicQuantizeLinear", {x}, 3);
    EXPECT_EQ(inferred(builder, dynamic[0]), "uint8[n, 4]");
    EXPECT_EQ(builder.typeOf(dynamic[1]), "float32[]");
}

TEST(SequenceShape, OnlyTheElementTypeIsKnown) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4}));
    const ValueId sequence = builder.add("SequenceConstruct", {x, x});
    const ValueId element = builder.add("SequenceAt", {sequence, builder.ints({0})});
    EXPECT_TRUE(inferShapes(builder.graph));
    EXPECT_TRUE(builder.graph.value(sequence).type.isSequence);
    EXPECT_EQ(builder.graph.value(element).type.type, DataType::Float32);
    EXPECT_FALSE(builder.graph.value(element).type.isSequence);
}

}  // namespace
}  // namespace trimtab::graph::testing
