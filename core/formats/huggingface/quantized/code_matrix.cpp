#include "core/formats/huggingface/quantized/code_matrix.h"

#include <numeric>

#include <fmt/format.h>

#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {
namespace {

template <class T>
std::vector<T> rowsIn(const std::vector<T>& values, std::int64_t width, std::int64_t first, std::int64_t count) {
    if (values.empty()) return {};
    return {values.begin() + first * width, values.begin() + (first + count) * width};
}

}  // namespace

tensor::QuantizedWeight codeMatrix(const Shape& shape, int bits, std::int64_t group) {
    tensor::QuantizedWeight weight;
    weight.rows = shape[0];
    weight.columns = shape[1];
    weight.originalShape = Shape{shape[1], shape[0]};
    weight.layout = tensor::WeightLayout::OutputsLast;
    weight.bits = bits;
    weight.group = group > 0 ? std::min(group, weight.columns) : weight.columns;
    return weight;
}

Result<std::vector<std::int64_t>> inputsByGroup(const ModuleTensors& module, std::string_view part, std::int64_t inputs,
                                                std::int64_t group) {
    TRIMTAB_TRY(const Tensor* tensor, module.get(part, {DataType::Int32}, Shape{inputs}));
    TRIMTAB_TRY(const Tensor aligned, tensor->aligned(sizeof(std::int32_t)) ? Result<Tensor>(*tensor) : tensor->clone());
    const std::vector<std::int64_t> groups = tensor::toInt64s(aligned);
    std::vector<std::int64_t> order(static_cast<std::size_t>(inputs));
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](std::int64_t input) { return groups[static_cast<std::size_t>(input)]; });
    for (std::int64_t place = 0; place < inputs; ++place) {
        const std::int64_t input = order[static_cast<std::size_t>(place)], given = groups[static_cast<std::size_t>(input)];
        if (given != place / group)
            return fail(ErrorCode::Refused, fmt::format("{} puts input {} into group {}: with groups of {} inputs each it would be {}",
                                                        module.nameOf(part), input, given, group, place / group));
    }
    if (std::ranges::is_sorted(order)) order.clear();
    return order;
}

tensor::QuantizedWeight outputsOf(const tensor::QuantizedWeight& weight, std::int64_t first, std::int64_t count) {
    tensor::QuantizedWeight part = codeMatrix(Shape{count, weight.columns}, weight.bits, weight.group);
    part.format = weight.format;
    part.scaleFormat = weight.scaleFormat;
    part.symmetric = weight.symmetric;
    part.codes = rowsIn(weight.codes, weight.columns, first, count);
    part.scales = rowsIn(weight.scales, weight.groups(), first, count);
    part.zeroPoints = rowsIn(weight.zeroPoints, weight.groups(), first, count);
    return part;
}

}  // namespace trimtab::formats::huggingface
