// Softmax and its logarithm against plain statements in double.
#include "kernels/cuda/kernels/rows.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Extents {
    std::int64_t outer;
    std::int64_t length;
    std::int64_t inner;
    std::size_t count() const { return static_cast<std::size_t>(outer * length * inner); }
};

/// exp(x − top) / Σ exp(x − top), or x − top − log Σ, along the middle axis.
std::vector<double> softmaxOf(const Extents& e, bool logarithm, const std::vector<float>& x) {
    std::vector<double> y(x.size());
    for (std::int64_t line = 0; line < e.outer * e.inner; ++line) {
        const std::int64_t first = line / e.inner * e.length * e.inner + line % e.inner;
        const auto at = [&](std::int64_t k) { return static_cast<std::size_t>(first + k * e.inner); };
        double top = x[at(0)];
        for (std::int64_t k = 0; k < e.length; ++k) top = std::max(top, static_cast<double>(x[at(k)]));
        double sum = 0;
        for (std::int64_t k = 0; k < e.length; ++k) sum += std::exp(x[at(k)] - top);
        for (std::int64_t k = 0; k < e.length; ++k) y[at(k)] = logarithm ? x[at(k)] - top - std::log(sum) : std::exp(x[at(k)] - top) / sum;
    }
    return y;
}

class SoftmaxTest : public DeviceTest {
protected:
    static void check(const Extents& e, DataType type, bool logarithm, bool inPlace = false, std::size_t shift = 0) {
        SCOPED_TRACE(std::string(name(type)) + " " + std::to_string(e.outer) + " x " + std::to_string(e.length) + " x " +
                     std::to_string(e.inner) + (logarithm ? " log" : "") + (inPlace ? " in place" : "") + (shift > 0 ? " shifted" : ""));
        auto raw = normal(e.count() + shift, 1);
        for (float& value : raw) value *= 4;
        const auto bytes = toBytes(type, raw);
        auto x = toFloats(type, bytes);
        x.erase(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(shift));
        const std::size_t skipped = shift * bytes.size() / raw.size();
        const auto xs = array(bytes);
        const auto ys = inPlace ? xs : uninitialised<std::uint8_t>(bytes.size());
        const Status launched =
            launchSoftmax(stream(), type, e.outer, e.length, e.inner, logarithm, xs.data() + skipped, ys.data() + skipped);
        ASSERT_TRUE(launched) << launched.error().text();
        auto got = toFloats(type, read(ys));
        got.erase(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(shift));
        const double tolerance = type == DataType::Float32   ? 2e-6
                                 : type == DataType::Float16 ? 0x1p-11
                                                             : 0x1p-8;  // half a unit of the last place
        EXPECT_LT(relativeError(got, softmaxOf(e, logarithm, x)), tolerance);
    }
};

TEST_F(SoftmaxTest, EveryWayThatARowIsSharedOut) {
    for (const std::int64_t length : {1, 3, 4, 32, 100, 128, 256, 384, 1000, 1001, 4096, 8192, 16392})
        for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) check({3, length, 1}, type, length % 8 == 4);
}

TEST_F(SoftmaxTest, ManyRows) {
    for (const std::int64_t rows : {65, 129, 257})
        for (const std::int64_t length : {37, 200, 256, 512}) check({rows, length, 1}, DataType::Float32, rows == 129, rows == 257);
}

TEST_F(SoftmaxTest, AlongAnAxisInTheMiddle) {
    for (const Extents& e : {Extents{2, 5, 3}, Extents{1, 40, 33}, Extents{3, 31, 130}, Extents{2, 300, 2}, Extents{1, 1, 7}})
        for (const DataType type : {DataType::Float32, DataType::BFloat16})
            for (const bool logarithm : {false, true}) check(e, type, logarithm);
}

TEST_F(SoftmaxTest, InPlaceAndFromOddAddresses) {
    for (const std::int64_t length : {5, 64, 2048, 5000, 16392}) {
        check({2, length, 1}, DataType::Float32, false, true);
        check({2, length, 1}, DataType::Float16, true, true, 1);
    }
    check({2, 50, 6}, DataType::Float32, false, true);
}

TEST_F(SoftmaxTest, MaskedEntriesAreZeroAndRowsWithoutAnythingAreNaN) {
    for (const std::int64_t length : {40, 300, 5001, 20000}) {
        std::vector<float> x = normal(static_cast<std::size_t>(5 * length), 2);
        const auto row = [&](std::int64_t r) { return x.begin() + r * length; };
        std::fill(row(0) + 1, row(1), -kInf);  // one entry alone
        std::fill(row(1), row(2), -kInf);      // nothing
        *(row(2) + length / 2) = kInf;         // an infinity above
        *(row(3) + length - 1) = std::nanf("");
        std::fill(row(4), row(4) + length / 2, -kInf);  // a causal mask
        const Extents e{5, length, 1};
        for (const bool logarithm : {false, true}) {
            const auto xs = array(x);
            const auto ys = uninitialised<float>(x.size());
            ASSERT_TRUE(launchSoftmax(stream(), DataType::Float32, e.outer, e.length, e.inner, logarithm, xs.data(), ys.data()));
            const auto got = read(ys);
            const auto wanted = softmaxOf(e, logarithm, x);
            for (std::size_t i = 0; i < got.size(); ++i) {
                ASSERT_EQ(std::isnan(got[i]), std::isnan(wanted[i])) << length << " at " << i;
                if (std::isinf(wanted[i])) {
                    ASSERT_EQ(got[i], wanted[i]) << i;
                } else if (!std::isnan(wanted[i])) {
                    ASSERT_NEAR(got[i], wanted[i], 1e-5) << length << " at " << i;
                }
            }
        }
    }
}

TEST_F(SoftmaxTest, LargeEntriesDoNotOverflow) {
    const std::vector<float> x{1000, 1001, -1000, 3e38F, 3e38F, -3e38F};
    const auto ys = uninitialised<float>(6);
    ASSERT_TRUE(launchSoftmax(stream(), DataType::Float32, 2, 3, 1, false, array(x).data(), ys.data()));
    EXPECT_LT(relativeError(read(ys), softmaxOf({2, 3, 1}, false, x)), 1e-6);
}

TEST_F(SoftmaxTest, NothingIsDoneForEmptyExtentsAndIntegersAreRefused) {
    const auto x = array(std::vector<float>(4, 2.0F));
    EXPECT_TRUE(launchSoftmax(stream(), DataType::Float32, 0, 4, 1, false, x.data(), x.data()));
    EXPECT_TRUE(launchSoftmax(stream(), DataType::Float32, 4, 0, 1, false, x.data(), x.data()));
    EXPECT_TRUE(launchSoftmax(stream(), DataType::Float32, 4, 1, 0, false, x.data(), x.data()));
    EXPECT_EQ(read(x), std::vector<float>(4, 2.0F));
    EXPECT_FALSE(launchSoftmax(stream(), DataType::Int32, 1, 4, 1, false, x.data(), x.data()));
}

}  // namespace
}  // namespace trimtab::cuda
