#include "core/compress/quantize/by_group.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace trimtab::compress {

Result<tensor::QuantizedWeight> quantizeByGroup(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                                const recipe::WeightSpec& spec, const StepOfGroup& stepOf) {
    assert(spec.bits >= 2 && spec.bits <= 8 && static_cast<std::int64_t>(values.size()) == rows * columns && columns > 0);
    if (std::any_of(values.begin(), values.end(), [](float value) { return std::isinf(value); }))
        return fail(ErrorCode::Refused,
                    "the weight holds infinities, which no code can stand for; leave this layer at 32 or 16 bits by a rule");

    const CodeGrid grid(spec, values);
    tensor::QuantizedWeight weight = grid.emptyWeight(rows, columns);
    const Step shared = spec.group < 0 ? stepOf(grid, values) : Step{};
    weight.scales.reserve(static_cast<std::size_t>(rows * weight.groups()));
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t begin = 0; begin < columns; begin += weight.group) {
            const std::int64_t count = std::min(weight.group, columns - begin);
            const std::span part(values.data() + row * columns + begin, static_cast<std::size_t>(count));
            const Step step = spec.group < 0 ? shared : stepOf(grid, part);
            weight.scales.push_back(step.scale);
            if (!weight.symmetric) weight.zeroPoints.push_back(static_cast<std::int8_t>(step.zero));
            grid.encode(part, step, weight.codes.data() + row * columns + begin);
        }
    }
    return weight;
}

}  // namespace trimtab::compress
