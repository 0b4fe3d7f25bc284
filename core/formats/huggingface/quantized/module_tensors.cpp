#include "core/formats/huggingface/quantized/module_tensors.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {

const Tensor* ModuleTensors::find(std::string_view part) const {
    const auto found = m_checkpoint.tensors.find(nameOf(part));
    return found == m_checkpoint.tensors.end() ? nullptr : &found->second;
}

Result<const Tensor*> ModuleTensors::get(std::string_view part) const {
    const Tensor* const tensor = find(part);
    if (tensor == nullptr) return fail(ErrorCode::Refused, fmt::format("the checkpoint has no {}", nameOf(part)));
    return tensor;
}

Result<const Tensor*> ModuleTensors::get(std::string_view part, std::initializer_list<DataType> types) const {
    TRIMTAB_TRY(const Tensor* tensor, get(part));
    if (std::ranges::find(types, tensor->type()) != types.end()) return tensor;
    std::vector<std::string_view> names;
    for (const DataType type : types) names.push_back(tensor::name(type));
    return fail(ErrorCode::Refused,
                fmt::format("{} is of type {}, not {}", nameOf(part), tensor::name(tensor->type()), fmt::join(names, " or ")));
}

Result<const Tensor*> ModuleTensors::get(std::string_view part, std::initializer_list<DataType> types, const Shape& shape) const {
    TRIMTAB_TRY(const Tensor* tensor, get(part, types));
    if (tensor->shape() != shape)
        return fail(ErrorCode::Refused,
                    fmt::format("{} is {}, and the config asks for {}", nameOf(part), tensor->shape().text(), shape.text()));
    return tensor;
}

Result<std::vector<float>> ModuleTensors::numbers(std::string_view part) const {
    TRIMTAB_TRY(const Tensor* tensor, get(part, {DataType::Float32, DataType::Float16, DataType::BFloat16}));
    TRIMTAB_TRY(const Tensor aligned, tensor->aligned(sizeof(float)) ? Result<Tensor>(*tensor) : tensor->clone());
    std::vector<float> values = tensor::toFloats(aligned);
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
        return fail(ErrorCode::Refused, fmt::format("{} holds a number that is not finite", nameOf(part)));
    return values;
}

Result<std::vector<float>> ModuleTensors::numbers(std::string_view part, const Shape& shape) const {
    TRIMTAB_REQUIRE(get(part, {DataType::Float32, DataType::Float16, DataType::BFloat16}, shape));
    return numbers(part);
}

}  // namespace trimtab::formats::huggingface
