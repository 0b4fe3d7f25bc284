#include <algorithm>
#include <cmath>

#include "core/evaluate/text_statistics.h"
#include "core/evaluate/text_units.h"

namespace trimtab::evaluate {
namespace {

// Where the sums stand: words of the texts, words of the references, matches and runs of each length.
constexpr std::size_t kWords = 0, kWanted = 1, kMatches = 2;

std::size_t nearest(std::size_t length, const std::vector<std::vector<std::string>>& references) {
    const auto key = [&](const auto& reference) {
        const std::size_t own = reference.size();
        return std::pair(own > length ? own - length : length - own, own);
    };
    return std::ranges::min_element(references, {}, key)->size();
}

}  // namespace

void BleuStatistic::addText(const std::string& text, const std::vector<std::string>& references) {
    const auto words = words13a(text);
    std::vector<std::vector<std::string>> wanted;
    for (const std::string& reference : references) wanted.push_back(words13a(reference));
    std::vector<double> parts(kWidth);
    parts[kWords] = static_cast<double>(words.size());
    parts[kWanted] = static_cast<double>(nearest(words.size(), wanted));
    for (std::size_t n = 1; n <= kOrders; ++n) {
        std::map<std::vector<std::string>, std::int64_t> most;
        for (const auto& reference : wanted)
            for (const auto& [run, count] : runsOf(reference, n)) most[run] = std::max(most[run], count);
        for (const auto& [run, count] : runsOf(words, n)) {
            const auto found = most.find(run);
            if (found != most.end()) parts[kMatches + n - 1] += static_cast<double>(std::min(count, found->second));
            parts[kMatches + kOrders + n - 1] += static_cast<double>(count);
        }
    }
    add(parts);
}

double BleuStatistic::figure(std::span<const double> sums) const {
    const auto matches = sums.subspan(kMatches, kOrders), runs = sums.subspan(kMatches + kOrders, kOrders);
    if (std::ranges::all_of(matches, [](double count) { return count == 0; })) return 0;
    double logarithm = sums[kWords] < sums[kWanted] ? 1 - sums[kWanted] / sums[kWords] : 0;
    double share = 1;
    for (std::size_t n = 0; n < kOrders; ++n) {
        if (runs[n] == 0) return 0;
        if (matches[n] == 0) share /= 2;
        logarithm += std::log((matches[n] == 0 ? share : matches[n]) / runs[n]) / kOrders;
    }
    return std::exp(logarithm);
}

std::vector<double> BleuStatistic::gradient(std::span<const double> sums) const {
    std::vector<double> slope(kWidth);
    const double value = figure(sums);
    if (value == 0) return slope;
    if (sums[kWords] < sums[kWanted]) {
        slope[kWords] = value * sums[kWanted] / (sums[kWords] * sums[kWords]);
        slope[kWanted] = -value / sums[kWords];
    }
    for (std::size_t n = 0; n < kOrders; ++n) {
        const double matches = sums[kMatches + n];
        if (matches > 0) slope[kMatches + n] = value / kOrders / matches;
        slope[kMatches + kOrders + n] = -value / kOrders / sums[kMatches + kOrders + n];
    }
    return slope;
}

}  // namespace trimtab::evaluate
