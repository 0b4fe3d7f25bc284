#include <cmath>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/quantize/clip_by_outputs.h"
#include "core/compress/quantize/round_layer.h"
#include "core/compress/quantize/round_to_nearest.h"
#include "core/compress/row_parts.h"
#include "core/tensor/code_values.h"
#include "tests/core/compress/plain_math.h"

namespace trimtab::compress {
namespace {

using recipe::WeightSpec;

WeightSpec spec(int bits, std::int64_t group, const char* format = "int", const char* scheme = "symmetric") {
    WeightSpec made{bits};
    made.group = group;
    made.format = format;
    made.scheme = scheme;
    made.method = "awq";
    return made;
}

std::vector<float> normals(base::Random& random, std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

/// Rows of inputs whose neighbouring columns rise and fall together.
std::vector<float> inputs(base::Random& random, std::size_t rows, std::size_t columns) {
    std::vector<float> x = normals(random, rows * columns);
    for (std::size_t i = 1; i < x.size(); ++i)
        if (i % columns != 0) x[i] += 0.7F * x[i - 1];
    return x;
}

std::vector<float> gramOf(const std::vector<float>& x, std::size_t columns) {
    std::vector<float> gram(columns * columns);
    for (std::size_t i = 0; i < columns; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            double sum = 0;
            for (std::size_t row = 0; row < x.size(); row += columns) sum += static_cast<double>(x[row + i]) * x[row + j];
            gram[i * columns + j] = static_cast<float>(sum);
        }
    }
    return gram;
}

/// ‖X_g (w_g − ŵ_g)ᵀ‖² of the group that begins at `begin`, from the outputs themselves.
double errorOfGroup(const std::vector<float>& x, std::size_t columns, std::size_t begin, const std::vector<float>& difference) {
    double sum = 0;
    for (std::size_t row = 0; row < x.size(); row += columns) {
        double output = 0;
        for (std::size_t i = 0; i < difference.size(); ++i) output += static_cast<double>(x[row + begin + i]) * difference[i];
        sum += output * output;
    }
    return sum;
}

/// By trying all: a group of values rounded alone after its range was cut to a share, by rounding the clamped values to nearest.
double leastError(const std::vector<float>& x, std::size_t columns, std::size_t begin, const std::vector<float>& group,
                  const WeightSpec& asked) {
    const auto count = static_cast<std::int64_t>(group.size());
    double least = INFINITY;
    for (int parts = 20; parts >= 10; --parts) {
        float low = 0, high = 0;
        for (const float value : group) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
        const float share = static_cast<float>(parts) / 20;
        if (asked.scheme == "symmetric") {
            high = std::max(high, -low);
            low = -high;
        }
        std::vector<float> clamped = group;
        for (float& value : clamped) value = std::clamp(value, low * share, high * share);
        std::vector<float> difference = tensor::decodedRows(*roundToNearest(clamped, 1, count, asked));
        for (std::size_t i = 0; i < group.size(); ++i) difference[i] = group[i] - difference[i];
        least = std::min(least, errorOfGroup(x, columns, begin, difference));
    }
    return least;
}

TEST(ClippedByOutputs, EveryGroupTakesTheBestShareOfItsRange) {
    base::Random random(131);
    PlainMath math;
    constexpr std::size_t kRows = 5, kColumns = 40;
    for (const WeightSpec& asked : {spec(3, 16), spec(4, 16, "int", "asymmetric"), spec(2, 8, "int", "asymmetric"), spec(3, 0)}) {
        const std::vector<float> x = inputs(random, 60, kColumns), weight = normals(random, kRows * kColumns);
        const auto made = roundClippedByOutputs(weight, kRows, kColumns, asked, gramOf(x, kColumns), math, {});
        const auto plain = roundToNearest(weight, kRows, kColumns, asked);
        ASSERT_TRUE(made && plain);
        const std::vector<float> decoded = tensor::decodedRows(*made), rounded = tensor::decodedRows(*plain);
        const auto width = static_cast<std::size_t>(made->group);
        int better = 0;
        for (std::size_t row = 0; row < kRows; ++row) {
            for (std::size_t begin = 0; begin < kColumns; begin += width) {
                const std::size_t at = row * kColumns + begin, count = std::min(width, kColumns - begin);
                const std::vector<float> group(weight.begin() + static_cast<std::ptrdiff_t>(at),
                                               weight.begin() + static_cast<std::ptrdiff_t>(at + count));
                std::vector<float> mine(count), nearest(count);
                for (std::size_t i = 0; i < count; ++i) {
                    mine[i] = group[i] - decoded[at + i];
                    nearest[i] = group[i] - rounded[at + i];
                }
                const double error = errorOfGroup(x, kColumns, begin, mine), ofNearest = errorOfGroup(x, kColumns, begin, nearest);
                EXPECT_LE(error, (1 + 1e-4) * ofNearest);
                EXPECT_NEAR(error, leastError(x, kColumns, begin, group, asked), 1e-3 * ofNearest);
                better += error < 0.9 * ofNearest ? 1 : 0;
            }
        }
        EXPECT_GT(better, 1) << asked.bits << " " << asked.scheme;
    }
}

TEST(ClippedByOutputs, LosesLessOfTheOutputsInEveryFormat) {
    base::Random random(132);
    PlainMath math;
    constexpr std::size_t kRows = 16, kColumns = 64;
    for (const WeightSpec& asked : {spec(3, 32), spec(4, 32, "fixed"), spec(4, 32, "nf4"), spec(4, 0, "mxfp4"), spec(4, 0, "nvfp4")}) {
        const std::vector<float> x = inputs(random, 100, kColumns), weight = normals(random, kRows * kColumns);
        const auto made = tensor::decodedRows(*roundClippedByOutputs(weight, kRows, kColumns, asked, gramOf(x, kColumns), math, {}));
        const auto plain = tensor::decodedRows(*roundToNearest(weight, kRows, kColumns, asked));
        double clipped = 0, nearest = 0;
        for (std::size_t at = 0; at < weight.size(); at += 32) {
            const std::size_t width = asked.format == "nvfp4" ? 16 : 32;
            for (std::size_t begin = at; begin < at + 32; begin += width) {
                std::vector<float> a(width), b(width);
                for (std::size_t i = 0; i < width; ++i) {
                    a[i] = weight[begin + i] - made[begin + i];
                    b[i] = weight[begin + i] - plain[begin + i];
                }
                clipped += errorOfGroup(x, kColumns, begin % kColumns, a);
                nearest += errorOfGroup(x, kColumns, begin % kColumns, b);
            }
        }
        EXPECT_LE(clipped, nearest * (1 + 1e-4)) << asked.format;
    }
}

TEST(ClippedByOutputs, RefusesWhatRoundingRefusesAndStopsWhenTold) {
    PlainMath math;
    const std::vector<float> gram{1, 0, 0, 1};
    EXPECT_EQ(roundClippedByOutputs({1, INFINITY}, 1, 2, spec(4, 0), gram, math, {}).error().code, ErrorCode::Refused);
    EXPECT_EQ(roundClippedByOutputs({1, 2}, 1, 2, spec(4, 0), gram, math, [] { return true; }).error().code, ErrorCode::Cancelled);
}

TEST(ClippedByOutputs, IsWhatAwqRoundsWithAndNoOtherMethod) {
    base::Random random(133);
    PlainMath math;
    Tools tools;
    tools.math = &math;
    const std::vector<float> x = inputs(random, 60, 32), weight = normals(random, 4 * 32), gram = gramOf(x, 32);
    LayerInputs seen(1);
    seen[0].products = Hessian{32, Tensor::fromFloats({32, 32}, gram), 60};
    const auto made = roundLayer(weight, 4, 32, spec(3, 16), false, seen, tools);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->scales, roundClippedByOutputs(weight, 4, 32, spec(3, 16), gram, math, {})->scales);
    EXPECT_NE(made->scales, roundToNearest(weight, 4, 32, spec(3, 16))->scales);
    for (const char* method : {"rtn", "awq+mse", "awq+gptq", "smoothquant"}) {
        WeightSpec other = spec(3, 16);
        other.method = method;
        EXPECT_FALSE(clipsByOutputs(other)) << method;
    }
    EXPECT_FALSE(clipsByOutputs(spec(3, -1))) << "one scale for the tensor is no group's own";
    EXPECT_FALSE(roundsRowByRow(spec(3, 16), DataType::Float32)) << "its rows look at the inputs together";
}

}  // namespace
}  // namespace trimtab::compress
