// Integer intrinsics, 16-bit floats, launches, recordings and the stopwatch: the same on the emulator as on a GPU.
#include <bit>
#include <cmath>
#include <limits>

#include "tests/kernels/cuda/device_test.h"
#include "tests/kernels/cuda/language_kernels.h"

namespace trimtab::cuda {
namespace {

class LanguageNumbersTest : public DeviceTest {};

/// cvt.rni/rzi.s32.f32: saturating, NaN to 0.
int toInt(float x, bool nearest) {
    if (std::isnan(x)) return 0;
    const double whole = nearest ? std::nearbyint(static_cast<double>(x)) : std::trunc(static_cast<double>(x));
    return static_cast<int>(std::clamp(whole, -2147483648.0, 2147483647.0));
}

std::vector<unsigned> wantedIntegers(unsigned x, unsigned y) {
    const auto shift = static_cast<int>(x % 32);
    const std::uint64_t both = static_cast<std::uint64_t>(y) << 32 | x;
    unsigned bits = 0;
    unsigned reversed = 0;
    int first = 0;
    int leading = 32;
    for (int i = 0; i < 32; ++i) {
        if ((x >> i & 1U) == 0) continue;
        ++bits;
        reversed |= 0x80000000U >> i;
        if (first == 0) first = i + 1;
        leading = 31 - i;
    }
    unsigned permuted = 0;
    int signedDot = 5;
    unsigned dot = 5;
    for (int i = 0; i < 4; ++i) {
        const unsigned selector = y >> 16 >> (4 * i) & 15U;
        const auto byte = static_cast<std::uint8_t>(both >> (8 * (selector & 7U)));
        const auto chosen = static_cast<std::uint8_t>(selector < 8 ? byte : (byte >= 128 ? 255 : 0));
        permuted |= static_cast<unsigned>(chosen) << (8 * i);
        const auto xByte = static_cast<std::uint8_t>(x >> (8 * i));
        const auto yByte = static_cast<std::uint8_t>(y >> (8 * i));
        signedDot += static_cast<std::int8_t>(xByte) * static_cast<std::int8_t>(yByte);
        dot += static_cast<unsigned>(xByte) * yByte;
    }
    const float asFloat = std::bit_cast<float>(x);
    return {bits, static_cast<unsigned>(leading), static_cast<unsigned>(first), reversed,
            static_cast<unsigned>(static_cast<std::uint64_t>(x) * y >> 32), shift == 0 ? y : y << shift | x >> (32 - shift),
            shift == 0 ? x : x >> shift | y << (32 - shift), permuted, static_cast<unsigned>(signedDot), dot, std::min(x, y),
            static_cast<unsigned>(std::max(static_cast<int>(x), static_cast<int>(y))), static_cast<unsigned>(toInt(asFloat, true)),
            static_cast<unsigned>(toInt(asFloat, false))};
}

TEST_F(LanguageNumbersTest, computesIntegerIntrinsics) {
    std::mt19937 engine(41);
    std::vector<unsigned> x{0, 1, 0x80000000U, 0xFFFFFFFFU, 0x7FC00000U, 0x7F800000U, 0xFF800000U, 0x3FC00000U, 0x40200000U, 0xC0200000U};
    std::vector<unsigned> y{0, 0x80000000U, 1, 0xFFFFFFFFU, 0x32107654U, 0xFEDC0000U, 0x80010000U, 3, 4, 5};
    while (x.size() < 300) {
        x.push_back(engine());
        y.push_back(engine());
    }
    const auto xs = array(x);
    const auto ys = array(y);
    const auto out = uninitialised<unsigned>(x.size() * kIntegerResults);
    ASSERT_TRUE(launchIntegers(stream(), static_cast<int>(x.size()), xs.data(), ys.data(), out.data()));
    const auto got = read(out);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto mine = got.begin() + static_cast<std::ptrdiff_t>(i * kIntegerResults);
        EXPECT_EQ(std::vector<unsigned>(mine, mine + kIntegerResults), wantedIntegers(x[i], y[i])) << std::hex << x[i] << ", " << y[i];
    }
}

/// The value of a small float format by its definition (IEEE 754-2019, 3.4).
double valueOf(unsigned bits, int exponentBits, int mantissaBits) {
    const unsigned exponent = bits >> mantissaBits & ((1U << exponentBits) - 1);
    const unsigned mantissa = bits & ((1U << mantissaBits) - 1);
    const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
    const int bias = (1 << (exponentBits - 1)) - 1;
    if (exponent == (1U << exponentBits) - 1) return mantissa != 0 ? std::nan("") : sign * std::numeric_limits<double>::infinity();
    const double fraction = std::ldexp(static_cast<double>(mantissa), -mantissaBits);
    return sign * std::ldexp(exponent == 0 ? fraction : 1 + fraction, (exponent == 0 ? 1 : static_cast<int>(exponent)) - bias);
}

TEST_F(LanguageNumbersTest, widensEvery16BitFloat) {
    const auto halves = uninitialised<float>(65536);
    const auto bfloats = uninitialised<float>(65536);
    ASSERT_TRUE(launchWiden(stream(), halves.data(), bfloats.data()));
    const auto gotHalves = read(halves);
    const auto gotBfloats = read(bfloats);
    const auto same = [](float got, double wanted) { return std::isnan(wanted) ? std::isnan(got) : static_cast<double>(got) == wanted; };
    for (unsigned bits = 0; bits < 65536; ++bits) {
        ASSERT_TRUE(same(gotHalves[bits], valueOf(bits, 5, 10))) << bits;
        ASSERT_TRUE(same(gotBfloats[bits], valueOf(bits, 8, 7))) << bits;
    }
}

TEST_F(LanguageNumbersTest, narrowsToTheNearestOfTwoNeighbours) {
    std::vector<float> values{0, -0.0F, 1, 65504, 65519, 65520, -70000, 5.96e-8F, 2.98e-8F, 2.9802322e-8F, 6.1e-5F, 1e-30F, 3.4e38F};
    std::mt19937 engine(43);
    while (values.size() < 3000) {
        const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(engine()));
        if (std::isfinite(value)) values.push_back(value);
    }
    for (const float value : normal(2000, 47)) values.push_back(value);
    for (int i = 0; i < 1000; ++i) values.push_back(1 + std::ldexp(static_cast<float>(i), -11));  // ties of float16
    const auto in = array(values);
    const auto halves = uninitialised<std::uint16_t>(values.size());
    const auto bfloats = uninitialised<std::uint16_t>(values.size());
    ASSERT_TRUE(launchNarrow(stream(), static_cast<int>(values.size()), in.data(), halves.data(), bfloats.data()));
    const auto gotHalves = read(halves);
    const auto gotBfloats = read(bfloats);
    const auto check = [](float x, unsigned bits, int exponentBits, int mantissaBits) {
        const unsigned infinity = ((1U << exponentBits) - 1) << mantissaBits;
        const double largest = valueOf(infinity - 1, exponentBits, mantissaBits);
        const double magnitude = std::abs(static_cast<double>(x));
        const double beyond = largest + (largest - valueOf(infinity - 2, exponentBits, mantissaBits));  // as if exponents went on
        const auto at = [&](unsigned b) { return b == infinity ? beyond : valueOf(b, exponentBits, mantissaBits); };
        const unsigned own = bits & 0x7FFFU;
        ASSERT_EQ(bits >> 15 != 0, std::signbit(x)) << x;
        ASSERT_LE(own, infinity) << x;
        if (own == infinity && magnitude >= beyond) return;
        const double error = std::abs(at(own) - magnitude);
        for (const unsigned other : {own == 0 ? 0U : own - 1, own == infinity ? own : own + 1}) {
            const double otherError = std::abs(at(other) - magnitude);
            ASSERT_TRUE(other == own || error < otherError || (error == otherError && own % 2 == 0)) << x << " became " << bits;
        }
    };
    for (std::size_t i = 0; i < values.size(); ++i) {
        check(values[i], gotHalves[i], 5, 10);
        check(values[i], gotBfloats[i], 8, 7);
    }
}

TEST_F(LanguageNumbersTest, convertsArgumentsToTheKernelsTypes) {
    const auto out = uninitialised<float>(1);
    ASSERT_TRUE(launchArguments(stream(), 0.5, 20, nullptr, out.data()));
    EXPECT_EQ(read(out)[0], 0.5F + 20 + 100 + 0.25F + 1000);
}

TEST_F(LanguageNumbersTest, startsNothingForAnEmptyGridAndRefusesWhatNoGpuTakes) {
    EXPECT_TRUE(launchNothing(stream(), 0, 64, 0));
    EXPECT_TRUE(launchNothing(stream(), 3, 1024, 0));
    const Status tooMany = launchNothing(stream(), 1, 1025, 0);
    ASSERT_FALSE(tooMany);
    EXPECT_NE(tooMany.error().message.find("nothing"), std::string::npos) << tooMany.error().message;
    EXPECT_FALSE(launchNothing(stream(), 1, 64, 228 * 1024));
    EXPECT_TRUE(launchNothing(stream(), 1, 64, 0)) << "a refused launch spoils nothing";
    EXPECT_TRUE(device().synchronize());
}

TEST_F(LanguageNumbersTest, recordsWorkWithoutRunningItAndReplaysIt) {
    const auto number = array(std::vector<int>{5});
    const auto copy = array(std::vector<int>{0});
    ASSERT_TRUE(device().beginRecording());
    ASSERT_TRUE(launchIncrement(stream(), number.data()));
    ASSERT_TRUE(launchIncrement(stream(), number.data()));
    ASSERT_TRUE(device().copy(copy.data(), number.data(), 4));
    auto recording = device().endRecording();
    ASSERT_TRUE(recording);
    EXPECT_EQ(read(number)[0], 5);
    ASSERT_TRUE((*recording)->replay());
    EXPECT_EQ(read(number)[0], 7);
    ASSERT_TRUE((*recording)->replay());
    EXPECT_EQ(read(number)[0], 9);
    EXPECT_EQ(read(copy)[0], 9);
}

TEST_F(LanguageNumbersTest, measuresTimeBetweenMarks) {
    const auto number = array(std::vector<int>{0});
    auto watch = device().stopwatch(3);
    ASSERT_TRUE(watch);
    ASSERT_TRUE((*watch)->mark(0));
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(launchIncrement(stream(), number.data()));
    ASSERT_TRUE((*watch)->mark(1));
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(launchIncrement(stream(), number.data()));
    ASSERT_TRUE((*watch)->mark(2));
    const auto first = (*watch)->nanoseconds(0, 1);
    const auto second = (*watch)->nanoseconds(1, 2);
    const auto both = (*watch)->nanoseconds(0, 2);
    ASSERT_TRUE(first && second && both);
    EXPECT_GT(*first, 0);
    EXPECT_GT(*second, 0);
    EXPECT_NEAR(*both, *first + *second, 4000);  // a GPU's events count in half microseconds
    EXPECT_EQ(read(number)[0], 200);
}

TEST_F(LanguageNumbersTest, opensNoDeviceThatIsNotThere) {
    const auto none = openDevice(1000);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::Unsupported);
}

}  // namespace
}  // namespace trimtab::cuda
