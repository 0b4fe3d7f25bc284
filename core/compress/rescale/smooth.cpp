#include "core/compress/rescale/smooth.h"

#include <cassert>
#include <cmath>

#include "core/compress/rescale/columns.h"

namespace trimtab::compress {

std::vector<float> smoothScales(std::span<const float> maxActivation, std::span<const float> maxWeight, double alpha) {
    assert(maxActivation.size() == maxWeight.size() && alpha >= 0 && alpha <= 1);
    std::vector<float> scales(maxActivation.size(), 1.0F);
    for (std::size_t i = 0; i < scales.size(); ++i) {
        if (!(maxActivation[i] > 0) || !(maxWeight[i] > 0)) continue;
        const double activation = std::pow(static_cast<double>(maxActivation[i]), alpha);
        scales[i] = usableColumnScale(activation / std::pow(static_cast<double>(maxWeight[i]), 1 - alpha));
    }
    return scales;
}

}  // namespace trimtab::compress
