#include "kernels/plan/operands/weight_words.h"

#include "core/tensor/code_values.h"

namespace trimtab::plan {

std::string weightWords(const NodeView& view) {
    const auto* codes = view.quantized(1);
    if (codes && codes->format != tensor::CodeFormat::Integer) return std::string(tensor::formatName(*codes));
    return std::to_string(view.node.treatment.weightBits) + "-bit";
}

}  // namespace trimtab::plan
