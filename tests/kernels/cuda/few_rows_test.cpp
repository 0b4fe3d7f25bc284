#include "tests/kernels/cuda/product_case.h"

namespace trimtab::cuda {
namespace {

class FewRowsTest : public ProductTest {
protected:
    static void expectClose(std::int64_t m, std::int64_t n, std::int64_t k, const StoredWeight& weight, const ProductOptions& options) {
        EXPECT_LT(error(launchFewRows, m, n, k, weight, options), tolerance(options.outputType))
            << "m " << m << ", n " << n << ", k " << k << ", kind " << static_cast<int>(weight.format.kind) << ", group "
            << weight.format.group;
    }
};

TEST_F(FewRowsTest, EveryNumberOfRowsTimesBFloat16) {
    const StoredWeight weight = plainWeight(DataType::BFloat16, 37, 136, 1);
    for (std::int64_t m = 1; m <= kFewRows; ++m) expectClose(m, 37, 136, weight, {.outputType = DataType::Float32});
}

TEST_F(FewRowsTest, EachTypeByItselfAndMixed) {
    for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16})
        for (const DataType stored : {DataType::Float32, DataType::Float16, DataType::BFloat16})
            for (const std::int64_t m : {1, 3, 9})
                expectClose(m, 21, 264, plainWeight(stored, 21, 264, 2), {.type = type, .outputType = type});
}

TEST_F(FewRowsTest, RowsLongEnoughForEveryWarpAndSlot) {
    expectClose(1, 16, 4096 + 72, plainWeight(DataType::Float16, 16, 4096 + 72, 3),
                {.type = DataType::Float16, .outputType = DataType::Float32});
    expectClose(2, 20, 8192, integerWeight(4, 20, 8192, 128, false, 3), {.outputType = DataType::Float32});
    expectClose(1, 9, 4104, plainWeight(DataType::Float32, 9, 4104, 3), {.type = DataType::Float32, .outputType = DataType::Float32});
}

TEST_F(FewRowsTest, IntegerCodesWithOneScaleARow) {
    for (const int bits : {8, 4})
        for (const bool zeros : {false, true})
            for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16})
                for (const std::int64_t m : {1, 4, 11})
                    expectClose(m, 35, 328, integerWeight(bits, 35, 328, 0, zeros, 4), {.type = type, .outputType = DataType::Float32});
}

TEST_F(FewRowsTest, IntegerCodesInGroups) {
    for (const int bits : {8, 4})
        for (const std::int64_t group : {32, 64, 96, 128, 512})
            for (const bool zeros : {false, true})
                expectClose(3, 18, 1120, integerWeight(bits, 18, 1120, group, zeros, 5),
                            {.type = DataType::BFloat16, .outputType = DataType::Float32});
    expectClose(16, 18, 608, integerWeight(4, 18, 608, 32, true, 5), {.type = DataType::Float16, .outputType = DataType::Float32});
}

TEST_F(FewRowsTest, GroupsThatTensorCoresDontTake) {
    for (const int bits : {8, 4})
        for (const std::int64_t group : {16, 24, 13})
            for (const DataType type : {DataType::Float32, DataType::BFloat16})
                expectClose(2, 10, 203, integerWeight(bits, 10, 203, group, true, 6), {.type = type, .outputType = DataType::Float32});
}

TEST_F(FewRowsTest, OddExtentsAndMisalignedRows) {
    for (const std::int64_t k : {1, 7, 31, 65, 129})
        for (const DataType type : {DataType::Float32, DataType::BFloat16}) {
            expectClose(3, 5, k, plainWeight(type, 5, k, 7), {.type = type, .outputType = DataType::Float32});
            expectClose(3, 5, k, integerWeight(4, 5, k, 0, true, 7), {.type = type, .outputType = DataType::Float32});
            expectClose(3, 5, k, integerWeight(8, 5, k, 32, false, 7), {.type = type, .outputType = DataType::Float32});
        }
    for (const DataType type : {DataType::Float32, DataType::Float16})
        expectClose(2, 17, 128, plainWeight(type, 17, 128, 8), {.type = type, .outputType = type, .misalignedX = true});
}

TEST_F(FewRowsTest, BiasResidualAndActivationFollowTheSum) {
    for (const Activation activation : {Activation::None, Activation::Relu, Activation::Sigmoid, Activation::Clip})
        for (const DataType output : {DataType::BFloat16, DataType::Float32}) {
            const ProductOptions options{
                .outputType = output, .bias = true, .residual = true, .activation = activation, .low = -1, .high = 6};
            expectClose(2, 33, 96, plainWeight(DataType::BFloat16, 33, 96, 9), options);
            expectClose(9, 33, 96, integerWeight(8, 33, 96, 0, true, 9), options);
        }
    expectClose(
        2, 33, 96, plainWeight(DataType::Float32, 33, 96, 9),
        {.type = DataType::Float32, .outputType = DataType::Float32, .bias = true, .residual = true, .activation = Activation::Relu});
}

TEST_F(FewRowsTest, ResidualMayBeTheOutput) {
    const StoredWeight weight = plainWeight(DataType::BFloat16, 24, 64, 10);
    const auto xBytes = toBytes(DataType::BFloat16, normal(64, 1));
    const auto before = normal(24, 2);
    const auto x = array(xBytes);
    const auto w = array(weight.bytes);
    const auto y = array(before);
    const Product product{1, 24, 64, DataType::BFloat16, DataType::Float32, weight.format};
    ASSERT_TRUE(launchFewRows(stream(), product, {.x = x.data(), .w = w.data(), .residual = y.data(), .y = y.data()}));
    const auto got = read(y);
    const auto xs = toFloats(DataType::BFloat16, xBytes);
    std::vector<double> wanted;
    for (std::size_t n = 0; n < 24; ++n) {
        double sum = before[n];
        for (std::size_t i = 0; i < 64; ++i) sum += static_cast<double>(xs[i]) * weight.values[n * 64 + i];
        wanted.push_back(sum);
    }
    EXPECT_LT(relativeError(got, wanted), 2e-6);
}

TEST_F(FewRowsTest, MoreTilesThanBlocksThatStay) {
    // 16 outputs to a block and 396 blocks: the second tile of a block goes through the same ring.
    expectClose(1, 16 * 8 * 420, 16, plainWeight(DataType::BFloat16, 16 * 8 * 420, 16, 14), {.outputType = DataType::Float32});
}

TEST_F(FewRowsTest, TilesInTurnWhoseWarpsMeet) {
    // Two and eight warps to a tile, and more tiles than all blocks take at once.
    expectClose(1, 16 * 1070 + 3, 512, plainWeight(DataType::BFloat16, 16 * 1070 + 3, 512, 15), {.outputType = DataType::Float32});
    expectClose(2, 16 * 280 + 9, 2048, plainWeight(DataType::BFloat16, 16 * 280 + 9, 2048, 15), {.outputType = DataType::Float32});
}

TEST_F(FewRowsTest, XThatSharedMemoryDoesNotTake) {
    constexpr std::int64_t k = 4096 + 40;
    for (const std::int64_t m : {5, 16}) {
        expectClose(m, 20, k, plainWeight(DataType::BFloat16, 20, k, 16), {.outputType = DataType::Float32});
        expectClose(m, 20, k, integerWeight(8, 20, k, 0, true, 16), {.outputType = DataType::Float32});
        expectClose(m, 20, k, integerWeight(4, 20, k, 96, true, 16), {.outputType = DataType::Float32});
    }
    expectClose(4, 9, 2053, integerWeight(4, 9, 2053, 64, true, 16), {.outputType = DataType::Float32});
    expectClose(3, 9, 2048, plainWeight(DataType::Float16, 9, 2048, 16),
                {.type = DataType::Float16, .outputType = DataType::Float32, .misalignedX = true});
}

TEST_F(FewRowsTest, NothingToDoIsDone) {
    const StoredWeight weight = plainWeight(DataType::BFloat16, 8, 16, 1);
    expectClose(0, 8, 16, weight, {});
    const StoredWeight none = plainWeight(DataType::BFloat16, 8, 0, 1);
    expectClose(2, 8, 0, none, {.outputType = DataType::Float32, .bias = true});
}

TEST_F(FewRowsTest, RefusesWhatItCannotRead) {
    const StoredWeight weight = plainWeight(DataType::BFloat16, 8, 20, 1);
    const auto w = array(weight.bytes);
    Product product{1, 8, 20, DataType::BFloat16, DataType::BFloat16, weight.format};
    product.weight.pitchBytes = 40;
    EXPECT_FALSE(launchFewRows(stream(), product, {.w = w.data()}));
    product.weight.pitchBytes = 48;
    EXPECT_FALSE(launchFewRows(stream(), product, {.w = w.data() + 2}));
    product.m = kFewRows + 1;
    EXPECT_FALSE(launchFewRows(stream(), product, {.w = w.data()}));
}

}  // namespace
}  // namespace trimtab::cuda
