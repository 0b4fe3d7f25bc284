// Operators that only name the same bytes anew: no step at all.
#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/families.h"

namespace trimtab::cpu {

runtime::Support judgeView(const NodeView& view) {
    if (view.outputType() != view.type(0)) return refused("it changes the type");
    if (view.node.op == "Dropout") {
        if (view.node.output(1) != graph::kNoValue) return refused("its mask is read");
        if (view.node.version > 0 && view.node.version < 7 && view.node.integer("is_test", 0) == 0) return refused("it trains");
        const Tensor* training = view.constant(2);
        if (view.has(2) && (!training || training->elementCount() != 1 || tensor::elementAsInt64(*training, 0) != 0))
            return refused("it may train");
    }
    return native();
}

Status placeView(Builder& builder, const NodeView& view) {
    if (view.shape(0).elementCount() != view.outputShape().elementCount())
        return fail(ErrorCode::Unsupported, "it changes the number of elements");
    // Equal shapes keep whatever form the value has.
    const bool keepsForm = view.shape(0) == view.outputShape();
    const Form form = keepsForm ? builder.formOf(view.node.input(0)) : Form{view.type(0), Layout::Plain};
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0), form));
    builder.writeOver(view.node.output(0), form, source);
    builder.record().kernel = "view";
    return {};
}

}  // namespace trimtab::cpu
