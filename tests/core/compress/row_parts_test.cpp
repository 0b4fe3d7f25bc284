#include "core/compress/row_parts.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/quantize/round_to_nearest.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using recipe::WeightSpec;
using tensor::WeightLayout;

WeightSpec spec(int bits, std::int64_t group, const char* scheme = "symmetric", const char* format = "int") {
    WeightSpec made{bits};
    made.group = group;
    made.scheme = scheme;
    made.format = format;
    return made;
}

Tensor drawn(DataType type, Shape shape) {
    base::Random random(5);
    std::vector<float> values;
    for (std::int64_t i = 0; i < shape.elementCount(); ++i)
        values.push_back(random.below(9) == 0 ? 0.0F : static_cast<float>(random.normal()));
    return *tensor::convert(Tensor::fromValues(DataType::Float32, std::move(shape), values), type);
}

/// Many rows at a time, the last part a short one.
void expectSameAsWhole(DataType type, WeightLayout layout, const WeightSpec& spec) {
    constexpr std::int64_t kRows = 2500, kColumns = 900;
    const bool last = layout == WeightLayout::OutputsLast;
    const Tensor original = drawn(type, last ? Shape{kColumns, kRows} : Shape{kRows, kColumns});
    graph::WeightUse use;
    use.layout = layout;
    use.rows = kRows;
    use.columns = kColumns;
    const auto inParts = storeByRows(original, use, spec, [&](const std::vector<float>& values, std::int64_t rows) {
        return roundToNearest(values, rows, kColumns, spec);
    });
    ASSERT_TRUE(inParts) << inParts.error().text();
    const auto whole = storeWeight(original, use, tensor::toFloats(original), spec,
                                   [&](const std::vector<float>& rows) { return roundToNearest(rows, kRows, kColumns, spec); });
    ASSERT_TRUE(whole) << whole.error().text();
    const auto &ours = *inParts->quantized, &theirs = *whole->quantized;
    EXPECT_TRUE(ours.codes == theirs.codes && ours.scales == theirs.scales && ours.zeroPoints == theirs.zeroPoints);
    EXPECT_TRUE(ours.group == theirs.group && ours.symmetric == theirs.symmetric);
    EXPECT_TRUE(ours.bits == theirs.bits && ours.format == theirs.format);
    EXPECT_TRUE(ours.scaleFormat == theirs.scaleFormat && ours.layout == theirs.layout && ours.originalShape == theirs.originalShape);
    EXPECT_EQ(inParts->storedBytes, whole->storedBytes);
    EXPECT_DOUBLE_EQ(inParts->density, whole->density);
    EXPECT_NEAR(inParts->sqnrDb.value(), whole->sqnrDb.value(), 1e-9);
}

TEST(RowParts, GiveWhatTheWholeWeightGives) {
    expectSameAsWhole(DataType::BFloat16, WeightLayout::OutputsLast, spec(8, 0));
    expectSameAsWhole(DataType::BFloat16, WeightLayout::OutputsLast, spec(4, 128, "asymmetric"));
    expectSameAsWhole(DataType::Float32, WeightLayout::OutputsFirst, spec(4, 128));
    expectSameAsWhole(DataType::Float64, WeightLayout::OutputsFirst, spec(3, 7, "asymmetric"));
    expectSameAsWhole(DataType::Float16, WeightLayout::OutputsLast, spec(8, 0, "symmetric", "fp8_e4m3"));
    expectSameAsWhole(DataType::Float32, WeightLayout::OutputsLast, spec(4, 0, "symmetric", "mxfp4"));
}

TEST(RowParts, AreLeftToSpecsWhoseRowsKnowNothingOfEachOther) {
    EXPECT_TRUE(roundsRowByRow(spec(8, 0), DataType::Float32));
    EXPECT_TRUE(roundsRowByRow(spec(4, 128, "asymmetric"), DataType::Float32));
    EXPECT_FALSE(roundsRowByRow(spec(8, -1), DataType::Float32)) << "one scale for the whole tensor";
    EXPECT_FALSE(roundsRowByRow(spec(4, 0, "symmetric", "nvfp4"), DataType::Float32)) << "scales in units of the tensor's largest value";
    EXPECT_FALSE(roundsRowByRow(spec(16, 0), DataType::Float32));
    EXPECT_FALSE(roundsRowByRow(spec(8, 0), DataType::Float4E2M1)) << "two elements a byte";
    WeightSpec calibrated = spec(4, 128);
    calibrated.method = "gptq";
    EXPECT_FALSE(roundsRowByRow(calibrated, DataType::Float32));
}

TEST(RowParts, RefuseInfinitiesAsTheWholeWeightDoes) {
    Tensor original = drawn(DataType::Float32, Shape{3000, 700});
    original.mutableData<float>()[2000000] = -INFINITY;
    graph::WeightUse use;
    use.rows = 3000;
    use.columns = 700;
    const auto stored = storeByRows(original, use, spec(8, 0), [&](const std::vector<float>& values, std::int64_t rows) {
        return roundToNearest(values, rows, 700, spec(8, 0));
    });
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::Refused);
}

TEST(RowParts, CountZerosOfEveryType) {
    for (const DataType type : {DataType::Float32, DataType::BFloat16, DataType::Float64, DataType::Float16}) {
        const Tensor tensor = drawn(type, Shape{1500, 1000});
        EXPECT_DOUBLE_EQ(shareOfNonZeros(tensor), shareOfNonZeros(tensor::toFloats(tensor)));
    }
}

}  // namespace
}  // namespace trimtab::compress
