// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/study_snapshot.h"

#include <algorithm>

namespace trimtab::gui {

std::string word(SpeedAxis axis) {
    switch (axis) {
        case SpeedAxis::Throughput: return "throughput_sps";
        case SpeedAxis::Size: return "size_bytes";
        case SpeedAxis::Latency: break;
    }
    return "latency_ms";
}

SpeedAxis speedAxisFromWord(const std::string& text) {
    for (const SpeedAxis axis : {SpeedAxis::Throughput, SpeedAxis::Size}) {
        if (word(axis) == text) return axis;
    }
    return SpeedAxis::Latency;
}

const trial::TrialResult* StudySnapshot::result(std::int64_t trialId) const {
    const auto found = std::find_if(results.begin(), results.end(), [trialId](const auto& r) { return r.id == trialId; });
    return found == results.end() ? nullptr : &*found;
}

const tune::ParetoRow* StudySnapshot::row(std::int64_t trialId) const {
    const auto found = std::find_if(rows.begin(), rows.end(), [trialId](const auto& r) { return r.trial == trialId; });
    return found == rows.end() ? nullptr : &*found;
}

const trial::TrialResult* StudySnapshot::baseline() const {
    const auto found = std::find_if(results.begin(), results.end(), [](const auto& r) { return r.isBaseline; });
    return found == results.end() ? nullptr : &*found;
}

std::optional<double> axisValue(const trial::TrialResult& result, SpeedAxis axis) {
    if (result.state != trial::State::Finished) return std::nullopt;
    if (axis == SpeedAxis::Size) return result.sizeBytes > 0 ? std::optional<double>(static_cast<double>(result.sizeBytes)) : std::nullopt;
    if (!result.speed || result.speed->medianMs <= 0) return std::nullopt;
    return axis == SpeedAxis::Latency ? result.speed->medianMs : result.speed->throughput();
}

std::optional<base::Interval> axisInterval(const trial::TrialResult& result, SpeedAxis axis) {
    if (axis == SpeedAxis::Size || !result.speed) return std::nullopt;
    const base::Interval latency = result.speed->medianInterval;
    if (latency.low <= 0 || latency.high <= 0) return std::nullopt;
    if (axis == SpeedAxis::Latency) return latency;
    const double samples = 1000.0 * static_cast<double>(result.speed->batch);
    return base::Interval{samples / latency.high, samples / latency.low};
}

}  // namespace trimtab::gui
