#include "core/trial/stream.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace trimtab::trial {

StreamFigures streamFigures(std::span<const double> timesMs, double streamSeconds, std::optional<double> deadlineMs) {
    assert(!timesMs.empty() && streamSeconds > 0 && deadlineMs.value_or(1) > 0);
    StreamFigures figures;
    figures.streamSeconds = streamSeconds;
    figures.deadlineMs = deadlineMs.value_or(1000 * streamSeconds);
    figures.n = static_cast<std::int64_t>(timesMs.size());
    std::vector<double> factors(timesMs.begin(), timesMs.end());
    for (double& factor : factors) factor /= 1000 * streamSeconds;
    figures.medianFactor = base::median(factors);
    figures.factorInterval = base::quantileInterval(factors, 0.5);
    if (const auto p95 = base::percentile95(factors)) figures.p95Factor = p95->value;
    const auto inTime = std::ranges::count_if(timesMs, [&](double time) { return time <= figures.deadlineMs; });
    figures.missed = base::proportion(figures.n - inTime, figures.n);
    return figures;
}

Json toJson(const StreamFigures& figures) {
    Json factor{{"median", figures.medianFactor}, {"p95", nullptr}, {"n", figures.n}, {"ci", nullptr},
                {"stream_seconds", figures.streamSeconds}};
    if (figures.p95Factor) factor["p95"] = *figures.p95Factor;
    if (figures.factorInterval) factor["ci"] = {figures.factorInterval->low, figures.factorInterval->high};
    return {{"real_time_factor", std::move(factor)},
            {"missed_deadlines",
             {{"share", figures.missed.value},
              {"n", figures.n},
              {"ci", {figures.missed.interval.low, figures.missed.interval.high}},
              {"deadline_ms", figures.deadlineMs}}}};
}

}  // namespace trimtab::trial
