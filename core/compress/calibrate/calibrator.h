#pragma once
// The static range of an activation, from the batches of it that calibration sees: what later lies outside is clamped.
//   minmax      the range of everything seen
//   percentile  what holds a given share of the values (percentile.cpp)
//   entropy     of all clips the one whose quantised distribution diverges least from what was seen (entropy.cpp)
//   mse         of all clips the one of least squared error (mean_square.cpp)
// All but minmax keep a histogram of fixed size (histogram.h, 32 KiB), so that any number of batches may be seen.
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/compress/quantize/step.h"

namespace trimtab::compress {

/// Thread-compatible.
class RangeCalibrator {
public:
    virtual ~RangeCalibrator() = default;
    /// Refused for NaN, and then nothing of the batch is counted. Infinities are counted and otherwise passed over: they saturate
    /// whatever the range.
    virtual Status see(std::span<const float> values) = 0;
    /// The range for codes of so many bits, zero always in it, ready for stepFor(); [−t, t] when symmetric. [0, 0] when nothing but
    /// zeros was seen. Not beyond the values seen, mirrored where symmetric. REQUIRES: 2 ≤ bits ≤ 8.
    virtual Range range(int bits, bool symmetric) const = 0;
    /// Finite values seen, and infinities.
    virtual std::int64_t count() const = 0;
    virtual std::int64_t infinities() const = 0;
};

/// Share of the values, in percent, that the percentile calibrator keeps.
inline constexpr double kUsualPercentile = 99.99;

/// By name: see above. Usage error for other names and for a percentile outside (0, 100]; `percentile` is for that calibrator alone.
Result<std::unique_ptr<RangeCalibrator>> makeCalibrator(std::string_view name, double percentile = kUsualPercentile);

}  // namespace trimtab::compress
