#include "core/compress/quantize/round_to_nearest.h"

#include "core/compress/quantize/by_group.h"

namespace trimtab::compress {

Result<tensor::QuantizedWeight> roundToNearest(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                               const recipe::WeightSpec& spec) {
    return quantizeByGroup(values, rows, columns, spec,
                           [](const CodeGrid& grid, std::span<const float> group) { return grid.covering(group); });
}

}  // namespace trimtab::compress
