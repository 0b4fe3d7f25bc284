#include "core/compress/calibrate/histogram.h"

#include <algorithm>
#include <cmath>

namespace trimtab::compress {
namespace {

constexpr int kBinsExponent = 11;
static_assert(1 << kBinsExponent == Histogram::kBins);

void mergePairs(Histogram::Bins& bins) {
    for (std::size_t i = 0; i < bins.size() / 2; ++i) bins[i] = bins[2 * i] + bins[2 * i + 1];
    std::fill(bins.begin() + Histogram::kBins / 2, bins.end(), 0);
}

}  // namespace

Result<BatchExtent> extentOf(std::span<const float> values) {
    BatchExtent extent;
    for (const float value : values) {
        if (std::isfinite(value)) {
            extent.range.low = std::min(extent.range.low, value);
            extent.range.high = std::max(extent.range.high, value);
        } else if (std::isnan(value)) {
            return fail(ErrorCode::Refused, "the activations hold NaN, so they have no range; check the model and the calibration data");
        } else {
            ++extent.infinities;
        }
    }
    return extent;
}

Status Histogram::add(std::span<const float> values) {
    TRIMTAB_TRY(const BatchExtent extent, extentOf(values));
    m_range.low = std::min(m_range.low, extent.range.low);
    m_range.high = std::max(m_range.high, extent.range.high);
    m_infinities += extent.infinities;
    m_count += static_cast<std::int64_t>(values.size()) - extent.infinities;
    if (largest() > 0) {
        int exponent = 0;
        std::frexp(largest(), &exponent);
        reach(exponent);
    }
    const double perWidth = m_started ? 1 / width() : 0;
    for (const float value : values) {
        if (value == 0) {
            ++m_zeros;
        } else if (std::isfinite(value)) {
            Bins& side = value < 0 ? m_negative : m_positive;
            ++side[static_cast<std::size_t>(std::abs(static_cast<double>(value)) * perWidth)];
        }
    }
    return {};
}

double Histogram::width() const { return m_started ? std::ldexp(1.0, m_exponent - kBinsExponent) : 0; }

// After kBinsExponent merges everything lies in the first bin and stays there.
void Histogram::reach(int exponent) {
    if (m_started) {
        for (int merges = std::min(exponent - m_exponent, kBinsExponent); merges > 0; --merges) {
            mergePairs(m_negative);
            mergePairs(m_positive);
        }
    }
    m_exponent = m_started ? std::max(m_exponent, exponent) : exponent;
    m_started = true;
}

Histogram::Bins Histogram::folded() const {
    Bins both = m_positive;
    for (std::size_t i = 0; i < both.size(); ++i) both[i] += m_negative[i];
    return both;
}

Range Histogram::within(double low, double high) const {
    return {static_cast<float>(std::max(low, static_cast<double>(m_range.low))),
            static_cast<float>(std::min(high, static_cast<double>(m_range.high)))};
}

}  // namespace trimtab::compress
