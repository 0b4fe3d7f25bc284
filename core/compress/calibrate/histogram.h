#pragma once
// A histogram of values that come in batches, in memory that does not grow. Each side of zero has kBins bins of equal width over the
// magnitudes [0, 2^e), with 2^e the smallest power of two above every magnitude so far. When a batch goes beyond, neighbouring bins
// merge in pairs until it fits. As every width is a power of two, the bins hold just what they would if the final range had been known
// from the start: neither the order of values nor their division into batches matters.
// Zeros are counted apart, for every quantisation holds them exactly. Thread-compatible.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/compress/quantize/step.h"

namespace trimtab::compress {

class Histogram {
public:
    static constexpr int kBins = 2048;
    using Bins = std::array<std::int64_t, kBins>;

    /// Refused for NaN, and then nothing of the batch is counted. Infinities are counted apart and go into no bin.
    Status add(std::span<const float> values);

    /// Values in bin i have magnitudes in [i · width, (i + 1) · width). 0 before a value other than zero was seen.
    double width() const;
    const Bins& negative() const { return m_negative; }
    const Bins& positive() const { return m_positive; }
    std::int64_t zeros() const { return m_zeros; }
    std::int64_t infinities() const { return m_infinities; }
    /// Finite values seen.
    std::int64_t count() const { return m_count; }
    /// Lowest and highest finite value as they were, zero included.
    const Range& exactRange() const { return m_range; }
    /// The largest finite magnitude.
    float largest() const { return std::max(-m_range.low, m_range.high); }
    /// Counts of magnitudes: both sides together.
    Bins folded() const;
    /// The range where it lies inside the exact one, its ends the exact ones where not.
    Range within(double low, double high) const;

private:
    void reach(int exponent);

    Bins m_negative{};
    Bins m_positive{};
    bool m_started = false;
    int m_exponent = 0;
    std::int64_t m_zeros = 0;
    std::int64_t m_infinities = 0;
    std::int64_t m_count = 0;
    Range m_range;
};

/// What a batch holds, before anything of it is counted.
struct BatchExtent {
    Range range;  // of the finite values, zero included
    std::int64_t infinities = 0;
};
/// Refused for NaN.
Result<BatchExtent> extentOf(std::span<const float> values);

}  // namespace trimtab::compress
