#include "tests/kernels/cuda/product_case.h"

namespace trimtab::cuda {
namespace {

class TiledProductTest : public ProductTest {
protected:
    /// Numbers that integer codes become are rounded to the type of x when a row has several scales.
    static double groupTolerance(DataType type) { return type == DataType::Float16 ? 3e-4 : 2.5e-3; }
    static void expectClose(std::int64_t m, std::int64_t n, std::int64_t k, const StoredWeight& weight, const ProductOptions& options,
                            double allowed = 0) {
        EXPECT_LT(error(launchTiledProduct, m, n, k, weight, options), allowed > 0 ? allowed : tolerance(options.outputType))
            << "m " << m << ", n " << n << ", k " << k << ", kind " << static_cast<int>(weight.format.kind) << ", group "
            << weight.format.group;
    }
};

TEST_F(TiledProductTest, PlainWeightsOverTailsOfEveryExtent) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16})
        for (const std::int64_t m : {1, 32, 33, 64, 65, 130})
            for (const std::int64_t k : {8, 64, 200})
                expectClose(m, 70, k, plainWeight(type, 70, k, 1), {.type = type, .outputType = DataType::Float32});
    expectClose(257, 64, 128, plainWeight(DataType::BFloat16, 64, 128, 1), {});
}

TEST_F(TiledProductTest, RowsThatCopiesOf16BytesCannotTake) {
    for (const std::int64_t k : {1, 13, 67, 131})
        expectClose(35, 33, k, plainWeight(DataType::Float16, 33, k, 2), {.type = DataType::Float16, .outputType = DataType::Float32});
    expectClose(35, 33, 72, plainWeight(DataType::Float16, 33, 72, 2),
                {.type = DataType::Float16, .outputType = DataType::Float32, .misalignedX = true});
}

TEST_F(TiledProductTest, IntegerCodesWithOneScaleARowAreExact) {
    for (const int bits : {8, 4})
        for (const bool zeros : {false, true})
            for (const std::int64_t m : {21, 64, 67})
                expectClose(m, 67, 200, integerWeight(bits, 67, 200, 0, zeros, 3),
                            {.type = DataType::BFloat16, .outputType = DataType::Float32});
}

TEST_F(TiledProductTest, IntegerCodesInGroups) {
    for (const int bits : {8, 4})
        for (const std::int64_t group : {32, 64, 128, 24, 13})
            for (const DataType type : {DataType::Float16, DataType::BFloat16})
                expectClose(group == 64 ? 49 : 65, 66, 203, integerWeight(bits, 66, 203, group, true, 4),
                            {.type = type, .outputType = DataType::Float32}, groupTolerance(type));
}

TEST_F(TiledProductTest, LargeTilesAgreeWithSmallOnes) {
    // 132 tiles of 128 × 128, so that the large shape is chosen; one tile is not whole.
    const std::int64_t n = 128 * 66 - 3;
    expectClose(130, n, 16, plainWeight(DataType::BFloat16, n, 16, 5), {.outputType = DataType::Float32});
    expectClose(130, n, 16, integerWeight(4, n, 16, 0, true, 5), {.outputType = DataType::Float32});
    expectClose(130, n, 16, integerWeight(8, n, 16, 8, false, 5), {.outputType = DataType::Float32}, groupTolerance(DataType::BFloat16));
}

TEST_F(TiledProductTest, BiasResidualAndActivationFollowTheSum) {
    for (const Activation activation : {Activation::Relu, Activation::Sigmoid, Activation::Clip})
        for (const DataType output : {DataType::Float16, DataType::Float32})
            for (const std::int64_t m : {23, 39})
                expectClose(m, 41, 64, plainWeight(DataType::Float16, 41, 64, 6),
                            {.type = DataType::Float16,
                             .outputType = output,
                             .bias = true,
                             .residual = true,
                             .activation = activation,
                             .low = -2,
                             .high = 3});
}

TEST_F(TiledProductTest, NothingToDoIsDoneAndFloat32IsRefused) {
    expectClose(0, 8, 16, plainWeight(DataType::BFloat16, 8, 16, 1), {});
    expectClose(17, 8, 0, plainWeight(DataType::BFloat16, 8, 0, 1), {.outputType = DataType::Float32, .bias = true});
    const StoredWeight weight = plainWeight(DataType::Float32, 8, 16, 1);
    const auto w = array(weight.bytes);
    EXPECT_FALSE(launchTiledProduct(stream(), {20, 8, 16, DataType::Float32, DataType::Float32, weight.format}, {.w = w.data()}));
}

}  // namespace
}  // namespace trimtab::cuda
