#pragma once
// How unevenly the channels of a layer's input are filled: what makes activations of 8 bits under one scale coarse, and what SmoothQuant
// and scales for each token are for. An outlier is a channel whose largest magnitude exceeds kOutlierFactor times the median of the
// channels' largest. Source: Dettmers et al. 2022, "LLM.int8()", section 3.2 and 4, where a feature of magnitude 6 or more is one; here the
// 6 is taken in units of the median, because inputs have no common scale.
#include <span>
#include <string>
#include <vector>

#include "core/compress/calibrate/column_statistics.h"
#include "core/compress/tools.h"

namespace trimtab::compress {

inline constexpr double kOutlierFactor = 6;
inline constexpr std::size_t kChannelsNamed = 5;

/// The input of one layer over all calibration data.
struct ChannelReport {
    std::string node;
    std::int64_t channels = 0;
    double largest = 0;      // magnitude
    double timesMedian = 0;  // largest over the median of the channels' largest; infinite where that is 0 and largest is not
    std::int64_t outliers = 0;
    std::vector<OutlierColumn> worst;  // the largest of them, kChannelsNamed at most
    double kurtosis = 0;     // E(x − μ)⁴ / σ⁴ over all values: 3 of a normal distribution; 0 where all values are one
};

/// One row for each layer of graph::compressibleWeights, in the order of the graph; layers that read one value share a pass. Channels are
/// the columns of a product and the input channels of a convolution. Refused, naming the layer, for NaN and infinities and where no data
/// arrive. REQUIRES: tools.activations, which has seen no other graph or was restarted.
Result<std::vector<ChannelReport>> reportChannels(const Graph& graph, const Tools& tools);

/// Row-major values seen as [outer, channels, inner].
class ChannelStatistics {
public:
    /// Refused for NaN and infinities, for another number of channels than before, and for values that do not divide into them.
    Status see(std::span<const float> values, std::int64_t channels, std::int64_t inner);
    /// REQUIRES: a value was seen.
    ChannelReport report() const;
    bool isEmpty() const { return m_count == 0; }

private:
    std::vector<float> m_largest;
    double m_count = 0;
    double m_powers[4] = {};  // Σ x, Σ x², Σ x³, Σ x⁴
};

}  // namespace trimtab::compress
