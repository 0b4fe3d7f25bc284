// The matrix products of compression on the GPU, or on the emulator in its place.
#include "kernels/cuda/device_math.h"

#include <gtest/gtest.h>

#include "core/compress/second_order/gptq.h"
#include "core/tensor/convert.h"
#include "tests/core/compress/product_checks.h"
#include "tests/kernels/cuda/engine_harness.h"

namespace trimtab::cuda {
namespace {

using compress::normalWeights;

TEST(DeviceMath, FormsTheProductsThatThreeLoopsForm) {
    const std::int64_t sizes[] = {0, 1, 2, 31, 32, 33, 65};
    compress::expectProductsOfThreeLoops(*makeDeviceMath(sharedTools()), sizes, 40);
}

TEST(DeviceMath, KeepsSumsOfProductsUntilTheyAreRead) {
    const auto math = makeDeviceMath(sharedTools());
    base::Random random(5);
    for (const std::int64_t size : {1, 33, 70}) {
        const std::int64_t stride = size + 3;
        auto kept = math->gramSum(size);
        ASSERT_TRUE(kept && *kept);
        std::vector<double> wanted(static_cast<std::size_t>(size * size), 0.0);
        for (const std::int64_t count : {4, 0, 1, 40}) {
            const auto rows = normalWeights(random, count, stride);
            ASSERT_TRUE((*kept)->add(rows.data(), count, stride));
            for (std::int64_t r = 0; r < count; ++r)
                for (std::int64_t i = 0; i < size; ++i)
                    for (std::int64_t j = 0; j < size; ++j)
                        wanted[static_cast<std::size_t>(i * size + j)] += static_cast<double>(rows[static_cast<std::size_t>(r * stride + i)]) *
                                                                          rows[static_cast<std::size_t>(r * stride + j)];
            // What is formed in between with the same memory leaves the sum alone.
            const std::int64_t sizes[] = {17};
            compress::expectProductsOfThreeLoops(*math, sizes, 1);
        }
        std::vector<float> sum(wanted.size());
        ASSERT_TRUE((*kept)->read(sum.data()));
        for (std::size_t i = 0; i < sum.size(); ++i) ASSERT_NEAR(sum[i], wanted[i], 1e-4 * (1 + std::abs(wanted[i]))) << size << " at " << i;
    }
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
        const auto made = compress::gptq(math, weights, kRows, kColumns, spec, *factor);
        EXPECT_TRUE(made) << made.error().text();
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
