// Operators on images, with figures worked out by hand: sampling, regions, unpooling, boxes, deformed windows, crops; and what they refuse.
#include <gtest/gtest.h>

#include <cmath>

#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

std::vector<float> values(const Tensor& tensor) { return tensor::toFloats(tensor); }
const Tensor kSquare = floats({1, 1, 2, 2}, {1, 2, 3, 4});
std::string word(const char* text) { return text; }

TEST(GridSample, ReadsTheMiddleOfFourElementsAsTheirMean) {
    const Tensor middle = floats({1, 1, 1, 2}, {0, 0});
    EXPECT_EQ(values(first(node("GridSample", 16), {kSquare, middle})), std::vector<float>{2.5F});
    EXPECT_EQ(values(first(node("GridSample", 20, {{"align_corners", std::int64_t{1}}}), {kSquare, middle})), std::vector<float>{2.5F});
}

TEST(GridSample, TakesTheFirstCoordinateAsTheInnermostAxis) {
    const Tensor right = floats({1, 1, 1, 2}, {1, -1});
    EXPECT_EQ(values(first(node("GridSample", 20, {{"align_corners", std::int64_t{1}}}), {kSquare, right})), std::vector<float>{2});
}

TEST(GridSample, PadsByZerosBorderAndReflection) {
    // One axis [1, 2, 3]; location 2 is element 3 · 3 / 2 − 0.5 = 4, two beyond the last: mirrored at 2.5 it is element 1.
    const Tensor x = floats({1, 1, 3}, {1, 2, 3}), far = floats({1, 1, 1}, {2});
    const auto with = [&](const char* padding) {
        return values(first(node("GridSample", 20, {{"padding_mode", word(padding)}}), {x, far}));
    };
    EXPECT_EQ(with("zeros"), std::vector<float>{0});
    EXPECT_EQ(with("border"), std::vector<float>{3});
    EXPECT_EQ(with("reflection"), std::vector<float>{2});
}

TEST(GridSample, MovesIntegersByNearestAndInterpolatesNone) {
    const Tensor x = Tensor::fromInt64s(Shape{1, 1, 1, 2}, {(std::int64_t{1} << 60) + 1, 7}), left = floats({1, 1, 1, 2}, {-0.9F, 0});
    const Tensor got = first(node("GridSample", 16, {{"mode", word("nearest")}}), {x, left});
    EXPECT_EQ(tensor::elementAsInt64(got, 0), (std::int64_t{1} << 60) + 1);
    EXPECT_EQ(refusal(node("GridSample", 16), {x, left}), ErrorCode::Unsupported);
}

TEST(GridSample, TakesLocationsThatAreNoNumbersAsOutside) {
    const Tensor lost = floats({1, 1, 2, 2}, {NAN, 0, 1e30F, -INFINITY});
    EXPECT_EQ(values(first(node("GridSample", 16), {kSquare, lost})), (std::vector<float>{0, 0}));
}

TEST(GridSample, RefusesWhatDoesNotFit) {
    const Tensor middle = floats({1, 1, 1, 2}, {0, 0});
    EXPECT_EQ(refusal(node("GridSample", 16), {kSquare, floats({1, 1, 1, 3}, {0, 0, 0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("GridSample", 16), {floats({1, 1, 3}, {1, 2, 3}), floats({1, 1, 1}, {0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("GridSample", 20, {{"mode", word("quintic")}}), {kSquare, middle}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("GridSample", 20, {{"padding_mode", word("wrap")}}), {kSquare, middle}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("GridSample", 20), {floats({1, 1, 0, 2}, {}), middle}), ErrorCode::Refused);
}

TEST(AffineGrid, SpansFromEdgeToEdgeOrFromCentreToCentre) {
    const Tensor identity = floats({1, 2, 3}, {1, 0, 0, 0, 1, 0}), size = ints({1, 1, 1, 2});
    EXPECT_EQ(values(first(node("AffineGrid", 20), {identity, size})), (std::vector<float>{-0.5F, 0, 0.5F, 0}));
    EXPECT_EQ(values(first(node("AffineGrid", 20, {{"align_corners", std::int64_t{1}}}), {identity, size})),
              (std::vector<float>{-1, -1, 1, -1}));
}

TEST(AffineGrid, RefusesSizesThatDoNotGoWithTheta) {
    const Tensor identity = floats({1, 2, 3}, {1, 0, 0, 0, 1, 0});
    EXPECT_EQ(refusal(node("AffineGrid", 20), {identity, ints({2, 1, 1, 2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("AffineGrid", 20), {identity, ints({1, 1, -1, 2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("AffineGrid", 20), {identity, ints({1, 1, 2})}), ErrorCode::Refused);
}

TEST(RoiAlign, ShiftsRegionsByHalfAnElementSinceOpset16) {
    // The region 0…2 of [1, 2; 3, 4] in one sample: its centre is (1, 1), which half_pixel shifts to (0.5, 0.5).
    const Tensor whole = floats({1, 4}, {0, 0, 2, 2}), batch = ints({0});
    const Attributes once{{"sampling_ratio", std::int64_t{1}}};
    EXPECT_EQ(values(first(node("RoiAlign", 10, once), {kSquare, whole, batch})), std::vector<float>{4});
    EXPECT_EQ(values(first(node("RoiAlign", 16, once), {kSquare, whole, batch})), std::vector<float>{2.5F});
}

TEST(RoiAlign, RefusesRegionsAndIndicesThatMakeNoSense) {
    const Tensor whole = floats({1, 4}, {0, 0, 2, 2});
    EXPECT_EQ(refusal(node("RoiAlign", 16), {kSquare, whole, ints({1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("RoiAlign", 16), {kSquare, whole, ints({-1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("RoiAlign", 16), {kSquare, floats({1, 4}, {0, 0, NAN, 2}), ints({0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("RoiAlign", 16, {{"sampling_ratio", std::int64_t{1} << 40}}), {kSquare, whole, ints({0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("RoiAlign", 16, {{"output_height", std::int64_t{0}}}), {kSquare, whole, ints({0})}), ErrorCode::Refused);
}

TEST(RoiAlign, SamplesAHugeRegionOnlyWhereItMeetsTheInput) {
    // 2·10⁹ cells a side, of which the input holds few: all but nothing of the mean.
    const Tensor got = first(node("RoiAlign", 16), {kSquare, floats({1, 4}, {-1e9F, -1e9F, 1e9F, 1e9F}), ints({0})});
    EXPECT_NEAR(values(got)[0], 0, 1e-6);
}

TEST(MaxRoiPool, TakesTheLargestElementOfEachBin) {
    const Tensor x = ramp({1, 1, 4, 4}), region = floats({1, 5}, {0, 0, 0, 3, 3});
    const Attributes halves{{"pooled_shape", Ints{2, 2}}};
    EXPECT_EQ(values(first(node("MaxRoiPool", 1, halves), {x, region})), (std::vector<float>{5, 7, 13, 15}));
    EXPECT_EQ(refusal(node("MaxRoiPool", 1, halves), {x, floats({1, 5}, {1, 0, 0, 3, 3})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("MaxRoiPool", 1), {x, region}), ErrorCode::Refused);
}

TEST(MaxUnpool, ReadsIndicesThroughTheShapeThatWasPooled) {
    // A row of 5 pooled by 2: the maxima stood at 1 and 3 of the first row and at 11 = (2, 1) and 13 = (2, 3) of a 5 × 5 plane.
    const Attributes halves{{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}};
    const Tensor got =
        first(node("MaxUnpool", 11, halves), {kSquare, Tensor::fromInt64s(Shape{1, 1, 2, 2}, {1, 3, 11, 13}), ints({1, 1, 5, 5})});
    std::vector<float> expected(25, 0);
    expected[1] = 1, expected[3] = 2, expected[11] = 3, expected[13] = 4;
    EXPECT_EQ(values(got), expected);
}

TEST(MaxUnpool, RefusesIndicesOutsideTheOutput) {
    const Attributes halves{{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}};
    EXPECT_EQ(refusal(node("MaxUnpool", 11, halves), {kSquare, Tensor::fromInt64s(Shape{1, 1, 2, 2}, {0, 1, 2, 16})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("MaxUnpool", 11, halves), {kSquare, Tensor::fromInt64s(Shape{1, 1, 2, 2}, {0, 1, 2, -1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("MaxUnpool", 11, halves), {kSquare, ints({0, 1, 2, 3})}), ErrorCode::Refused);
}

TEST(NonMaxSuppression, KeepsTheBestOfBoxesThatOverlap) {
    const Tensor boxes = floats({1, 3, 4}, {0, 0, 1, 1, 0, 0.1F, 1, 1.1F, 0, 5, 1, 6}), scores = floats({1, 1, 3}, {0.5F, 0.9F, 0.7F});
    const Tensor got = first(node("NonMaxSuppression", 11), {boxes, scores, ints({3}), floats({1}, {0.5F})});
    EXPECT_EQ(got.shape(), (Shape{2, 3}));
    EXPECT_EQ(tensor::toInt64s(got), (Ints{0, 0, 1, 0, 0, 2}));
}

TEST(NonMaxSuppression, SelectsNothingUnlessToldHowMany) {
    const Tensor boxes = floats({1, 1, 4}, {0, 0, 1, 1}), scores = floats({1, 1, 1}, {0.5F});
    EXPECT_EQ(first(node("NonMaxSuppression", 11), {boxes, scores}).shape(), (Shape{0, 3}));
    EXPECT_EQ(refusal(node("NonMaxSuppression", 11), {boxes, scores, ints({1}), floats({1}, {1.5F})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("NonMaxSuppression", 11), {boxes, floats({1, 1, 2}, {0, 0})}), ErrorCode::Refused);
}

TEST(Col2Im, SumsWhereBlocksOverlap) {
    // Blocks of 2 at the 2 positions of a row of 3: the middle element lies in both.
    const Tensor got = first(node("Col2Im", 18), {floats({1, 2, 2}, {1, 2, 3, 4}), ints({3}), ints({2})});
    EXPECT_EQ(got.shape(), (Shape{1, 1, 3}));
    EXPECT_EQ(values(got), (std::vector<float>{1, 5, 4}));
}

TEST(Col2Im, LaysDilatedBlocksWithTheirGaps) {
    const Tensor got =
        first(node("Col2Im", 18, {{"dilations", Ints{2}}}), {floats({1, 4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), ints({4}), ints({2})});
    EXPECT_EQ(values(got), (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(Col2Im, RefusesBlocksThatDoNotGoWithTheImage) {
    const Tensor columns = floats({1, 2, 2}, {1, 2, 3, 4});
    EXPECT_EQ(refusal(node("Col2Im", 18), {columns, ints({4}), ints({2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Col2Im", 18), {columns, ints({3}), ints({0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Col2Im", 18), {columns, ints({-3}), ints({2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Col2Im", 18), {columns, ints({std::int64_t{1} << 62}), ints({2})}), ErrorCode::Refused);
}

TEST(DeformConv, MovesEveryTapByItsOffsetAndScalesItByItsMask) {
    // One tap, moved half an element to the right over [1, 2; 3, 4]: means of neighbours, then halves of the last elements.
    const Tensor weight = floats({1, 1, 1, 1}, {2}), offset = floats({1, 2, 2, 2}, {0, 0, 0, 0, 0.5F, 0.5F, 0.5F, 0.5F});
    EXPECT_EQ(values(first(node("DeformConv", 19), {kSquare, weight, offset})), (std::vector<float>{3, 2, 7, 4}));
    const Tensor bias = floats({1}, {1}), mask = floats({1, 1, 2, 2}, {1, 0, 0.5F, 1});
    EXPECT_EQ(values(first(node("DeformConv", 19), {kSquare, weight, offset, bias, mask})), (std::vector<float>{4, 1, 4.5F, 5}));
}

TEST(DeformConv, WorksInOneAndThreeSpatialAxes) {
    const Tensor line =
        first(node("DeformConv", 22), {floats({1, 1, 3}, {1, 2, 4}), floats({1, 1, 1}, {1}), floats({1, 1, 3}, {0.5F, 0.5F, -2})});
    EXPECT_EQ(values(line), (std::vector<float>{1.5F, 3, 1}));
    const Tensor cube = ramp({1, 1, 2, 2, 2}), still = *Tensor::zeros(DataType::Float32, Shape{1, 3, 2, 2, 2});
    EXPECT_EQ(values(first(node("DeformConv", 22), {cube, floats({1, 1, 1, 1, 1}, {1}), still})), values(cube));
}

TEST(DeformConv, RefusesOffsetsAndMasksOfOtherShapes) {
    const Tensor weight = floats({1, 1, 1, 1}, {2}), offset = *Tensor::zeros(DataType::Float32, Shape{1, 2, 2, 2});
    EXPECT_EQ(refusal(node("DeformConv", 19), {kSquare, weight, *Tensor::zeros(DataType::Float32, Shape{1, 1, 2, 2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("DeformConv", 19), {kSquare, weight, offset, Tensor(), offset}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("DeformConv", 19, {{"offset_group", std::int64_t{2}}}), {kSquare, weight, offset}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("DeformConv", 19, {{"offset_group", std::int64_t{0}}}), {kSquare, weight, offset}), ErrorCode::Refused);
}

TEST(CenterCropPad, CutsAndPadsAboutTheMiddle) {
    const auto with = [](std::int64_t extent) {
        return values(first(node("CenterCropPad", 18), {floats({4}, {1, 2, 3, 4}), ints({extent})}));
    };
    EXPECT_EQ(with(1), (std::vector<float>{2}));
    EXPECT_EQ(with(2), (std::vector<float>{2, 3}));
    EXPECT_EQ(with(7), (std::vector<float>{0, 1, 2, 3, 4, 0, 0}));
    EXPECT_EQ(with(0), (std::vector<float>{}));
}

TEST(CenterCropPad, RefusesExtentsThatDoNotGoWithTheAxes) {
    const Tensor row = floats({4}, {1, 2, 3, 4});
    EXPECT_EQ(refusal(node("CenterCropPad", 18), {row, ints({-1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("CenterCropPad", 18), {row, ints({1, 1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("CenterCropPad", 18, {{"axes", Ints{1}}}), {row, ints({1})}), ErrorCode::Refused);
    EXPECT_NE(refusal(node("CenterCropPad", 18), {row, ints({std::int64_t{1} << 60})}), ErrorCode::Cancelled);
}

TEST(Pools, PadDilatedWindowsToTheSameExtent) {
    // A window of 2 that spans 3: one element of padding at each end.
    const Attributes same{{"kernel_shape", Ints{2}}, {"dilations", Ints{2}}, {"auto_pad", word("SAME_UPPER")}};
    const Tensor row = floats({1, 1, 4}, {1, 2, 4, 8});
    EXPECT_EQ(values(first(node("MaxPool", 22, same), {row})), (std::vector<float>{2, 4, 8, 4}));
    EXPECT_EQ(values(first(node("AveragePool", 19, same), {row})), (std::vector<float>{2, 2.5F, 5, 4}));
    EXPECT_EQ(
        values(first(node("LpPool", 18,
                          {{"p", std::int64_t{1}}, {"kernel_shape", Ints{2}}, {"dilations", Ints{2}}, {"auto_pad", word("SAME_UPPER")}}),
                     {row})),
        (std::vector<float>{2, 5, 10, 4}));
}

TEST(ConvTranspose, SpreadsToInputTimesStrideEvenWhereWindowsLeaveGaps) {
    const Attributes same{{"strides", Ints{3}}, {"auto_pad", word("SAME_UPPER")}};
    const Tensor got = first(node("ConvTranspose", 11, same), {floats({1, 1, 2}, {1, 2}), floats({1, 1, 1}, {1})});
    EXPECT_EQ(got.shape(), (Shape{1, 1, 6}));
}

TEST(GridSample, ReadsTheBorderBesideACubicLocationOutside) {
    // [1, 2] at −0.75 (from edge to edge): of the elements −2 … 1 only the last, with Keys' weight at 1.75, is not the border.
    const double beyond = 1.75, a = -0.75, weight = ((a * beyond - 5 * a) * beyond + 8 * a) * beyond - 4 * a;
    const Tensor x = floats({1, 1, 1, 2}, {1, 2}), outside = floats({1, 1, 1, 2}, {-1.25F, 0});
    const Tensor got = first(node("GridSample", 20, {{"mode", word("cubic")}, {"padding_mode", word("border")}}), {x, outside});
    EXPECT_NEAR(values(got)[0], 1 + weight, 1e-6);
}

TEST(Resize, ShrinksWithAStretchedKernelWhenAntialiased) {
    // Half of [1, 2, 3, 4]: weights 1, 3, 3, 1 of 8 about 0.5 and 2.5, the border repeated.
    const Attributes smooth{{"mode", word("linear")}, {"antialias", std::int64_t{1}}};
    const Tensor got = first(node("Resize", 18, smooth), {floats({4}, {1, 2, 3, 4}), Tensor(), floats({1}, {0.5F})});
    EXPECT_EQ(values(got), (std::vector<float>{(1 + 3 * 1 + 3 * 2 + 3) / 8.0F, (2 + 3 * 3 + 3 * 4 + 4) / 8.0F}));
}

TEST(Resize, KeepsTheAspectRatioWhenAsked) {
    const Tensor x = ramp({2, 4});
    const auto shaped = [&](const char* policy) {
        return first(node("Resize", 18, {{"keep_aspect_ratio_policy", word(policy)}}), {x, Tensor(), Tensor(), ints({4, 6})}).shape();
    };
    EXPECT_EQ(shaped("stretch"), (Shape{4, 6}));
    EXPECT_EQ(shaped("not_larger"), (Shape{3, 6}));
    EXPECT_EQ(shaped("not_smaller"), (Shape{4, 8}));
    EXPECT_EQ(refusal(node("Resize", 18, {{"keep_aspect_ratio_policy", word("square")}}), {x, Tensor(), Tensor(), ints({4, 6})}),
              ErrorCode::Refused);
}

TEST(ImageDecoder, IsRefusedByName) {
    EXPECT_EQ(refusal(node("ImageDecoder", 20), {*Tensor::zeros(DataType::UInt8, Shape{4})}), ErrorCode::Unsupported);
}

}  // namespace
}  // namespace trimtab::ref::testing
