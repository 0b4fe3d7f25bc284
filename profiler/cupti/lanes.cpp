#include "profiler/cupti/lanes.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace trimtab::cupti {
namespace {

constexpr std::size_t kMostTracks = std::numeric_limits<std::uint16_t>::max();

/// The ends of the spans that are open at the moment, each inside the one before.
class Lane {
public:
    bool takes(const trace::Span& span) {
        while (!m_ends.empty() && (span.durationNs > 0 ? m_ends.back() <= span.beginNs : m_ends.back() < span.beginNs)) m_ends.pop_back();
        if (!m_ends.empty() && span.endNs() > m_ends.back()) return false;
        m_ends.push_back(span.endNs());
        return true;
    }

private:
    std::vector<std::int64_t> m_ends;
};

}  // namespace

void place(std::vector<trace::Span> spans, const std::string& name, trace::Trace& trace) {
    std::ranges::stable_sort(spans, {}, [](const trace::Span& span) { return std::tuple(span.beginNs, -span.durationNs); });
    const std::size_t first = trace.tracks.size();
    std::vector<Lane> lanes;
    for (trace::Span& span : spans) {
        std::size_t lane = 0;
        while (lane < lanes.size() && !lanes[lane].takes(span)) ++lane;
        if (lane == lanes.size()) {
            if (first + lane >= kMostTracks) {
                ++trace.dropped;
                continue;
            }
            lanes.emplace_back().takes(span);
            trace.tracks.push_back(lane == 0 ? name : name + " (" + std::to_string(lane + 1) + ")");
        }
        span.track = static_cast<std::uint16_t>(first + lane);
        trace.spans.push_back(span);
    }
}

}  // namespace trimtab::cupti
