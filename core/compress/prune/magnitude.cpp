#include "core/compress/prune/magnitude.h"

#include <algorithm>
#include <cmath>

namespace trimtab::compress {

std::int64_t countToPrune(double ratio, std::int64_t count) {
    const double wanted = ratio * static_cast<double>(count);
    const auto whole = static_cast<std::int64_t>(std::floor(wanted * (1 + 1e-12)));
    return std::clamp<std::int64_t>(whole, 0, count);
}

// The k-th smallest magnitude is the threshold: everything below it goes, and of those equal to it the first ones until k are gone.
void pruneSmallest(std::span<const std::span<float>> parts, double ratio) {
    std::vector<float> magnitudes;
    std::size_t total = 0;
    for (const auto part : parts) total += part.size();
    magnitudes.reserve(total);
    for (const auto part : parts)
        for (const float value : part) magnitudes.push_back(std::abs(value));

    const std::int64_t wanted = countToPrune(ratio, static_cast<std::int64_t>(total));
    if (wanted == 0) return;
    const auto nth = magnitudes.begin() + (wanted - 1);
    std::nth_element(magnitudes.begin(), nth, magnitudes.end());
    const float threshold = *nth;
    std::int64_t atThreshold = wanted - std::count_if(magnitudes.begin(), nth, [&](float magnitude) { return magnitude < threshold; });

    for (const auto part : parts) {
        for (float& value : part) {
            const float magnitude = std::abs(value);
            if (magnitude < threshold) value = 0;
            else if (magnitude == threshold && atThreshold > 0) {
                value = 0;
                --atThreshold;
            }
        }
    }
}

}  // namespace trimtab::compress
