// Against the table of all 256 codes, made from the format's definition.
#include "kernels/cuda/kernels/products.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

/// e4m3 (OCP 8-bit floating point): (−1)^s · 2^(e − 7) · (1 + f/8), below e = 1 2^−6 · f/8; all ones NaN.
float valueOf(int code) {
    const int exponent = code >> 3 & 15;
    const int fraction = code & 7;
    if ((code & 127) == 127) return std::numeric_limits<float>::quiet_NaN();
    const double magnitude = exponent == 0 ? std::ldexp(fraction / 8.0, -6) : std::ldexp(1 + fraction / 8.0, exponent - 7);
    return static_cast<float>((code & 128) != 0 ? -magnitude : magnitude);
}

/// The nearest of the finite codes, of two equally near ones the even; beyond the largest the largest.
int nearestCode(float value) {
    if (std::isnan(value)) return (std::signbit(value) ? 128 : 0) | 127;
    int best = 0;
    for (int code = 1; code < 127; ++code) {
        const double here = std::abs(std::abs(static_cast<double>(value)) - static_cast<double>(valueOf(code)));
        const double there = std::abs(std::abs(static_cast<double>(value)) - static_cast<double>(valueOf(best)));
        if (here < there || (here == there && code % 2 == 0)) best = code;
    }
    return (std::signbit(value) ? 128 : 0) | best;
}

class Float8Test : public DeviceTest {
protected:
    static std::vector<std::uint8_t> convert(DataType type, const std::vector<float>& values, float scale) {
        const auto x = array(toBytes(type, values));
        const auto by = array(std::vector<float>{scale});
        const auto codes = uninitialised<std::uint8_t>(values.size());
        EXPECT_TRUE(launchToFloat8(stream(), type, static_cast<std::int64_t>(values.size()), x.data(), by.data(), codes.data()));
        return read(codes);
    }
    static float scaleOf(DataType type, const std::vector<float>& values) {
        const auto x = array(toBytes(type, values));
        const auto partials = uninitialised<float>(1024);
        const auto scale = uninitialised<float>(1);
        EXPECT_TRUE(launchFloat8Scale(stream(), type, static_cast<std::int64_t>(values.size()), x.data(), partials.data(), scale.data()));
        return read(scale)[0];
    }
    static void expectNearest(const std::vector<float>& values) {
        const auto codes = convert(DataType::Float32, values, 1);
        for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(codes[i], nearestCode(values[i])) << values[i];
    }
};

TEST_F(Float8Test, EveryCodeIsItsOwnNearest) {
    std::vector<float> values;
    for (int code = 0; code < 256; ++code) values.push_back(valueOf(code));
    const auto codes = convert(DataType::Float32, values, 1);
    for (int code = 0; code < 256; ++code) {
        if ((code & 127) == 127)
            EXPECT_EQ(codes[static_cast<std::size_t>(code)] & 127, 127);
        else
            EXPECT_EQ(codes[static_cast<std::size_t>(code)], code);
    }
}

TEST_F(Float8Test, MidpointsGoToTheEvenCodeAndTheirNeighboursToTheNearer) {
    std::vector<float> values;
    for (int code = 0; code < 126; ++code)
        for (const float sign : {1.0F, -1.0F}) {
            const float middle = (valueOf(code) + valueOf(code + 1)) / 2;
            for (const float value : {middle, std::nextafter(middle, 0.0F), std::nextafter(middle, 1000.0F)})
                values.push_back(sign * value);
        }
    expectNearest(values);
}

TEST_F(Float8Test, RandomAndExtremeValues) {
    std::vector<float> values = normal(5001, 1);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::ldexp(values[i], static_cast<int>(i % 24) - 14);
    values.insert(values.end(), {448, 449, 464, 465, 1e9F, -1e30F, std::numeric_limits<float>::infinity(),
                                 -std::numeric_limits<float>::infinity(), 0.0F, -0.0F, std::numeric_limits<float>::denorm_min(), 1e-20F});
    expectNearest(values);
}

TEST_F(Float8Test, ScaleMapsTheLargestMagnitudeTo448) {
    std::vector<float> values = normal(3000, 2);
    values[1234] = -37.5F;
    EXPECT_EQ(scaleOf(DataType::Float32, values), 37.5F / 448.0F);
    EXPECT_EQ(scaleOf(DataType::BFloat16, values), 37.5F / 448.0F);
    EXPECT_EQ(scaleOf(DataType::Float32, {0, 0, 0}), 1.0F);
    EXPECT_EQ(scaleOf(DataType::Float16, {-0.0F}), 1.0F);
}

TEST_F(Float8Test, SixteenBitValuesAreDividedByTheScaleInFloat32) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
        const auto values = toFloats(type, toBytes(type, normal(1003, 3)));
        const float scale = 0.0173F;
        const auto codes = convert(type, values, scale);
        for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(codes[i], nearestCode(values[i] / scale)) << values[i];
    }
}

TEST_F(Float8Test, CodesBecomeTheNumbersTheyMean) {
    std::vector<std::uint8_t> all(256);
    for (int code = 0; code < 256; ++code) all[static_cast<std::size_t>(code)] = static_cast<std::uint8_t>(code);
    const auto codes = array(all);
    const float scale = 0.37F;
    const auto by = array(std::vector<float>{scale});
    for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
        const auto y = uninitialised<std::uint8_t>(256U * (type == DataType::Float32 ? 4 : 2));
        ASSERT_TRUE(launchFromFloat8(stream(), 256, codes.data(), by.data(), type, y.data()));
        const auto got = toFloats(type, read(y));
        for (int code = 0; code < 256; ++code) {
            const auto i = static_cast<std::size_t>(code);
            if ((code & 127) == 127)
                EXPECT_TRUE(std::isnan(got[i]));
            else
                EXPECT_EQ(got[i], toFloats(type, toBytes(type, {valueOf(code) * scale}))[0]) << code;
        }
    }
}

TEST_F(Float8Test, NothingToDoIsDone) {
    const auto by = array(std::vector<float>{1});
    EXPECT_TRUE(launchToFloat8(stream(), DataType::Float32, 0, nullptr, by.data(), nullptr));
    EXPECT_TRUE(launchFromFloat8(stream(), 0, nullptr, by.data(), DataType::Float32, nullptr));
}

}  // namespace
}  // namespace trimtab::cuda
