#include "kernels/cuda/kernels/products.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

class PlainProductTest : public DeviceTest {
protected:
    static void expectClose(const PlainProduct& product, double tolerance) {
        const auto count = [](std::int64_t batch, std::int64_t stride, std::int64_t size) {
            return static_cast<std::size_t>((batch - 1) * stride + size);
        };
        const auto xBytes = toBytes(product.type, normal(count(product.batch, product.xStride, product.m * product.k), 1));
        const auto wBytes = toBytes(product.type, normal(count(product.batch, product.wStride, product.n * product.k), 2));
        const auto x = array(xBytes);
        const auto w = array(wBytes);
        const std::size_t width = product.outputType == DataType::Float32 ? 4 : 2;
        const auto y = uninitialised<std::uint8_t>(count(product.batch, product.yStride, product.m * product.n) * width);
        ASSERT_TRUE(launchPlainProduct(stream(), product, x.data(), w.data(), y.data()));
        const auto got = toFloats(product.outputType, read(y));
        const auto xs = toFloats(product.type, xBytes);
        const auto ws = toFloats(product.type, wBytes);
        std::vector<float> compared;
        std::vector<double> wanted;
        for (std::int64_t b = 0; b < product.batch; ++b)
            for (std::int64_t i = 0; i < product.m; ++i)
                for (std::int64_t j = 0; j < product.n; ++j) {
                    double sum = 0;
                    for (std::int64_t c = 0; c < product.k; ++c) {
                        const std::int64_t weight = product.weightIsRows ? j * product.k + c : c * product.n + j;
                        sum += static_cast<double>(xs[static_cast<std::size_t>(b * product.xStride + i * product.k + c)]) *
                               static_cast<double>(ws[static_cast<std::size_t>(b * product.wStride + weight)]);
                    }
                    wanted.push_back(sum * static_cast<double>(product.alpha));
                    compared.push_back(got[static_cast<std::size_t>(b * product.yStride + i * product.n + j)]);
                }
        EXPECT_LT(relativeError(compared, wanted), tolerance) << product.m << "×" << product.n << "×" << product.k;
    }
};

TEST_F(PlainProductTest, TailsOfEveryExtentInBothOrders) {
    for (const bool rows : {true, false})
        for (const std::int64_t m : {1, 63, 65})
            for (const std::int64_t k : {1, 16, 37}) expectClose({.m = m, .n = 66, .k = k, .weightIsRows = rows, .alpha = 0.5F}, 1e-6);
    expectClose({.m = 257, .n = 3, .k = 20}, 1e-6);
}

TEST_F(PlainProductTest, TypesInAndOut) {
    for (const DataType in : {DataType::Float32, DataType::Float16, DataType::BFloat16})
        for (const DataType out : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
            const double tolerance = out == DataType::Float32 ? 1e-6 : out == DataType::Float16 ? 4e-4 : 3e-3;
            expectClose({.m = 9, .n = 17, .k = 48, .type = in, .outputType = out}, tolerance);
        }
}

TEST_F(PlainProductTest, BatchesWithStridesAndSharedOperands) {
    expectClose({.batch = 5, .m = 4, .n = 7, .k = 9, .xStride = 40, .wStride = 63, .yStride = 30}, 1e-6);
    expectClose({.batch = 5, .m = 4, .n = 7, .k = 9, .weightIsRows = false, .xStride = 36, .wStride = 0, .yStride = 28}, 1e-6);
    expectClose({.batch = 3, .m = 4, .n = 7, .k = 9, .xStride = 0, .wStride = 63, .yStride = 28}, 1e-6);
}

TEST_F(PlainProductTest, NothingToDoAndSumsOfNothing) {
    expectClose({.m = 0, .n = 7, .k = 9}, 1e-6);
    expectClose({.m = 3, .n = 7, .k = 0}, 1e-6);
    PlainProduct none{.batch = 0, .m = 3, .n = 7, .k = 4};
    EXPECT_TRUE(launchPlainProduct(stream(), none, nullptr, nullptr, nullptr));
}

}  // namespace
}  // namespace trimtab::cuda
