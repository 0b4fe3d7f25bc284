#include "core/compress/prune/importance.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/base/hash.h"
#include "core/base/random.h"

namespace trimtab::compress {

std::vector<float> magnitudeScores(std::span<const float> weight) {
    std::vector<float> scores(weight.size());
    std::transform(weight.begin(), weight.end(), scores.begin(), [](float value) { return std::abs(value); });
    return scores;
}

// An infinite weight stays the largest even where its column is never active: infinity times 0 is no score.
std::vector<float> wandaScores(std::span<const float> weight, std::span<const double> norms) {
    assert(!norms.empty() && weight.size() % norms.size() == 0);
    std::vector<float> scores(weight.size());
    for (std::size_t begin = 0; begin < weight.size(); begin += norms.size()) {
        for (std::size_t i = 0; i < norms.size(); ++i) {
            const double magnitude = std::abs(weight[begin + i]);
            scores[begin + i] = static_cast<float>(std::isinf(magnitude) ? magnitude : magnitude * norms[i]);
        }
    }
    return scores;
}

std::vector<float> randomScores(std::size_t count, std::uint64_t seed) {
    base::Random random(seed);
    std::vector<float> scores(count);
    // 24 bits, which a float holds: a double could round up to 1.
    for (float& score : scores) score = static_cast<float>(random.next() >> 40) * 0x1p-24F;
    return scores;
}

std::uint64_t seedOfLayer(std::uint64_t seed, const std::string& layer) {
    const std::string digest = base::sha256(std::to_string(seed) + " " + layer);
    return std::stoull(digest.substr(0, 16), nullptr, 16);
}

}  // namespace trimtab::compress
