#include "core/graph/operand_rounding.h"

#include <algorithm>
#include <cassert>

#include "core/tensor/float8.h"

namespace trimtab::graph {

bool roundsOperands(ComputeType type) { return type != ComputeType::Float32 && type != ComputeType::Int8; }

float operandScale(ComputeType type, std::span<const float> values) {
    return type == ComputeType::Float8 ? tensor::float8Scale(values) : 1.0F;
}

void roundOperand(ComputeType type, float scale, std::span<const float> values, std::span<float> out) {
    assert(roundsOperands(type) && values.size() == out.size());
    const auto each = [&](auto round) { std::transform(values.begin(), values.end(), out.begin(), round); };
    switch (type) {
        case ComputeType::Tf32: return each(tensor::roundToTf32);
        case ComputeType::BFloat16: return each([](float x) { return tensor::bfloatToFloat(tensor::floatToBfloat(x)); });
        case ComputeType::Float16: return each([](float x) { return tensor::halfToFloat(tensor::floatToHalf(x)); });
        case ComputeType::Float8: return each([scale](float x) { return tensor::float8ToFloat(tensor::floatToFloat8(x / scale)); });
        case ComputeType::Float32:
        case ComputeType::Int8: return;
    }
}

Result<RoundedOperand> roundOperand(ComputeType type, const Tensor& tensor) {
    TRIMTAB_TRY(Tensor values, Tensor::allocate(DataType::Float32, tensor.shape()));
    const auto from = tensor.data<float>();
    RoundedOperand rounded{std::move(values), operandScale(type, from)};
    roundOperand(type, rounded.scale, from, rounded.values.mutableData<float>());
    return rounded;
}

Result<Tensor> roundedOperand(ComputeType type, const Tensor& tensor) {
    TRIMTAB_TRY(RoundedOperand rounded, roundOperand(type, tensor));
    if (rounded.scale != 1)
        for (float& value : rounded.values.mutableData<float>()) value *= rounded.scale;
    return std::move(rounded.values);
}

}  // namespace trimtab::graph
