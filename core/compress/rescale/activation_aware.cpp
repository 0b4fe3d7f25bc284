#include "core/compress/rescale/activation_aware.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/compress/rescale/columns.h"
#include "core/compress/rescale/output_error.h"

namespace trimtab::compress {
namespace {

constexpr int kExponents = 20;

Result<double> errorAt(std::span<const ReadingWeight> weights, std::span<const float> scales, std::span<const float> gram,
                       const RoundedValues& rounded, TensorMath& math) {
    const auto columns = static_cast<std::int64_t>(scales.size());
    double sum = 0;
    for (const ReadingWeight& weight : weights) {
        assert(weight.values.size() % scales.size() == 0);
        std::vector<float> scaled(weight.values.begin(), weight.values.end());
        multiplyColumns(scaled, scales);
        TRIMTAB_TRY(std::vector<float> difference, rounded(scaled, static_cast<std::int64_t>(scaled.size()) / columns, columns));
        divideColumns(difference, scales);
        for (std::size_t i = 0; i < difference.size(); ++i) difference[i] = weight.values[i] - difference[i];
        TRIMTAB_TRY(const double error, outputError(difference, columns, gram, math));
        sum += error;
    }
    return sum;
}

}  // namespace

std::vector<float> activationPowers(std::span<const double> meanMagnitudes, double exponent) {
    double least = std::numeric_limits<double>::infinity();
    double most = 0;
    for (const double mean : meanMagnitudes) {
        if (mean > 0) least = std::min(least, mean);
        most = std::max(most, mean);
    }
    std::vector<float> scales(meanMagnitudes.size(), 1.0F);
    if (most == 0) return scales;
    least = std::max(least, most * 0x1p-20);
    // The norm before the power: sqrt(max · min)^α is that of the powers.
    const double middle = std::sqrt(most) * std::sqrt(least);
    for (std::size_t i = 0; i < scales.size(); ++i)
        scales[i] = usableColumnScale(std::pow(std::max(meanMagnitudes[i], least) / middle, exponent));
    return scales;
}

Result<ActivationAwareScales> activationAwareScales(std::span<const ReadingWeight> weights, std::span<const double> meanMagnitudes,
                                                    std::span<const float> gram, const RoundedValues& rounded, TensorMath& math,
                                                    bool powersOfTwo) {
    assert(!meanMagnitudes.empty());
    ActivationAwareScales best;
    for (int i = 0; i < kExponents; ++i) {
        const double exponent = static_cast<double>(i) / kExponents;
        std::vector<float> scales = activationPowers(meanMagnitudes, exponent);
        if (powersOfTwo) roundToPowersOfTwo(scales);
        TRIMTAB_TRY(const double error, errorAt(weights, scales, gram, rounded, math));
        if (i == 0) best.plainError = error;
        if (i > 0 && !(error < best.error)) continue;
        best.scales = std::move(scales);
        best.exponent = exponent;
        best.error = error;
    }
    return best;
}

}  // namespace trimtab::compress
