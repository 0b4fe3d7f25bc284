// Dynamic quantisation against the words of DynamicQuantizeLinear, computed here in double.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/random.h"
#include "kernels/cpu/simd/quantize.h"

namespace trimtab::cpu::simd {
namespace {

TEST(Quantize, FollowsDynamicQuantizeLinearOnAwkwardLengths) {
    base::Random random(9);
    for (const Isa isa : availableIsas()) {
        for (const std::int64_t count : {1, 15, 16, 17, 1000, 40001}) {
            std::vector<float> x(static_cast<std::size_t>(count));
            for (float& value : x) value = static_cast<float>(random.normal() * 3 + 1);
            const Range range = rangeOf(x.data(), count, isa);
            float low = 0, high = 0;
            for (const float value : x) low = std::min(low, value), high = std::max(high, value);
            ASSERT_EQ(range.low, low);
            ASSERT_EQ(range.high, high);
            const auto parameters = parametersOf(range);
            std::vector<std::uint8_t> q(x.size());
            quantize(x.data(), count, parameters, q.data(), isa);
            for (std::size_t i = 0; i < x.size(); ++i) {
                const float expected =
                    std::min(std::max(std::nearbyint(x[i] / parameters.scale) + static_cast<float>(parameters.zeroPoint), 0.0F), 255.0F);
                ASSERT_EQ(q[i], static_cast<std::uint8_t>(expected)) << name(isa) << " at " << i;
                ASSERT_LE(std::abs((q[i] - parameters.zeroPoint) * parameters.scale - x[i]), parameters.scale * 1.001F);
            }
        }
    }
}

TEST(Quantize, KeepsZeroExact) {
    const float x[4] = {-1.0F, 0.0F, 0.3F, 2.0F};
    const auto parameters = parametersOf(rangeOf(x, 4));
    std::uint8_t q[4];
    quantize(x, 4, parameters, q);
    EXPECT_EQ(q[1], parameters.zeroPoint);
}

TEST(Quantize, GivesScaleOneForAnAllZeroTensor) {
    const float x[3] = {0, 0, 0};
    const auto parameters = parametersOf(rangeOf(x, 3));
    EXPECT_EQ(parameters.scale, 1.0F);
    EXPECT_EQ(parameters.zeroPoint, 0);
}

TEST(Quantize, PassesOverNaNWhenItLooksForTheRange) {
    std::vector<float> x(64, 1.0F);
    x[3] = std::numeric_limits<float>::quiet_NaN();
    x[40] = -2.0F;
    for (const Isa isa : availableIsas()) {
        const Range range = rangeOf(x.data(), 64, isa);
        EXPECT_EQ(range.low, -2.0F) << name(isa);
        EXPECT_EQ(range.high, 1.0F) << name(isa);
    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
