#include "core/formats/huggingface/quantized/mx4_codes.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/formats/huggingface/quantized/code_matrix.h"
#include "core/tensor/minifloat.h"
#include "core/tensor/packed.h"

namespace trimtab::formats::huggingface {

Result<tensor::QuantizedWeight> mx4Codes(const ModuleTensors& module, const Shape& shape, bool read) {
    constexpr int bits = 4;
    constexpr std::byte noNumber{255};
    const std::int64_t outputs = shape[0], inputs = shape[1], groups = inputs / kMxGroup;
    if (inputs % kMxGroup != 0)
        return fail(ErrorCode::Refused, fmt::format("{} has {} inputs, which are no groups of {}", module.module(), inputs, kMxGroup));
    TRIMTAB_TRY(const Tensor* stored, module.get("weight_packed", {DataType::UInt8}, Shape{outputs, inputs / 2}));
    TRIMTAB_TRY(const Tensor* exponents, module.get("weight_scale", {DataType::UInt8}, Shape{outputs, groups}));
    if (std::ranges::find(exponents->bytes(), noNumber) != exponents->bytes().end())
        return fail(ErrorCode::Refused, fmt::format("{} holds a number that is not finite", module.nameOf("weight_scale")));
    tensor::QuantizedWeight weight = codeMatrix(shape, bits, kMxGroup);
    weight.format = tensor::CodeFormat::Float4E2M1;
    weight.scaleFormat = tensor::ScaleFormat::PowerOfTwo;
    if (!read) return weight;
    fillScales(weight, [&](std::int64_t n, std::int64_t g) {
        const auto exponent = std::to_integer<std::uint8_t>(exponents->bytes()[static_cast<std::size_t>(n * groups + g)]);
        return static_cast<float>(tensor::minifloatToDouble(DataType::Float8E8M0, exponent));
    });
    fillCodes(weight, [&](std::int64_t n, std::int64_t k) { return tensor::packedCode(stored->bytes(), bits, n * inputs + k); });
    stored->releasePages();
    return weight;
}

}  // namespace trimtab::formats::huggingface
