#include "tests/kernels/cuda/product_case.h"

namespace trimtab::cuda {
namespace {

class StreamedProductTest : public ProductTest {
protected:
    static void expectClose(std::int64_t m, std::int64_t n, std::int64_t k, const StoredWeight& weight, const ProductOptions& options) {
        EXPECT_LT(error(launchTiledProduct, m, n, k, weight, options), tolerance(options.outputType))
            << "m " << m << ", n " << n << ", k " << k << ", kind " << static_cast<int>(weight.format.kind) << ", group "
            << weight.format.group;
    }
    static Product productOf(std::int64_t m, std::int64_t n, std::int64_t k, DataType type, const WeightFormat& format) {
        return {.m = m, .n = n, .k = k, .type = type, .weight = format};
    }
};

TEST_F(StreamedProductTest, EveryTailOfRowsOutputsAndColumns) {
    for (const std::int64_t m : {17, 24, 31, 32, 33, 57, 64})
        for (const std::int64_t k : {8, 136, 400})
            expectClose(m, m < 40 ? 37 : 131, k, integerWeight(8, m < 40 ? 37 : 131, k, 0, true, 1), {.outputType = DataType::Float32});
    for (const std::int64_t m : {1, 16, 25, 48, 65})
        for (const std::int64_t k : {24, 296})
            expectClose(m, 33, k, integerWeight(4, 33, k, 0, true, 2), {.outputType = DataType::Float32});
}

TEST_F(StreamedProductTest, BothFormatsTimesBothTypesWithAndWithoutZeroPoints) {
    for (const int bits : {8, 4})
        for (const bool zeros : {false, true})
            for (const DataType type : {DataType::Float16, DataType::BFloat16})
                for (const std::int64_t m : {19, 50})
                    expectClose(m, 70, 328, integerWeight(bits, 70, 328, 0, zeros, 3), {.type = type, .outputType = DataType::Float32});
}

TEST_F(StreamedProductTest, GroupsOfWholeBlocks) {
    for (const int bits : {8, 4})
        for (const std::int64_t group : {32, 64, 96, 128, 512})
            for (const bool zeros : {false, true})
                expectClose(group < 100 ? 22 : 61, 35, 744, integerWeight(bits, 35, 744, group, zeros, 4),
                            {.type = zeros ? DataType::Float16 : DataType::BFloat16, .outputType = DataType::Float32});
}

TEST_F(StreamedProductTest, ManyStagesGoThroughTheRing) {
    expectClose(33, 20, 3080, integerWeight(8, 20, 3080, 0, false, 5), {.outputType = DataType::Float32, .workspace = false});
    expectClose(18, 20, 3080, integerWeight(4, 20, 3080, 128, true, 5), {.outputType = DataType::Float32, .workspace = false});
}

TEST_F(StreamedProductTest, ColumnsAreSharedWhereOutputsAreFew) {
    for (const int bits : {8, 4}) {
        const StoredWeight weight = integerWeight(bits, 150, 1288, bits == 4 ? 64 : 0, true, 6);
        EXPECT_GT(productWorkspace(productOf(20, 150, 1288, DataType::BFloat16, weight.format)), 20 * 150 * 4);
        for (const bool workspace : {true, false})
            expectClose(20, 150, 1288, weight, {.outputType = DataType::Float32, .workspace = workspace});
    }
}

TEST_F(StreamedProductTest, BiasResidualAndActivationFollowTheSum) {
    for (const Activation activation : {Activation::None, Activation::Relu, Activation::Sigmoid, Activation::Clip})
        for (const DataType output : {DataType::BFloat16, DataType::Float32})
            for (const bool workspace : {true, false})
                expectClose(21, 33, 512, integerWeight(8, 33, 512, activation == Activation::Relu ? 128 : 0, true, 7),
                            {.outputType = output,
                             .bias = true,
                             .residual = true,
                             .activation = activation,
                             .low = -1,
                             .high = 6,
                             .workspace = workspace});
}

TEST_F(StreamedProductTest, RowsThatCopiesOf16BytesCannotTake) {
    for (const int bits : {8, 4}) {
        for (const std::int64_t k : {1, 13, 131})
            expectClose(35, 33, k, integerWeight(bits, 33, k, 0, true, 8), {.type = DataType::Float16, .outputType = DataType::Float32});
        expectClose(35, 33, 200, integerWeight(bits, 33, 200, 0, true, 8),
                    {.type = DataType::Float16, .outputType = DataType::Float32, .misalignedX = true});
    }
}

TEST_F(StreamedProductTest, WhatIsStreamedAndWhatIsNot) {
    const WeightFormat codes = integerWeight(8, 8, 64, 32, false, 1).format;
    EXPECT_TRUE(streamsWeights(productOf(17, 8, 64, DataType::BFloat16, codes)));
    EXPECT_TRUE(streamsWeights(productOf(64, 8, 64, DataType::Float16, codes)));
    EXPECT_FALSE(streamsWeights(productOf(65, 8, 64, DataType::Float16, codes)));
    EXPECT_FALSE(streamsWeights(productOf(17, 8, 60, DataType::Float16, codes)));
    EXPECT_FALSE(streamsWeights(productOf(17, 8, 64, DataType::Float32, codes)));
    EXPECT_FALSE(streamsWeights(productOf(17, 8, 64, DataType::Float16, integerWeight(8, 8, 64, 24, false, 1).format)));
    EXPECT_FALSE(streamsWeights(productOf(17, 8, 64, DataType::Float16, plainWeight(DataType::Float16, 8, 64, 1).format)));
    EXPECT_EQ(productWorkspace(productOf(65, 8, 640, DataType::Float16, codes)), 0);
}

}  // namespace
}  // namespace trimtab::cuda
