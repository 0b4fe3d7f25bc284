#include "core/tensor/float8.h"

#include <algorithm>
#include <cmath>

#include "core/tensor/minifloat.h"

namespace trimtab::tensor {

float float8ToFloat(std::uint8_t bits) { return static_cast<float>(minifloatToDouble(DataType::Float8E4M3FN, bits)); }

std::uint8_t floatToFloat8(float value) { return doubleToMinifloat(DataType::Float8E4M3FN, static_cast<double>(value)); }

float float8Scale(std::span<const float> values) {
    float largest = 0;
    for (const float value : values) largest = std::max(largest, std::fabs(value));
    const float scale = largest / kLargestFloat8;
    return scale == 0 ? 1.0F : scale;
}

}  // namespace trimtab::tensor
