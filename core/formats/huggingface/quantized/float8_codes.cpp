#include "core/formats/huggingface/quantized/float8_codes.h"

#include <cmath>

#include <fmt/format.h>

#include "core/formats/huggingface/quantized/code_matrix.h"
#include "core/tensor/code_values.h"

namespace trimtab::formats::huggingface {

bool isFloat8(const Tensor* weight) {
    return weight != nullptr && (weight->type() == DataType::Float8E4M3FN || weight->type() == DataType::Float8E5M2);
}

Result<tensor::QuantizedWeight> float8Codes(const ModuleTensors& module, std::string_view scales, const ScaleGrid& grid, const Shape& shape,
                                            bool read) {
    constexpr int bits = 8;
    TRIMTAB_TRY(const Tensor* stored, module.get("weight", {DataType::Float8E4M3FN, DataType::Float8E5M2}, shape));
    TRIMTAB_TRY(const std::vector<float> factors, scalesIn(module, scales, grid, shape));
    tensor::QuantizedWeight weight = codeMatrix(shape, bits, grid.inputs);
    weight.format = stored->type() == DataType::Float8E5M2 ? tensor::CodeFormat::Float8E5M2 : tensor::CodeFormat::Float8E4M3;
    if (!read) return weight;
    const auto values = tensor::codeValues(weight.format);
    for (const std::byte code : stored->bytes())
        if (!std::isfinite(values[std::to_integer<std::uint8_t>(code)]))
            return fail(ErrorCode::Refused, fmt::format("{} holds a code that is no finite number", module.nameOf("weight")));
    fillScales(weight, [&](std::int64_t n, std::int64_t g) { return factors[grid.at(shape, n, g)]; });
    const auto* const codes = reinterpret_cast<const std::int8_t*>(stored->bytes().data());
    weight.codes.assign(codes, codes + stored->bytes().size());
    stored->releasePages();
    return weight;
}

}  // namespace trimtab::formats::huggingface
