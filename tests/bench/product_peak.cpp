#include "tests/bench/product_peak.h"

#include <algorithm>
#include <chrono>

#include "kernels/cpu/onednn/timing.h"

namespace trimtab::bench {
namespace {

constexpr int kRuns = 3;

cpu::onednn::Desc square(std::int64_t size, DataType type) { return cpu::onednn::describe(Shape{size, size}, type); }

}  // namespace

Result<ProductPeak> ProductPeak::ofFloats() {
    ProductPeak peak;
    peak.m_x.assign(kSize * kSize, 0.5F);
    peak.m_y.resize(kSize * kSize);
    TRIMTAB_TRY(peak.m_floats, cpu::simd::PackedWeight::packFloats(peak.m_x, kSize, kSize, cpu::simd::WeightFormat::Float32));
    const auto plain = square(kSize, DataType::Float32);
    TRIMTAB_TRY(peak.m_library,
                cpu::onednn::matMul(plain, cpu::onednn::anyLayout({kSize, kSize}, DataType::Float32), std::nullopt, plain, {}));
    return peak;
}

Result<ProductPeak> ProductPeak::ofCodes(int bits, std::int64_t group) {
    ProductPeak peak;
    tensor::QuantizedWeight weight;
    weight.originalShape = Shape{kSize, kSize};
    weight.rows = weight.columns = kSize;
    weight.bits = bits;
    weight.group = group;
    weight.codes.assign(kSize * kSize, 3);
    weight.scales.assign(static_cast<std::size_t>(kSize * weight.groups()), 0.01F);
    TRIMTAB_TRY(peak.m_codes, cpu::simd::DotWeight::pack(weight));
    const cpu::simd::DotActivations view{.group = group, .groups = weight.groups()};
    peak.m_q.assign(static_cast<std::size_t>(kSize * view.rowCodes()), 5);
    peak.m_scales.assign(static_cast<std::size_t>(kSize * view.groups), 0.01F);
    peak.m_sums.assign(peak.m_scales.size(), 5 * static_cast<std::int32_t>(group));
    peak.m_y.resize(kSize * kSize);
    if (cpu::onednn::hasInt8Products()) {
        TRIMTAB_TRY(peak.m_library,
                    cpu::onednn::matMul(square(kSize, DataType::UInt8), cpu::onednn::anyLayout({kSize, kSize}, DataType::Int8),
                                        std::nullopt, square(kSize, DataType::Int32), {}));
    }
    return peak;
}

void ProductPeak::runOwn() {
    if (m_floats) return cpu::simd::matMul(*m_floats, m_x.data(), kSize, m_y.data());
    const cpu::simd::DotActivations x{m_q.data(), m_scales.data(), m_sums.data(), m_codes->group, m_codes->groups};
    cpu::simd::matMul(*m_codes, x, kSize, m_y.data());
}

Result<double> ProductPeak::measure() {
    using Clock = std::chrono::steady_clock;
    double seconds = 0;
    for (int i = 0; i < kRuns; ++i) {
        const auto start = Clock::now();
        runOwn();
        const double taken = std::chrono::duration<double>(Clock::now() - start).count();
        seconds = i == 0 ? taken : std::min(seconds, taken);
    }
    if (m_library) {
        TRIMTAB_TRY(const double library, cpu::onednn::fastestRun(*m_library, kRuns));
        seconds = std::min(seconds, library);
    }
    return 2.0 * kSize * kSize * kSize / seconds;
}

}  // namespace trimtab::bench
