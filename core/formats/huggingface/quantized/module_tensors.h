#pragma once
// The tensors that stand for one module's weight in a checkpoint of codes, held to the type and the shape that its packing gives them.
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/formats/safetensors/checkpoint.h"

namespace trimtab::formats::huggingface {

class ModuleTensors {
public:
    /// `module`: "model.layers.0.mlp.up_proj". The checkpoint is only referred to.
    ModuleTensors(const safetensors::Checkpoint& checkpoint, std::string module) : m_checkpoint(checkpoint), m_module(std::move(module)) {}

    const std::string& module() const { return m_module; }
    /// "model.layers.0.mlp.up_proj.qweight".
    std::string nameOf(std::string_view part) const { return m_module + "." + std::string(part); }
    /// nullptr where there is none.
    const Tensor* find(std::string_view part) const;
    bool has(std::string_view part) const { return find(part) != nullptr; }

    /// Refused, naming the tensor, where it is missing; the others too where it is of another type or shape.
    Result<const Tensor*> get(std::string_view part) const;
    Result<const Tensor*> get(std::string_view part, std::initializer_list<DataType> types) const;
    Result<const Tensor*> get(std::string_view part, std::initializer_list<DataType> types, const Shape& shape) const;
    /// float32, float16 or bfloat16 as float32, row-major, all of them finite.
    Result<std::vector<float>> numbers(std::string_view part, const Shape& shape) const;
    Result<std::vector<float>> numbers(std::string_view part) const;

private:
    const safetensors::Checkpoint& m_checkpoint;
    std::string m_module;
};

}  // namespace trimtab::formats::huggingface
