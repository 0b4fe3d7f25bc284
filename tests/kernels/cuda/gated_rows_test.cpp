// Gated units of few rows, y = silu(x · gateᵀ) · (x · upᵀ), against the definition in double precision.
#include "tests/kernels/cuda/product_case.h"

namespace trimtab::cuda {
namespace {

std::vector<double> productOf(const std::vector<float>& x, const StoredWeight& weight, std::int64_t m, std::int64_t n, std::int64_t k) {
    std::vector<double> sums;
    for (std::int64_t row = 0; row < m; ++row)
        for (std::int64_t column = 0; column < n; ++column) {
            double sum = 0;
            for (std::int64_t i = 0; i < k; ++i)
                sum += static_cast<double>(x[static_cast<std::size_t>(row * k + i)]) *
                       weight.values[static_cast<std::size_t>(column * k + i)];
            sums.push_back(sum);
        }
    return sums;
}

/// Of about one standard deviation, so that silu is met where it bends.
StoredWeight tamed(StoredWeight weight, std::int64_t k) {
    const float factor = 1 / (2.5F * std::sqrt(static_cast<float>(k)));
    for (float& scale : weight.scales) scale *= factor;
    for (double& value : weight.values) value *= static_cast<double>(factor);
    return weight;
}

class GatedRowsTest : public ProductTest {
protected:
    struct Pair {
        StoredWeight gate, up;
    };
    static Pair plain(DataType type, std::int64_t n, std::int64_t k) { return {plainWeight(type, n, k, 21), plainWeight(type, n, k, 22)}; }
    static Pair integer(int bits, std::int64_t n, std::int64_t k, std::int64_t group, bool zeros) {
        return {tamed(integerWeight(bits, n, k, group, zeros, 23), k), tamed(integerWeight(bits, n, k, group, zeros, 24), k)};
    }

    static void expectClose(std::int64_t m, std::int64_t n, std::int64_t k, const Pair& pair, const ProductOptions& options) {
        const std::size_t shift = options.misalignedX ? 2 : 0;
        const auto xValues = toBytes(options.type, normal(static_cast<std::size_t>(m * k), 11));
        std::vector<std::uint8_t> shifted(shift + xValues.size(), 0xFF);
        std::copy(xValues.begin(), xValues.end(), shifted.begin() + static_cast<std::ptrdiff_t>(shift));
        const auto x = array(shifted);
        const auto gate = array(pair.gate.bytes), up = array(pair.up.bytes);
        const auto gateScales = array(pair.gate.scales), upScales = array(pair.up.scales);
        const auto gateZeros = array(pair.gate.zeros), upZeros = array(pair.up.zeros);
        const auto y = uninitialised<std::uint8_t>(static_cast<std::size_t>(m * n) * (options.outputType == DataType::Float32 ? 4 : 2));
        const Product product{m, n, k, options.type, options.outputType, pair.gate.format};
        const Status done = launchGatedRows(stream(), product,
                                            {.x = x.data() + shift,
                                             .gate = {gate.data(), gateScales.data(), gateZeros.data()},
                                             .up = {up.data(), upScales.data(), upZeros.data()},
                                             .y = y.data()});
        ASSERT_TRUE(done) << (done ? "" : done.error().text());
        const auto xs = toFloats(options.type, xValues);
        std::vector<double> wanted = productOf(xs, pair.gate, m, n, k);
        const std::vector<double> factors = productOf(xs, pair.up, m, n, k);
        for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] *= factors[i] / (1 + std::exp(-wanted[i]));
        EXPECT_LT(relativeError(toFloats(options.outputType, read(y)), wanted), 2 * tolerance(options.outputType))
            << "m " << m << ", n " << n << ", k " << k << ", kind " << static_cast<int>(pair.gate.format.kind) << ", group "
            << pair.gate.format.group;
    }
};

TEST_F(GatedRowsTest, EveryNumberOfRows) {
    const Pair plainPair = plain(DataType::BFloat16, 37, 136);
    const Pair codes = integer(4, 37, 160, 32, false);
    for (std::int64_t m = 1; m <= kFewRows; ++m) {
        expectClose(m, 37, 136, plainPair, {.outputType = DataType::Float32});
        expectClose(m, 37, 160, codes, {.outputType = DataType::Float32});
    }
}

TEST_F(GatedRowsTest, BothTypesInAndOut) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16})
        for (const std::int64_t m : {1, 3, 9}) {
            expectClose(m, 21, 264, integer(8, 21, 264, 0, false), {.type = type, .outputType = type});
            expectClose(m, 21, 264, integer(4, 21, 264, 0, true), {.type = type, .outputType = type});
            expectClose(m, 5, 264, plain(type, 5, 264), {.type = type, .outputType = DataType::Float32});
        }
}

TEST_F(GatedRowsTest, CodesWithGroupsAndZeroPoints) {
    for (const int bits : {8, 4})
        for (const std::int64_t group : {0, 32, 96, 512})
            for (const bool zeros : {false, true}) {
                expectClose(3, 18, 1120, integer(bits, 18, 1120, group, zeros), {.outputType = DataType::Float32});
                expectClose(16, 9, 608, integer(bits, 9, 608, group, zeros),
                            {.type = DataType::Float16, .outputType = DataType::Float32});
            }
}

TEST_F(GatedRowsTest, OddExtentsAndMisalignedRows) {
    for (const std::int64_t n : {1, 7, 8, 9})
        for (const std::int64_t k : {1, 31, 65, 129}) {
            expectClose(3, n, k, plain(DataType::BFloat16, n, k), {.outputType = DataType::Float32});
            expectClose(2, n, k, integer(4, n, k, 0, true), {.outputType = DataType::Float32});
            expectClose(1, n, k, integer(8, n, k, 32, true), {.outputType = DataType::Float32});
        }
    expectClose(2, 17, 128, plain(DataType::Float16, 17, 128),
                {.type = DataType::Float16, .outputType = DataType::Float32, .misalignedX = true});
}

TEST_F(GatedRowsTest, LongRowsAndManyTiles) {
    expectClose(2, 20, 8192, integer(4, 20, 8192, 128, false), {.outputType = DataType::Float32});
    expectClose(1, 16, 4096 + 72, plain(DataType::BFloat16, 16, 4096 + 72), {.outputType = DataType::Float32});
    // More tiles of 64 outputs than blocks that stay, with scales of a row that a later tile asks for anew.
    expectClose(1, 64 * 400, 16, integer(8, 64 * 400, 16, 0, true), {.outputType = DataType::Float32});
    expectClose(0, 8, 16, plain(DataType::BFloat16, 8, 16), {});
}

TEST_F(GatedRowsTest, RefusesWhatItDoesNotTake) {
    const Pair pair = plain(DataType::BFloat16, 8, 32);
    const auto w = array(pair.gate.bytes);
    Product product{1, 8, 32, DataType::BFloat16, DataType::BFloat16, pair.gate.format};
    const GatedOperands operands{.gate = {w.data()}, .up = {w.data()}};
    EXPECT_TRUE(takesGatedRows(product));
    product.m = kFewRows + 1;
    EXPECT_FALSE(takesGatedRows(product));
    EXPECT_FALSE(launchGatedRows(stream(), product, operands));
    product.m = 1;
    product.type = DataType::Float16;  // the weights are bfloat16
    EXPECT_FALSE(takesGatedRows(product));
    product.type = product.outputType = DataType::Float32;
    EXPECT_FALSE(launchGatedRows(stream(), product, operands));
    product.type = product.outputType = DataType::BFloat16;
    product.activation = Activation::Relu;
    EXPECT_FALSE(launchGatedRows(stream(), product, operands));
    product.activation = Activation::None;
    product.weight = integerWeight(4, 8, 32, 16, false, 1).format;  // groups that are no multiple of 32
    EXPECT_FALSE(takesGatedRows(product));
    EXPECT_FALSE(launchGatedRows(stream(), product, {.gate = {w.data()}, .up = {w.data() + 2}}));
}

}  // namespace
}  // namespace trimtab::cuda
