// MaxPool and AveragePool on oneDNN, channels last where the input stands so.
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/window.h"
#include "kernels/cpu/onednn/bound_primitive.h"

namespace trimtab::cpu {

runtime::Support judgePool(const NodeView& view) {
    const bool isOfCodes = view.node.op == "MaxPool" && (view.type(0) == DataType::UInt8 || view.type(0) == DataType::Int8);
    if (view.type(0) != DataType::Float32 && !isOfCodes) return notMeant();
    if (view.node.output(1) != graph::kNoValue) return refused("its indices are read");
    const int rank = view.rank(0);
    if (rank >= 0 && (rank < 3 || rank > 5)) return refused("oneDNN pools over one to three axes");
    const bool padsCount = view.node.op == "AveragePool" && view.node.integer("count_include_pad", 0) != 0;
    if (padsCount && view.node.integer("ceil_mode", 0) != 0) return refused("how padding counts under ceil_mode differs");
    return native();
}

Status placePool(Builder& builder, const NodeView& view) {
    const Shape input = view.shape(0);
    const Shape output = view.outputShape();
    if (input.elementCount() == 0 || output.elementCount() == 0) return fail(ErrorCode::Unsupported, "it pools nothing");
    const auto kernel = view.node.integers("kernel_shape");
    if (static_cast<int>(kernel.size()) != input.rank() - 2)
        return fail(ErrorCode::Unsupported, "its window has another number of axes than its input");
    TRIMTAB_TRY(const SpatialWindow window, windowOf(view.node, kernel, input, output));
    for (std::size_t i = 0; i < kernel.size(); ++i) {
        // A window that lies wholly in the padding has no maximum and no mean.
        if (window.padBegin[i] >= kernel[i] || window.padEnd[i] >= kernel[i])
            return fail(ErrorCode::Unsupported, "its padding is as wide as its window");
    }
    const Layout layout = builder.formOf(view.node.input(0)).layout;
    const Form form{view.type(0), layout};
    const auto source = onednn::describe(input, form.type, layout);
    const auto destination = onednn::describe(output, form.type, layout);
    const auto kind = view.node.op == "MaxPool"                        ? onednn::Pooling::Max
                      : view.node.integer("count_include_pad", 0) != 0 ? onednn::Pooling::AverageWithPadding
                                                                       : onednn::Pooling::AverageWithoutPadding;
    TRIMTAB_TRY(const auto primitive, onednn::pooling(kind, source, destination, window.kernel, forOnednn(window)));
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), form));
    const SlotId y = builder.write(view.node.output(0), form);
    builder.record().kernel = "onednn pool " + primitive.name;
    return onednn::place(builder, primitive, {{DNNL_ARG_SRC, source, x, false}, {DNNL_ARG_DST, destination, y, true}});
}

}  // namespace trimtab::cpu
