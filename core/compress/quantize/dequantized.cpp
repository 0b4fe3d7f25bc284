#include "core/compress/quantize/dequantized.h"

#include <algorithm>

namespace trimtab::compress {

// Group by group, so that no element divides to find its scale.
std::vector<float> dequantizedRows(const tensor::QuantizedWeight& weight) {
    std::vector<float> values(weight.codes.size());
    std::size_t at = 0;
    std::size_t group = 0;
    for (std::int64_t row = 0; row < weight.rows; ++row) {
        for (std::int64_t begin = 0; begin < weight.columns; begin += weight.group, ++group) {
            const float scale = weight.scales[group];
            const int zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[group];
            const std::size_t end = at + static_cast<std::size_t>(std::min(weight.group, weight.columns - begin));
            for (; at < end; ++at) values[at] = static_cast<float>(weight.codes[at] - zero) * scale;
        }
    }
    return values;
}

}  // namespace trimtab::compress
