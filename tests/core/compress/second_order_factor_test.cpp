#include "core/compress/second_order/factor.h"

#include <algorithm>

#include "core/compress/second_order/triangle.h"
#include "tests/core/compress/second_order_layer.h"

namespace trimtab::compress {
namespace {

Hessian handMade(std::int64_t size, const std::vector<float>& values) { return {size, Tensor::fromFloats(Shape{size, size}, values), 1}; }

/// The largest entry of Uᵀ·U·H − I, in double.
double distanceFromInverse(const InverseFactor& factor, const Matrix& damped) {
    const auto size = static_cast<std::size_t>(factor.size);
    Matrix product(size * size, 0.0);  // U · H
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t k = i; k < size; ++k)
            for (std::size_t j = 0; j < size; ++j)
                product[i * size + j] += static_cast<double>(factor.row(static_cast<std::int64_t>(i))[k]) * damped[k * size + j];
    Matrix identity(size * size, 0.0);
    for (std::size_t k = 0; k < size; ++k)
        for (std::size_t i = k; i < size; ++i)
            for (std::size_t j = 0; j < size; ++j)
                identity[i * size + j] += static_cast<double>(factor.row(static_cast<std::int64_t>(k))[i]) * product[k * size + j];
    double distance = 0;
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j < size; ++j) distance = std::max(distance, std::abs(identity[i * size + j] - (i == j ? 1 : 0)));
    return distance;
}

TEST(HessianSum, IsTheSumOfProductsOverAllBatches) {
    base::Random random(3);
    for (const std::int64_t size : {1, 5, 255, 256, 257, 300}) {
        PlainMath math;
        HessianSum sum = *HessianSum::begin(size);
        Matrix wanted(static_cast<std::size_t>(size * size), 0.0);
        std::int64_t seen = 0;
        for (const std::int64_t count : {4, 0, 1, 9}) {
            const std::int64_t stride = size + 3;
            const std::vector<float> rows = normalWeights(random, count, stride);
            ASSERT_TRUE(sum.add(math, rows.data(), count, stride));
            seen += count;
            for (std::int64_t row = 0; row < count; ++row) {
                const float* const x = rows.data() + row * stride;
                for (std::int64_t i = 0; i < size; ++i)
                    for (std::int64_t j = 0; j < size; ++j)
                        wanted[static_cast<std::size_t>(i * size + j)] += static_cast<double>(x[i]) * x[j];
            }
        }
        const Hessian hessian = *std::move(sum).finish();
        EXPECT_EQ(hessian.size, size);
        EXPECT_EQ(hessian.rows, seen);
        const auto values = hessian.values.data<float>();
        for (std::size_t i = 0; i < wanted.size(); ++i)
            ASSERT_NEAR(values[i], wanted[i], 1e-5 * (1 + std::abs(wanted[i]))) << size << " at " << i;
        for (std::int64_t i = 0; i < size; ++i)
            for (std::int64_t j = 0; j < i; ++j)
                ASSERT_EQ(values[static_cast<std::size_t>(i * size + j)], values[static_cast<std::size_t>(j * size + i)]);
    }
}

TEST(InverseFactor, MultipliesBackToTheInverse) {
    base::Random random(8);
    for (const std::int64_t size : {1, 2, 3, 127, 128, 129, 256, 300, 400}) {
        const std::vector<float> inputs = correlatedInputs(random, size + 50, size);
        const InverseFactor factor = factorOf(inputs, size);
        EXPECT_EQ(factor.damping, 0.01);
        EXPECT_LT(distanceFromInverse(factor, dampedHessian(hessianOf(inputs, size), 0.01)), 1e-3) << size;
        for (std::int64_t i = 0; i < size; ++i) {
            EXPECT_GT(factor.row(i)[i], 0);
            for (std::int64_t j = 0; j < i; ++j) ASSERT_EQ(factor.row(i)[j], 0);
        }
    }
}

TEST(InverseFactor, HoldsTheShrinkingInversesOfOptimalBrainCompression) {
    base::Random random(15);
    constexpr std::int64_t kSize = 7;
    const std::vector<float> inputs = correlatedInputs(random, 40, kSize);
    const InverseFactor factor = factorOf(inputs, kSize);
    const auto inverses = shrinkingInverses(dampedHessian(hessianOf(inputs, kSize), 0.01), kSize);
    for (std::size_t j = 0; j < kSize; ++j) {
        const float* const row = factor.row(static_cast<std::int64_t>(j));
        for (std::size_t k = j; k < kSize; ++k) {
            const double wanted = inverses[j][j * kSize + k];
            EXPECT_NEAR(static_cast<double>(row[j]) * row[k], wanted, 1e-4 * std::abs(inverses[j][j * kSize + j]));
        }
    }
}

TEST(InverseFactor, OrdersColumnsByFallingDiagonal) {
    base::Random random(4);
    for (const std::int64_t size : {1, 6, 150}) {
        const std::vector<float> inputs = correlatedInputs(random, size + 30, size);
        FactorOptions options;
        options.byFallingDiagonal = true;
        const InverseFactor factor = factorOf(inputs, size, options);
        const Hessian hessian = hessianOf(inputs, size);
        ASSERT_EQ(factor.order.size(), static_cast<std::size_t>(size));
        for (std::int64_t place = 1; place < size; ++place)
            EXPECT_GE(hessian.diagonal(factor.columnAt(place - 1)), hessian.diagonal(factor.columnAt(place)));
        EXPECT_LT(distanceFromInverse(factor, dampedHessian(hessian, 0.01, factor.order)), 1e-3);
    }
}

TEST(InverseFactor, DeadColumnsStandApartAndCountNothingTowardsTheMean) {
    // Diagonal 4, 0, 8: the mean of the living is 6.
    PlainMath math;
    FactorOptions options;
    options.damping = 0.5;
    const auto factor = factorInverse(math, handMade(3, {4, 0, 2, 0, 0, 0, 2, 0, 8}), options);
    ASSERT_TRUE(factor);
    EXPECT_EQ(factor->dead, (std::vector<std::uint8_t>{0, 1, 0}));
    EXPECT_LT(distanceFromInverse(*factor, {7, 0, 2, 0, 1, 0, 2, 0, 11}), 1e-6);
    EXPECT_EQ(factor->row(1)[1], 1);
    EXPECT_EQ(factor->row(1)[2], 0);
    const auto allDead = factorInverse(math, handMade(2, {0, 0, 0, 0}));
    ASSERT_TRUE(allDead);
    EXPECT_EQ(allDead->row(0)[0], 1);
}

TEST(InverseFactor, DeadColumnsComeLastByFallingDiagonalAndAreToldByPlace) {
    PlainMath math;
    FactorOptions options;
    options.byFallingDiagonal = true;
    const auto factor = factorInverse(math, handMade(3, {0, 0, 0, 0, 4, 2, 0, 2, 8}), options);
    ASSERT_TRUE(factor);
    EXPECT_EQ(factor->order, (std::vector<std::int64_t>{2, 1, 0}));
    EXPECT_EQ(factor->dead, (std::vector<std::uint8_t>{0, 0, 1}));
}

TEST(InverseFactor, RaisesTheDampingUntilTheInputsDetermineTheWeights) {
    // The first ten columns are always equal; the others, a block and more, are not, so that the first trial fails late.
    base::Random random(6);
    constexpr std::int64_t kSize = 200;
    std::vector<float> inputs = normalWeights(random, 300, kSize);
    for (std::size_t row = 0; row < 300; ++row)
        for (std::size_t j = 0; j < 10; ++j) inputs[row * kSize + j] = row < 4 ? 2.0F : 0.0F;
    FactorOptions options;
    options.damping = 0;
    const InverseFactor factor = factorOf(inputs, kSize, options);
    EXPECT_GE(factor.damping, 0.001);
    EXPECT_LT(distanceFromInverse(factor, dampedHessian(hessianOf(inputs, kSize), factor.damping)), 1e-2);
}

TEST(InverseFactor, FailsWithWordsWhenNoDampingIsEnough) {
    PlainMath math;
    const auto indefinite = factorInverse(math, handMade(2, {1, 1000, 1000, 1}));
    ASSERT_FALSE(indefinite);
    EXPECT_EQ(indefinite.error().code, ErrorCode::Failed);
    EXPECT_NE(indefinite.error().message.find("10 times"), std::string::npos) << indefinite.error().message;
    const auto infinite = factorInverse(math, handMade(2, {INFINITY, 0, 0, 1}));
    ASSERT_FALSE(infinite);
    EXPECT_NE(infinite.error().message.find("infinities"), std::string::npos);
    EXPECT_FALSE(factorInverse(math, handMade(2, {1, NAN, NAN, 1})));
}

TEST(InverseFactor, StopsBetweenBlocksWhenCancelled) {
    base::Random random(2);
    const std::vector<float> inputs = correlatedInputs(random, 320, 300);
    for (int polls = 0; polls < 6; ++polls) {
        int left = polls;
        FactorOptions options;
        options.cancelled = [&] { return left-- == 0; };
        PlainMath math;
        const auto factor = factorInverse(math, hessianOf(inputs, 300), options);
        ASSERT_FALSE(factor) << polls;
        EXPECT_EQ(factor.error().code, ErrorCode::Cancelled);
    }
}

TEST(Triangles, AreMirroredEitherWay) {
    std::vector<float> matrix{1, 2, 3, 0, 4, 5, 0, 0, 6};
    mirrorUpper(matrix.data(), 3);
    EXPECT_EQ(matrix, (std::vector<float>{1, 2, 3, 2, 4, 5, 3, 5, 6}));
    matrix = {1, 9, 9, 2, 4, 9, 3, 5, 6};
    mirrorLower(matrix.data(), 3);
    EXPECT_EQ(matrix, (std::vector<float>{1, 2, 3, 2, 4, 5, 3, 5, 6}));
}

}  // namespace
}  // namespace trimtab::compress
