#pragma once
// In which form each treated weight leaves in a model file.
#include <map>
#include <string>

#include "core/graph/graph.h"

namespace trimtab::formats::onnx {

enum class WeightForm : std::uint8_t {
    DequantizeInt8,  // int8 codes → DequantizeLinear along the output-channel axis
    DequantizeFloat, // float8 codes → DequantizeLinear along the output-channel axis, or with blocks along the reduction
    BlockQuantized,  // com.microsoft.MatMulNBits in place of the MatMul
    NormalFloat,     // com.microsoft.MatMulBnb4 in place of the MatMul
    Cast16,          // bf16 or fp16 → Cast
    Dense,           // values as they are, rounded if they were quantised
};

struct WeightPlan {
    WeightForm form = WeightForm::Dense;
    bool quantizedActivations = false;  // DynamicQuantizeLinear, or QuantizeLinear under the static step → DequantizeLinear before the
                                        // consumers' first input
    std::int64_t axis = 0;              // DequantizeInt8, DequantizeFloat
    int bits = 8;                       // BlockQuantized: 2, 4 or 8
    bool productsOfCodes = false;       // BlockQuantized: activations become 8-bit codes in the same blocks (accuracy_level 4)
    std::int64_t block = 0;             // BlockQuantized, NormalFloat; of DequantizeFloat 0 where the axis is that of the outputs
    bool bfloat = false;                // Cast16
    std::string label;                  // for WriteResult::form
};

/// A plan for every weight that was pruned, quantised, stored in 16 bits or multiplied in tf32 or fp8; the others are absent and stay
/// dense.
std::map<graph::ValueId, WeightPlan> planWeights(const Graph& graph);

/// One word for the whole file: the label that all plans share, "mixed (…)" where they differ, the weights' own type where nothing was
/// treated; and what is left out because a file cannot say it.
std::string describeForms(const Graph& graph, const std::map<graph::ValueId, WeightPlan>& plans);

}  // namespace trimtab::formats::onnx
