#include "kernels/cuda/kernels/products.h"
#include "tests/kernels/cuda/product_case.h"

namespace trimtab::cuda {
namespace {

class IntegerProductTest : public DeviceTest {
protected:
    static std::vector<std::int8_t> bytes(std::size_t count, unsigned seed) {
        std::mt19937 engine(seed);
        std::uniform_int_distribution<int> draw(-128, 127);
        std::vector<std::int8_t> made(count);
        for (auto& value : made) value = static_cast<std::int8_t>(draw(engine));
        return made;
    }
    /// What lies between k and the pitches is noise: only k columns count.
    static void expectExact(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t pitchA, std::int64_t pitchB) {
        const auto aHost = bytes(static_cast<std::size_t>(m * pitchA), 1);
        const auto bHost = bytes(static_cast<std::size_t>(n * pitchB), 2);
        const auto a = array(aHost);
        const auto b = array(bHost);
        const auto sums = uninitialised<std::int32_t>(static_cast<std::size_t>(m * n));
        ASSERT_TRUE(launchIntegerProduct(stream(), m, n, k, pitchA, pitchB, a.data(), b.data(), sums.data()));
        const auto got = read(sums);
        for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) {
                std::int32_t wanted = 0;
                for (std::int64_t c = 0; c < k; ++c)
                    wanted += aHost[static_cast<std::size_t>(i * pitchA + c)] * bHost[static_cast<std::size_t>(j * pitchB + c)];
                ASSERT_EQ(got[static_cast<std::size_t>(i * n + j)], wanted) << m << "×" << n << "×" << k << " at " << i << ", " << j;
            }
    }

    struct Operands {
        std::vector<std::int32_t> sums, rowSums;
        std::vector<float> scales, bias, parameters{0.03F, -17.0F};
    };
    static Operands operands(std::int64_t m, std::int64_t n) {
        Operands made;
        std::mt19937 engine(3);
        std::uniform_int_distribution<std::int32_t> sum(-2000000, 2000000);
        for (std::int64_t i = 0; i < m * n; ++i) made.sums.push_back(sum(engine));
        for (std::int64_t i = 0; i < n; ++i) made.rowSums.push_back(sum(engine) / 100);
        made.scales = normal(static_cast<std::size_t>(n), 4);
        for (float& scale : made.scales) scale = std::abs(scale) * 1e-3F + 1e-4F;
        made.bias = normal(static_cast<std::size_t>(n), 5);
        return made;
    }
    static void expectEpilogue(const IntegerEpilogue& epilogue, bool bias, bool residual, double tolerance) {
        const std::int64_t m = epilogue.m;
        const std::int64_t n = epilogue.n;
        const Operands host = operands(m, n);
        const auto sums = array(host.sums);
        const auto rowSums = array(host.rowSums);
        const auto scales = array(host.scales);
        const auto biases = array(host.bias);
        const auto parameters = array(host.parameters);
        const auto residualBytes = toBytes(epilogue.outputType, normal(static_cast<std::size_t>(m * n), 6));
        const auto residuals = array(residualBytes);
        const auto y = uninitialised<std::uint8_t>(residualBytes.size());
        ASSERT_TRUE(launchIntegerEpilogue(stream(), epilogue, sums.data(), parameters.data(), rowSums.data(), scales.data(),
                                          bias ? biases.data() : nullptr, residual ? residuals.data() : nullptr, y.data()));
        const auto added = toFloats(epilogue.outputType, residualBytes);
        const std::int64_t positions = epilogue.channelsFirst > 0 ? epilogue.channelsFirst : m;
        std::vector<double> wanted(static_cast<std::size_t>(m * n));
        for (std::int64_t row = 0; row < m; ++row)
            for (std::int64_t column = 0; column < n; ++column) {
                const auto c = static_cast<std::size_t>(column);
                const std::int64_t at =
                    epilogue.channelsFirst > 0 ? (row / positions * n + column) * positions + row % positions : row * n + column;
                double value = (static_cast<double>(host.sums[static_cast<std::size_t>(row * n + column)]) + 17.0 * host.rowSums[c]) *
                               static_cast<double>(host.parameters[0]) * static_cast<double>(host.scales[c]);
                if (bias) value += static_cast<double>(host.bias[c]);
                if (residual) value += static_cast<double>(added[static_cast<std::size_t>(at)]);
                wanted[static_cast<std::size_t>(at)] =
                    activatedValue({.activation = epilogue.activation, .low = epilogue.low, .high = epilogue.high}, value);
            }
        EXPECT_LT(relativeError(toFloats(epilogue.outputType, read(y)), wanted), tolerance);
    }
};

TEST_F(IntegerProductTest, SumsAreExactOverTails) {
    for (const std::int64_t m : {1, 16, 65})
        for (const std::int64_t k : {1, 16, 127, 128, 300}) expectExact(m, 37, k, (k + 15) / 16 * 16, (k + 15) / 16 * 16);
    expectExact(130, 66, 256, 256, 256);
}

TEST_F(IntegerProductTest, OnlyColumnsBeforeKCount) {
    expectExact(5, 9, 35, 64, 48);
    expectExact(17, 3, 130, 160, 144);
    expectExact(4, 4, 0, 16, 16);
}

TEST_F(IntegerProductTest, LargeTilesAreExactToo) { expectExact(129, 128 * 66 - 5, 24, 32, 32); }

TEST_F(IntegerProductTest, NothingToDoIsDone) {
    expectExact(0, 8, 16, 16, 16);
    expectEpilogue({.m = 0, .n = 5}, true, false, 1e-6);
}

TEST_F(IntegerProductTest, EpilogueTakesZeroPointsAwayAndScales) {
    for (const std::int64_t m : {1, 33})
        for (const Activation activation : {Activation::None, Activation::Relu, Activation::Sigmoid, Activation::Clip})
            expectEpilogue({.m = m, .n = 45, .activation = activation, .low = -1, .high = 2}, true, true, 1e-6);
    expectEpilogue({.m = 7, .n = 45, .outputType = DataType::BFloat16}, false, true, 3e-3);
    expectEpilogue({.m = 7, .n = 45, .outputType = DataType::Float16}, true, false, 4e-4);
}

TEST_F(IntegerProductTest, EpilogueWritesChannelsFirst) {
    expectEpilogue({.m = 3 * 49, .n = 40, .channelsFirst = 49}, true, true, 1e-6);
    expectEpilogue({.m = 2 * 64, .n = 32, .outputType = DataType::Float16, .activation = Activation::Relu, .channelsFirst = 64}, true,
                   false, 4e-4);
    expectEpilogue({.m = 5, .n = 70, .channelsFirst = 1}, false, true, 1e-6);
}

}  // namespace
}  // namespace trimtab::cuda
