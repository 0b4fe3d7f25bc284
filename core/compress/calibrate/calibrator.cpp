#include "core/compress/calibrate/calibrator.h"

#include <algorithm>
#include <functional>
#include <string>

#include "core/compress/calibrate/methods.h"

namespace trimtab::compress {
namespace {

class MinMax : public RangeCalibrator {
public:
    Status see(std::span<const float> values) override {
        TRIMTAB_TRY(const BatchExtent extent, extentOf(values));
        m_range.low = std::min(m_range.low, extent.range.low);
        m_range.high = std::max(m_range.high, extent.range.high);
        m_infinities += extent.infinities;
        m_count += static_cast<std::int64_t>(values.size()) - extent.infinities;
        return {};
    }
    Range range(int /*bits*/, bool symmetric) const override {
        const float largest = std::max(-m_range.low, m_range.high);
        return symmetric ? Range{-largest, largest} : m_range;
    }
    std::int64_t count() const override { return m_count; }
    std::int64_t infinities() const override { return m_infinities; }

private:
    Range m_range;
    std::int64_t m_count = 0;
    std::int64_t m_infinities = 0;
};

class OverHistogram : public RangeCalibrator {
public:
    using Method = std::function<Range(const Histogram&, int bits, bool symmetric)>;
    explicit OverHistogram(Method method) : m_method(std::move(method)) {}

    Status see(std::span<const float> values) override { return m_histogram.add(values); }
    Range range(int bits, bool symmetric) const override {
        return m_histogram.largest() > 0 ? m_method(m_histogram, bits, symmetric) : Range{};
    }
    std::int64_t count() const override { return m_histogram.count(); }
    std::int64_t infinities() const override { return m_histogram.infinities(); }

private:
    Histogram m_histogram;
    Method m_method;
};

}  // namespace

Result<std::unique_ptr<RangeCalibrator>> makeCalibrator(std::string_view name, double percentile) {
    if (name == "minmax") return std::make_unique<MinMax>();
    if (name == "entropy") return std::make_unique<OverHistogram>(entropyRange);
    if (name == "mse") return std::make_unique<OverHistogram>(meanSquareRange);
    if (name != "percentile")
        return fail(ErrorCode::Usage, "there is no calibrator \"" + std::string(name) + "\"; use minmax, percentile, entropy or mse");
    if (!(percentile > 0 && percentile <= 100)) return fail(ErrorCode::Usage, "a percentile must be above 0 and at most 100");
    return std::make_unique<OverHistogram>([share = percentile / 100](const Histogram& histogram, int /*bits*/, bool symmetric) {
        return percentileRange(histogram, symmetric, share);
    });
}

}  // namespace trimtab::compress
