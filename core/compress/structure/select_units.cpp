#include "core/compress/structure/select_units.h"

#include <algorithm>
#include <numeric>

#include "core/compress/prune/magnitude.h"

namespace trimtab::compress {
namespace {

struct Candidate {
    double score = 0;
    std::size_t group = 0;
    int unit = 0;
};

/// The lowest of the candidates until `count` are gone; no group gives its last unit.
void dropLowest(std::vector<Candidate> candidates, std::int64_t count, std::vector<std::size_t> sizes, std::vector<int>& leaving) {
    std::ranges::stable_sort(candidates, {}, &Candidate::score);
    for (const Candidate& candidate : candidates) {
        if (count == 0) return;
        if (sizes[candidate.group] <= 1) continue;
        --sizes[candidate.group];
        --count;
        leaving.push_back(candidate.unit);
    }
}

double scaleOf(const ScoredGroup& group) {
    if (group.spec.scope != "global" || group.spec.method != "magnitude") return 1;
    const double mean = std::accumulate(group.scores.begin(), group.scores.end(), 0.0) / static_cast<double>(group.scores.size());
    return mean > 0 ? 1 / mean : 1;
}

}  // namespace

std::vector<int> leavingUnits(const std::vector<ScoredGroup>& groups) {
    std::vector<int> leaving;
    std::vector<bool> isDone(groups.size(), false);
    for (std::size_t first = 0; first < groups.size(); ++first) {
        if (isDone[first]) continue;
        std::vector<Candidate> candidates;
        std::vector<std::size_t> sizes(groups.size());
        for (std::size_t i = first; i < groups.size(); ++i) {
            const bool together = i == first || (groups[first].spec.scope == "global" && groups[i].spec == groups[first].spec);
            if (isDone[i] || !together) continue;
            isDone[i] = true;
            sizes[i] = groups[i].units.size();
            for (std::size_t u = 0; u < sizes[i]; ++u)
                candidates.push_back({groups[i].scores[u] * scaleOf(groups[i]), i, groups[i].units[u]});
        }
        const std::int64_t count = countToPrune(groups[first].spec.ratio, static_cast<std::int64_t>(candidates.size()));
        dropLowest(std::move(candidates), count, std::move(sizes), leaving);
    }
    return leaving;
}

}  // namespace trimtab::compress
