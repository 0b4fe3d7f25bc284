// Normalisation of rows against plain statements in double.
#include "kernels/cuda/kernels/rows.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct NormCase {
    RowNorm::Kind kind = RowNorm::Kind::Rms;
    DataType type = DataType::Float32;
    DataType parameterType = DataType::Float32;
    std::int64_t rows = 1;
    std::int64_t columns = 1;
    bool residual = false;
    bool bias = false;
    bool sum = false;
    bool inPlace = false;   // y is x, and sum is the residual
    std::size_t shift = 0;  // elements behind an aligned address, for every array
    bool sumOverX = false;
    bool constantScale = false;

    std::string text() const {
        return std::string(kind == RowNorm::Kind::Rms ? "rms " : "layer ") + std::string(name(type)) + " " + std::to_string(rows) + " x " +
               std::to_string(columns) + (residual ? " residual" : "") + (bias ? " bias" : "") + (sum ? " sum" : "") +
               (inPlace ? " in place" : "") + (shift > 0 ? " shifted" : "") + (sumOverX ? " sum over x" : "");
    }
};

/// What `type` keeps of the values.
std::vector<float> stored(DataType type, const std::vector<float>& values) { return toFloats(type, toBytes(type, values)); }

/// s / √(mean(s²) + ε) · scale, or (s − mean) / √(var + ε) · scale, + bias.
std::vector<double> normalised(const NormCase& c, double epsilon, const std::vector<float>& s, const std::vector<float>& scale,
                               const std::vector<float>& bias) {
    std::vector<double> y(s.size());
    const auto columns = static_cast<std::size_t>(c.columns);
    for (std::size_t row = 0; row < s.size(); row += columns) {
        double mean = 0;
        double variance = 0;
        if (c.kind == RowNorm::Kind::Layer)
            for (std::size_t i = 0; i < columns; ++i) mean += s[row + i] / static_cast<double>(columns);
        for (std::size_t i = 0; i < columns; ++i) variance += (s[row + i] - mean) * (s[row + i] - mean) / static_cast<double>(columns);
        for (std::size_t i = 0; i < columns; ++i)
            y[row + i] = (s[row + i] - mean) / std::sqrt(variance + epsilon) * scale[i] + (c.bias ? bias[i] : 0.0F);
    }
    return y;
}

class RowNormTest : public DeviceTest {
protected:
    /// Values on the device, `shift` elements behind an aligned address.
    struct Placed {
        DeviceArray<std::uint8_t> memory;
        std::size_t skipped = 0;
        std::uint8_t* data() const { return memory.data() + skipped; }
    };
    static Placed place(DataType type, std::size_t shift, const std::vector<float>& values) {
        const std::size_t skipped = shift * (type == DataType::Float32 ? 4 : 2);
        std::vector<std::uint8_t> bytes(skipped, 0xEE);
        const auto tail = toBytes(type, values);
        bytes.insert(bytes.end(), tail.begin(), tail.end());
        return {array(bytes), skipped};
    }
    static std::vector<float> valuesOf(DataType type, const Placed& placed) {
        const auto bytes = read(placed.memory);
        return toFloats(type, {bytes.begin() + static_cast<std::ptrdiff_t>(placed.skipped), bytes.end()});
    }

    static void check(const NormCase& c) {
        SCOPED_TRACE(c.text());
        const auto count = static_cast<std::size_t>(c.rows * c.columns);
        const auto columns = static_cast<std::size_t>(c.columns);
        auto raw = normal(count, 1);
        for (float& value : raw) value = value * 2 + 1.5F;
        const auto x = stored(c.type, raw);
        const auto residual = stored(c.type, normal(count, 2));
        const auto scale = stored(c.parameterType, normal(columns, 3));
        const auto bias = stored(c.parameterType, normal(columns, 4));
        std::vector<float> s(count);
        for (std::size_t i = 0; i < count; ++i) s[i] = c.residual ? x[i] + residual[i] : x[i];
        s = stored(c.type, s);

        const Placed xs = place(c.type, c.shift, x);
        const Placed residuals = place(c.type, c.shift, residual);
        const Placed scales = place(c.parameterType, c.shift, scale);
        const Placed biases = place(c.parameterType, c.shift, bias);
        const Placed ys = c.inPlace ? xs : place(c.type, c.shift, std::vector<float>(count, kInf));
        const Placed sums = c.sumOverX ? xs : c.inPlace ? residuals : place(c.type, c.shift, std::vector<float>(count, kInf));
        const RowNorm norm{c.kind, c.rows, c.columns, 1e-5F, c.type, c.parameterType, c.constantScale};
        const Status launched = launchRowNorm(stream(), norm, xs.data(), c.residual ? residuals.data() : nullptr, scales.data(),
                                              c.bias ? biases.data() : nullptr, ys.data(), c.sum ? sums.data() : nullptr);
        ASSERT_TRUE(launched) << launched.error().text();
        const double tolerance = c.type == DataType::Float32   ? 1e-6
                                 : c.type == DataType::Float16 ? 0x1p-11
                                                               : 0x1p-8;  // half a unit of the last place
        EXPECT_LT(relativeError(valuesOf(c.type, ys), normalised(c, 1e-5F, s, scale, bias)), tolerance);
        if (c.sum) {
            EXPECT_EQ(valuesOf(c.type, sums), s);
        }
    }
};

TEST_F(RowNormTest, EveryWayThatARowIsSharedOut) {
    // Of 4-byte types: 128 columns fill a warp once, 512 four times, 4096 a block once, 8192 a block of 512 four times; 16-bit types twice
    // as much.
    for (const std::int64_t columns : {4, 64, 128, 136, 512, 640, 4096, 4104, 8192, 8200, 16392})
        for (const DataType type : {DataType::Float32, DataType::BFloat16})
            for (const RowNorm::Kind kind : {RowNorm::Kind::Rms, RowNorm::Kind::Layer})
                check({kind, type, type, 2, columns, true, true, true});
}

TEST_F(RowNormTest, TheShapesOfDecoding) {
    for (const std::int64_t rows : {1, 3, 16})
        for (const std::int64_t columns : {2048, 3072}) {
            check({RowNorm::Kind::Rms, DataType::BFloat16, DataType::BFloat16, rows, columns, true, false, true});
            check({RowNorm::Kind::Rms, DataType::Float16, DataType::Float32, rows, columns, true, false, true, true});
        }
}

TEST_F(RowNormTest, AConstantScaleIsReadAhead) {
    for (const std::int64_t columns : {64, 520, 2048, 4104, 16392})
        check({.type = DataType::BFloat16, .parameterType = DataType::BFloat16, .rows = 3, .columns = columns, .residual = true,
               .constantScale = true});
}

TEST_F(RowNormTest, ManyRowsOfMiddlingLength) {
    for (const std::int64_t rows : {65, 130, 257})
        for (const std::int64_t columns : {96, 300, 512}) {
            check({RowNorm::Kind::Layer, DataType::Float32, DataType::Float32, rows, columns, false, true, false});
            check({RowNorm::Kind::Rms, DataType::Float16, DataType::Float16, rows, columns, true, false, false});
        }
}

TEST_F(RowNormTest, OddLengthsAndAddresses) {
    for (const std::int64_t columns : {1, 2, 7, 33, 127, 1023, 2050})
        for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16})
            check({RowNorm::Kind::Layer, type, DataType::Float32, 3, columns, true, true, true});
    for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
        check({RowNorm::Kind::Rms, type, type, 2, 256, true, true, true, false, 1});
        check({RowNorm::Kind::Layer, type, type, 2, 520, false, false, false, true, 1});
    }
}

TEST_F(RowNormTest, EachOptionalArrayMayBeLeftOut) {
    for (int options = 0; options < 16; ++options)
        for (const std::int64_t columns : {256, 255, 20000})
            check({options & 1 ? RowNorm::Kind::Rms : RowNorm::Kind::Layer, DataType::Float32, DataType::Float32, 2, columns,
                   (options & 2) != 0, (options & 4) != 0, (options & 8) != 0});
}

TEST_F(RowNormTest, TheResultMayLieOverTheInputsInEveryForm) {
    for (const std::int64_t columns : {64, 67, 2048, 20000})
        for (const bool residual : {false, true}) {
            check({RowNorm::Kind::Layer, DataType::Float32, DataType::Float32, 3, columns, residual, true, residual, true});
            check({RowNorm::Kind::Layer, DataType::Float32, DataType::Float32, 3, columns, residual, true, true, false, 0, true});
        }
}

TEST_F(RowNormTest, ALargeMeanCostsTheVarianceNoDigits) {
    constexpr std::int64_t kColumns = 1024;
    auto x = normal(kColumns, 5);
    for (float& value : x) value = value * 0.01F + 1000.0F;
    const auto xs = array(x);
    const auto ones = array(std::vector<float>(kColumns, 1.0F));
    const auto y = uninitialised<float>(kColumns);
    const NormCase c{RowNorm::Kind::Layer, DataType::Float32, DataType::Float32, 1, kColumns};
    ASSERT_TRUE(launchRowNorm(stream(), {c.kind, 1, kColumns, 0, c.type, c.parameterType}, xs.data(), nullptr, ones.data(), nullptr,
                              y.data(), nullptr));
    EXPECT_LT(relativeError(read(y), normalised(c, 0, x, std::vector<float>(kColumns, 1.0F), {})), 1e-2);
}

TEST_F(RowNormTest, NaNAndInfinityStayInTheirRow) {
    constexpr std::int64_t kColumns = 192;
    auto x = normal(4 * kColumns, 6);
    x[5] = std::nanf("");
    x[kColumns + 7] = kInf;
    const auto xs = array(x);
    const auto ones = array(std::vector<float>(kColumns, 1.0F));
    for (const RowNorm::Kind kind : {RowNorm::Kind::Rms, RowNorm::Kind::Layer}) {
        const auto y = uninitialised<float>(x.size());
        ASSERT_TRUE(launchRowNorm(stream(), {kind, 4, kColumns, 1e-5F}, xs.data(), nullptr, ones.data(), nullptr, y.data(), nullptr));
        const auto got = read(y);
        const auto wanted =
            normalised({kind, DataType::Float32, DataType::Float32, 4, kColumns}, 1e-5, x, std::vector<float>(kColumns, 1.0F), {});
        for (std::size_t i = 0; i < got.size(); ++i) {
            EXPECT_EQ(std::isnan(got[i]), std::isnan(wanted[i])) << i;
            if (!std::isnan(wanted[i])) {
                EXPECT_NEAR(got[i], wanted[i], 1e-5) << i;
            }
        }
    }
}

TEST_F(RowNormTest, NothingIsDoneWithoutRowsAndOtherTypesAreRefused) {
    const auto x = array(std::vector<float>(8, 1.0F));
    const auto untouched = array(std::vector<float>(8, 3.0F));
    EXPECT_TRUE(launchRowNorm(stream(), {RowNorm::Kind::Rms, 0, 8, 0}, x.data(), nullptr, x.data(), nullptr, untouched.data(), nullptr));
    EXPECT_TRUE(launchRowNorm(stream(), {RowNorm::Kind::Rms, 8, 0, 0}, x.data(), nullptr, x.data(), nullptr, untouched.data(), nullptr));
    EXPECT_EQ(read(untouched), std::vector<float>(8, 3.0F));
    EXPECT_FALSE(launchRowNorm(stream(), {RowNorm::Kind::Rms, 1, 8, 0, DataType::Int32}, x.data(), nullptr, x.data(), nullptr,
                               untouched.data(), nullptr));
    EXPECT_FALSE(launchRowNorm(stream(), {RowNorm::Kind::Rms, 1, 8, 0, DataType::Float32, DataType::Float16}, x.data(), nullptr, x.data(),
                               nullptr, untouched.data(), nullptr));
}

}  // namespace
}  // namespace trimtab::cuda
