#include "kernels/plan/operands/treated.h"

#include "core/tensor/code_values.h"

namespace trimtab::plan {

bool hasTreatedOperands(const graph::Node& node) {
    return node.is("Conv") || node.is("MatMul") || node.is("Gemm") || node.is("FusedConv", "trimtab") || node.is("FusedMatMul", "trimtab");
}

void recordTreatment(Builder& builder, const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    trace::LayerRecord& record = builder.record();
    record.compute = graph::name(treatment.compute);
    record.weightBits = treatment.weightBits;
    record.activationBits = treatment.activationBits;
    record.density = treatment.density;
    if (const auto* codes = view.quantized(1)) {
        record.group = codes->partialGroup();
        record.weightFormat = tensor::formatName(*codes);
    }
}

}  // namespace trimtab::plan
