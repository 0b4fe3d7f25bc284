#pragma once
// One product with its operands on the device and its result in double precision, stated from the definition:
//   y[m, n] = activation(Σk x[m, k] · (code[n, k] − zero[n, k / group]) · scale[n, k / group] + bias[n] + residual[m, n])
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cuda/kernels/products.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {

/// A weight matrix as its bytes stand on the device, and as the numbers that they mean.
struct StoredWeight {
    WeightFormat format;
    std::vector<std::uint8_t> bytes;
    std::vector<float> scales;
    std::vector<std::int8_t> zeros;
    std::vector<double> values;  // [n, k]
};

inline StoredWeight plainWeight(DataType type, std::int64_t n, std::int64_t k, unsigned seed) {
    std::mt19937 engine(seed);
    std::normal_distribution<float> draw;
    StoredWeight made;
    const std::int64_t width = type == DataType::Float32 ? 4 : 2;
    made.format = {.kind = WeightFormat::Kind::Plain, .type = type, .pitchBytes = (k * width + 15) / 16 * 16};
    made.bytes.assign(static_cast<std::size_t>(n * made.format.pitchBytes), 0);
    std::vector<float> row(static_cast<std::size_t>(k));
    for (std::int64_t i = 0; i < n; ++i) {
        for (float& value : row) value = draw(engine);
        const auto stored = toBytes(type, row);
        std::copy(stored.begin(), stored.end(), made.bytes.begin() + i * made.format.pitchBytes);
        for (const float value : toFloats(type, stored)) made.values.push_back(value);
    }
    return made;
}

/// Codes over the whole range of `bits` (4 or 8), scales of different sizes, zero points when asked for. group 0: one scale a row.
inline StoredWeight integerWeight(int bits, std::int64_t n, std::int64_t k, std::int64_t group, bool zeroPoints, unsigned seed) {
    std::mt19937 engine(seed);
    const int top = bits == 8 ? 127 : 7;
    std::uniform_int_distribution<int> code(-top - 1, top);
    std::uniform_real_distribution<float> scale(0.001F, 0.1F);
    StoredWeight made;
    const std::int64_t columns = group > 0 ? group : std::max<std::int64_t>(k, 1);
    const std::int64_t groups = group > 0 ? (k + group - 1) / group : 1;
    const std::int64_t used = bits == 8 ? k : (k + 1) / 2;
    made.format = {.kind = bits == 8 ? WeightFormat::Kind::Int8 : WeightFormat::Kind::Int4,
                   .type = DataType::Float32,
                   .pitchBytes = (used + 15) / 16 * 16,
                   .group = columns,
                   .zeroPoints = zeroPoints};
    for (std::int64_t i = 0; i < n * groups; ++i) {
        made.scales.push_back(scale(engine));
        if (zeroPoints) made.zeros.push_back(static_cast<std::int8_t>(code(engine)));
    }
    made.bytes.assign(static_cast<std::size_t>(n * made.format.pitchBytes), bits == 8 ? 0 : 0x88);
    for (std::int64_t row = 0; row < n; ++row)
        for (std::int64_t column = 0; column < k; ++column) {
            const int value = code(engine);
            const auto at = static_cast<std::size_t>(row * groups + column / columns);
            made.values.push_back((value - (zeroPoints ? made.zeros[at] : 0)) * static_cast<double>(made.scales[at]));
            if (bits == 8) {
                made.bytes[static_cast<std::size_t>(row * made.format.pitchBytes + column)] = static_cast<std::uint8_t>(value);
                continue;
            }
            std::uint8_t& byte = made.bytes[static_cast<std::size_t>(row * made.format.pitchBytes + column / 2)];
            const auto stored = static_cast<std::uint8_t>(value + 8);
            byte = static_cast<std::uint8_t>(column % 2 == 0 ? (byte & 0xF0) | stored : (byte & 0x0F) | (stored << 4));
        }
    return made;
}

struct ProductOptions {
    DataType type = DataType::BFloat16;
    DataType outputType = DataType::BFloat16;
    bool bias = false;
    bool residual = false;
    Activation activation = Activation::None;
    float low = 0, high = 0;
    bool misalignedX = false;  // x begins one element behind a multiple of 16 bytes
    bool workspace = true;     // of productWorkspace() bytes
};

inline double activatedValue(const ProductOptions& options, double value) {
    if (options.activation == Activation::Relu) return std::max(value, 0.0);
    if (options.activation == Activation::Sigmoid) return 1 / (1 + std::exp(-value));
    if (options.activation == Activation::Clip)
        return std::min(std::max(value, static_cast<double>(options.low)), static_cast<double>(options.high));
    return value;
}

class ProductTest : public DeviceTest {
protected:
    using Launcher = Status (*)(Stream, const Product&, const ProductOperands&);

    /// ‖y − reference‖ / ‖reference‖ of one product; infinite if the launcher fails.
    static double error(Launcher launcher, std::int64_t m, std::int64_t n, std::int64_t k, const StoredWeight& weight,
                        const ProductOptions& options) {
        const std::size_t width = options.type == DataType::Float32 ? 4 : 2;
        const auto xValues = toBytes(options.type, normal(static_cast<std::size_t>(m * k), 11));
        std::vector<std::uint8_t> shifted(options.misalignedX ? width : 0, 0xFF);
        shifted.insert(shifted.end(), xValues.begin(), xValues.end());
        const auto x = array(shifted);
        const auto w = array(weight.bytes);
        const auto scales = array(weight.scales);
        const auto zeros = array(weight.zeros);
        const auto biasValues = normal(static_cast<std::size_t>(n), 12);
        const auto bias = array(biasValues);
        const auto residualBytes = toBytes(options.outputType, normal(static_cast<std::size_t>(m * n), 13));
        const auto residual = array(residualBytes);
        const auto y = uninitialised<std::uint8_t>(residualBytes.size());
        const Product product{m, n, k, options.type, options.outputType, weight.format, options.activation, options.low, options.high};
        const auto workspace = uninitialised<float>(options.workspace ? static_cast<std::size_t>(productWorkspace(product)) / 4 : 0);
        const Status done = launcher(stream(), product,
                                     {x.data() + (options.misalignedX ? width : 0), w.data(),
                                      weight.scales.empty() ? nullptr : scales.data(), weight.zeros.empty() ? nullptr : zeros.data(),
                                      options.bias ? bias.data() : nullptr, options.residual ? residual.data() : nullptr, y.data(),
                                      workspace.size > 0 ? workspace.data() : nullptr});
        EXPECT_TRUE(done) << (done ? "" : done.error().text());
        if (!done) return std::numeric_limits<double>::infinity();
        const auto got = toFloats(options.outputType, read(y));
        const auto xs = toFloats(options.type, xValues);
        const auto residuals = toFloats(options.outputType, residualBytes);
        std::vector<double> wanted;
        for (std::int64_t row = 0; row < m; ++row)
            for (std::int64_t column = 0; column < n; ++column) {
                double sum = 0;
                for (std::int64_t i = 0; i < k; ++i)
                    sum += static_cast<double>(xs[static_cast<std::size_t>(row * k + i)]) *
                           weight.values[static_cast<std::size_t>(column * k + i)];
                if (options.bias) sum += static_cast<double>(biasValues[static_cast<std::size_t>(column)]);
                if (options.residual) sum += static_cast<double>(residuals[static_cast<std::size_t>(row * n + column)]);
                wanted.push_back(activatedValue(options, sum));
            }
        return relativeError(got, wanted);
    }

    /// What rounding the result to its type alone costs, and float32 sums on top.
    static double tolerance(DataType outputType) {
        if (outputType == DataType::BFloat16) return 3e-3;
        return outputType == DataType::Float16 ? 4e-4 : 2e-6;
    }
};

}  // namespace trimtab::cuda
