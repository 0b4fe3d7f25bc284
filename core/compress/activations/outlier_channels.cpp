#include "core/compress/activations/outlier_channels.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>

#include "core/base/statistics.h"
#include "core/compress/layer_error.h"
#include "core/graph/weights.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

/// Which axis of a layer's input holds its channels, counted from the front.
int channelAxis(const graph::Node& node, int rank) {
    if (node.op == "Conv" || node.op == "FusedConv") return 1;
    return node.integer("transA", 0) != 0 ? 0 : rank - 1;
}

Status show(ChannelStatistics& statistics, const graph::Node& node, const Tensor& value) {
    const Shape& shape = value.shape();
    const int axis = channelAxis(node, shape.rank());
    if (axis < 0 || axis >= shape.rank()) return fail(ErrorCode::Refused, "its input of shape " + shape.text() + " has no channels");
    std::int64_t inner = 1;
    for (int d = axis + 1; d < shape.rank(); ++d) inner *= shape[d];
    return statistics.see(tensor::toFloats(value), shape[axis], inner);
}

Result<ChannelReport> reportOf(const Graph& graph, const graph::Node& node, const Tools& tools) {
    ChannelStatistics statistics;
    const graph::ValueId input = node.input(0);
    TRIMTAB_REQUIRE(tools.activations->forEach(graph, std::span(&input, 1),
                                               [&](std::size_t, const Tensor& value) { return show(statistics, node, value); }));
    if (statistics.isEmpty()) return fail(ErrorCode::Refused, "no calibration data reach this layer");
    return statistics.report();
}

}  // namespace

Status ChannelStatistics::see(std::span<const float> values, std::int64_t channels, std::int64_t inner) {
    if (values.empty()) return {};
    const bool divides = channels > 0 && inner > 0 && static_cast<std::int64_t>(values.size()) % (channels * inner) == 0;
    if (!divides || (!m_largest.empty() && channels != static_cast<std::int64_t>(m_largest.size())))
        return fail(ErrorCode::Refused, "its inputs differ in their channels from one batch to the next");
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
        return fail(ErrorCode::Refused, "the activations hold NaN or infinities; check the model and the calibration data");
    m_largest.resize(static_cast<std::size_t>(channels), 0.0F);
    for (std::size_t i = 0; i < values.size(); ++i) {
        float& largest = m_largest[i / static_cast<std::size_t>(inner) % m_largest.size()];
        largest = std::max(largest, std::abs(values[i]));
        double power = 1;
        for (double& sum : m_powers) sum += power *= values[i];
    }
    m_count += static_cast<double>(values.size());
    return {};
}

ChannelReport ChannelStatistics::report() const {
    assert(!isEmpty());
    ChannelReport report;
    report.channels = static_cast<std::int64_t>(m_largest.size());
    report.largest = *std::ranges::max_element(m_largest);
    const double median = base::median(std::vector<double>(m_largest.begin(), m_largest.end()));
    if (median > 0) report.timesMedian = report.largest / median;
    else if (report.largest > 0) report.timesMedian = std::numeric_limits<double>::infinity();
    report.worst = outlierColumns(m_largest, kOutlierFactor);
    report.outliers = static_cast<std::int64_t>(report.worst.size());
    report.worst.resize(std::min(report.worst.size(), kChannelsNamed));
    const double mean = m_powers[0] / m_count;
    const double second = m_powers[1] / m_count, third = m_powers[2] / m_count, fourth = m_powers[3] / m_count;
    const double variance = second - mean * mean;
    // Below rounding of the sums nothing is left of a spread.
    if (variance > 1e-12 * second)
        report.kurtosis = (fourth - 4 * mean * third + 6 * mean * mean * second - 3 * mean * mean * mean * mean) / (variance * variance);
    return report;
}

Result<std::vector<ChannelReport>> reportChannels(const Graph& graph, const Tools& tools) {
    assert(tools.activations);
    std::vector<ChannelReport> rows;
    std::map<std::pair<graph::ValueId, int>, ChannelReport> known;
    for (const graph::WeightUse& use : graph::compressibleWeights(graph)) {
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        const graph::Node& node = graph.nodes[static_cast<std::size_t>(use.node)];
        constexpr int kAnyRank = 1 << 10;  // the last axis, whichever it is
        const std::pair key{node.input(0), channelAxis(node, kAnyRank)};
        auto found = known.find(key);
        if (found == known.end()) {
            auto made = reportOf(graph, node, tools);
            if (!made) return atLayer(std::move(made).error(), node);
            found = known.emplace(key, std::move(*made)).first;
        }
        rows.push_back(found->second);
        rows.back().node = node.name;
    }
    return rows;
}

}  // namespace trimtab::compress
