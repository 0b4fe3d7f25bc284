#include "core/compress/prune/magnitude.h"

#include <algorithm>
#include <cmath>

#include "core/compress/prune/lowest.h"

namespace trimtab::compress {

std::int64_t countToPrune(double ratio, std::int64_t count) {
    const double wanted = ratio * static_cast<double>(count);
    const auto whole = static_cast<std::int64_t>(std::floor(wanted * (1 + 1e-12)));
    return std::clamp<std::int64_t>(whole, 0, count);
}

void pruneSmallest(std::span<const std::span<float>> parts, double ratio) {
    std::vector<float> magnitudes;
    std::size_t total = 0;
    for (const auto part : parts) total += part.size();
    magnitudes.reserve(total);
    for (const auto part : parts)
        for (const float value : part) magnitudes.push_back(std::abs(value));
    Lowest<float> lowest(magnitudes, countToPrune(ratio, static_cast<std::int64_t>(total)));
    for (const auto part : parts)
        for (float& value : part)
            if (lowest.takes(std::abs(value))) value = 0;
}

}  // namespace trimtab::compress
