#include <algorithm>
#include <optional>

#include "core/evaluate/text_statistics.h"
#include "core/evaluate/text_units.h"

namespace trimtab::evaluate {
namespace {

constexpr double kRecallWeight = 4;  // beta squared
constexpr std::size_t kEach = 3;     // of a length: runs of the text, runs of the reference, matches

/// Precision and recall, averaged over the lengths that occur on both sides.
struct Averages {
    double precision = 0, recall = 0, lengths = 0;
};

Averages averagesOf(std::span<const double> sums) {
    Averages averages;
    for (std::size_t at = 0; at < sums.size(); at += kEach) {
        if (sums[at] <= 0 || sums[at + 1] <= 0) continue;
        averages.precision += sums[at + 2] / sums[at];
        averages.recall += sums[at + 2] / sums[at + 1];
        ++averages.lengths;
    }
    if (averages.lengths > 0) {
        averages.precision /= averages.lengths;
        averages.recall /= averages.lengths;
    }
    return averages;
}

double score(std::span<const double> sums) {
    const auto [precision, recall, lengths] = averagesOf(sums);
    return precision + recall > 0 ? (1 + kRecallWeight) * precision * recall / (kRecallWeight * precision + recall) : 0;
}

}  // namespace

void ChrfStatistic::addText(const std::string& text, const std::vector<std::string>& references) {
    const std::u32string own = charactersOf(text);
    std::optional<double> bestScore;
    std::vector<double> best;
    for (const std::string& reference : references) {
        const std::u32string wanted = charactersOf(reference);
        std::vector<double> parts(kWidth);
        for (std::size_t n = 1; n <= kOrders; ++n) {
            const auto ownRuns = runsOf(own, n), wantedRuns = runsOf(wanted, n);
            double* part = &parts[(n - 1) * kEach];
            for (const auto& [run, count] : wantedRuns) part[1] += static_cast<double>(count);
            for (const auto& [run, count] : ownRuns) {
                const auto found = wantedRuns.find(run);
                if (found != wantedRuns.end()) part[2] += static_cast<double>(std::min(count, found->second));
                if (!wantedRuns.empty()) part[0] += static_cast<double>(count);  // runs longer than the reference are held against none
            }
        }
        const double here = score(parts);
        if (bestScore && here <= *bestScore) continue;
        bestScore = here;
        best = std::move(parts);
    }
    add(best);
}

double ChrfStatistic::figure(std::span<const double> sums) const { return score(sums); }

std::vector<double> ChrfStatistic::gradient(std::span<const double> sums) const {
    std::vector<double> slope(kWidth);
    const auto [precision, recall, lengths] = averagesOf(sums);
    if (precision + recall == 0) return slope;
    const double below = kRecallWeight * precision + recall;
    const double ofPrecision = (1 + kRecallWeight) * recall * recall / (below * below) / lengths;
    const double ofRecall = (1 + kRecallWeight) * kRecallWeight * precision * precision / (below * below) / lengths;
    for (std::size_t at = 0; at < kWidth; at += kEach) {
        const double runs = sums[at], wanted = sums[at + 1], matches = sums[at + 2];
        if (runs <= 0 || wanted <= 0) continue;
        slope[at] = -ofPrecision * matches / (runs * runs);
        slope[at + 1] = -ofRecall * matches / (wanted * wanted);
        slope[at + 2] = ofPrecision / runs + ofRecall / wanted;
    }
    return slope;
}

}  // namespace trimtab::evaluate
