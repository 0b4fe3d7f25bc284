// The matrix products of compression on the GPU, or on the emulator in its place.
#include "kernels/cuda/device_math.h"

#include <gtest/gtest.h>

#include "core/compress/second_order/gptq.h"
#include "core/tensor/convert.h"
#include "kernels/cuda/cuda_engine.h"
#include "tests/core/compress/product_checks.h"
#include "tests/kernels/cuda/engine_harness.h"

namespace trimtab::cuda {
namespace {

using compress::normalWeights;

void expectSum(compress::TensorMath& math, std::int64_t size) {
    base::Random random(5);
    const std::int64_t stride = size + 3;
    auto kept = math.gramSum(size);
    ASSERT_TRUE(kept && *kept);
    const auto place = [](std::int64_t row, std::int64_t column, std::int64_t width) {
        return static_cast<std::size_t>(row * width + column);
    };
    std::vector<double> wanted(static_cast<std::size_t>(size * size), 0.0);
    for (const std::int64_t count : {4, 0, 1, 40}) {
        const auto rows = normalWeights(random, count, stride);
        ASSERT_TRUE((*kept)->add(rows.data(), count, stride));
        for (std::int64_t r = 0; r < count; ++r)
            for (std::int64_t i = 0; i < size; ++i)
                for (std::int64_t j = 0; j < size; ++j)
                    wanted[place(i, j, size)] += static_cast<double>(rows[place(r, i, stride)]) * rows[place(r, j, stride)];
        const std::int64_t sizes[] = {17};
        compress::expectProductsOfThreeLoops(math, sizes, 1);  // with the same memory: the sum is left alone
    }
    std::vector<float> sum(wanted.size());
    ASSERT_TRUE((*kept)->read(sum.data()));
    for (std::size_t i = 0; i < sum.size(); ++i) ASSERT_NEAR(sum[i], wanted[i], 1e-4 * (1 + std::abs(wanted[i]))) << size << " at " << i;
}

TEST(DeviceMath, FormsTheProductsThatThreeLoopsForm) {
    const std::int64_t sizes[] = {0, 1, 2, 31, 32, 33, 65};
    compress::expectProductsOfThreeLoops(*makeDeviceMath(sharedTools()), sizes, 40);
}

TEST(DeviceMath, CutsWhatIsTooMuchAtOnce) {
    // Staging for seven floats a piece or a row of the matrix, operands of a few rows.
    const auto math = makeDeviceMath(sharedTools(), {.stagingBytes = 28, .operandBytes = 400});
    const std::int64_t sizes[] = {1, 3, 20, 33};
    compress::expectProductsOfThreeLoops(*math, sizes, 30);
    expectSum(*math, 13);
}

TEST(DeviceMath, KeepsSumsOfProductsUntilTheyAreRead) {
    const auto math = makeDeviceMath(sharedTools());
    for (const std::int64_t size : {1, 33, 70}) expectSum(*math, size);
}

TEST(DeviceMath, IsWhatTheEngineBrings) {
    EXPECT_TRUE(makeCudaEngine(sharedTools())->tensorMath());
}

TEST(DeviceMath, HessiansOnTheDeviceAreThoseOfTheHost) {
    constexpr std::int64_t kColumns = 48;
    base::Random random(7);
    const auto inputs = normalWeights(random, 100, kColumns);
    const auto math = makeDeviceMath(sharedTools());
    compress::HessianSum sum = *compress::HessianSum::begin(kColumns);
    ASSERT_TRUE(sum.add(*math, inputs.data(), 60, kColumns));
    ASSERT_TRUE(sum.add(*math, inputs.data() + 60 * kColumns, 40, kColumns));
    const auto made = std::move(sum).finish();
    ASSERT_TRUE(made) << made.error().text();
    const compress::Hessian wanted = compress::hessianOf(inputs, kColumns);
    EXPECT_EQ(made->rows, wanted.rows);
    const auto got = made->values.data<float>(), host = wanted.values.data<float>();
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], host[i], 1e-4 * (1 + std::abs(host[i]))) << i;
}

TEST(DeviceMath, GptqLeavesAsLittleErrorAsWithProductsOfTheHost) {
    constexpr std::int64_t kRows = 12, kColumns = 48;
    base::Random random(9);
    const auto inputs = compress::correlatedInputs(random, 200, kColumns);
    const auto weights = normalWeights(random, kRows, kColumns);
    recipe::WeightSpec spec{3};
    const auto errorWith = [&](compress::TensorMath& math) {
        const auto factor = compress::factorInverse(math, compress::hessianOf(inputs, kColumns));
        EXPECT_TRUE(factor) << factor.error().text();
        auto made = compress::gptq(math, weights, kRows, kColumns, spec, *factor);
        EXPECT_TRUE(made) << made.error().text();
        made->originalShape = Shape{kRows, kColumns};
        return compress::outputError(weights, tensor::toFloats(*made->dequantize()), inputs, kColumns);
    };
    compress::PlainMath plain;
    const double host = errorWith(plain);
    const double device = errorWith(*makeDeviceMath(sharedTools()));
    EXPECT_GT(host, 0);
    EXPECT_NEAR(device / host, 1, 0.02);
}

}  // namespace
}  // namespace trimtab::cuda
