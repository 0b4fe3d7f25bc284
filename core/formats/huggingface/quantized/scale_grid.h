#pragma once
// Scales that hold for blocks of a weight [outputs, inputs], stored as a matrix of them. A QuantizedWeight has a scale for each output and
// group of inputs: those of a block's outputs are one number, repeated.
#include "core/base/json.h"
#include "core/formats/huggingface/quantized/module_tensors.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::formats::huggingface {

struct ScaleGrid {
    std::int64_t outputs = 1;  // that share a scale; 0: all
    std::int64_t inputs = 0;   // that share a scale; 0: all

    /// [blocks of outputs, blocks of inputs] of a weight.
    Shape shapeFor(const Shape& weight) const;
    /// Of the scale of output n and group g in the stored matrix.
    std::size_t at(const Shape& weight, std::int64_t n, std::int64_t g) const;
};

/// Of a field [rows, columns] of a config. Refused, naming it.
Result<ScaleGrid> blockGridIn(const Json& block, std::string_view key);

/// Whether a tensor holds one number for each block: of shapeFor(), or without its axes of one.
bool fits(const Tensor& tensor, const ScaleGrid& grid, const Shape& weight);

/// Row-major, as the file holds them. Refused, naming the tensor, where it does not fit.
Result<std::vector<float>> scalesIn(const ModuleTensors& module, std::string_view part, const ScaleGrid& grid, const Shape& weight);

}  // namespace trimtab::formats::huggingface
