// trimtab.ChooseToken: of a step, only the token leaves the device.
#include "kernels/cuda/kernels/token_choice.h"

#include "core/runtime/generation/token_choice.h"
#include "kernels/cuda/implementations/families.h"

namespace trimtab::cuda {

runtime::Support judgeTokenChoice(const NodeView& view) {
    if (view.type(0) != DataType::Float32 || view.type(1) != DataType::Float64) return plan::notMeant();
    return plan::native();
}

Status placeTokenChoice(Builder& builder, const NodeView& view) {
    const Shape logits = view.shape(0);
    if (logits.rank() != 2 || logits[1] < 1 || logits[1] > runtime::kMostLogits || view.shape(1) != Shape{logits[0], 4})
        return fail(ErrorCode::Unsupported, "its shapes have no kernel");
    TRIMTAB_TRY(const SlotId from, builder.read(view.node.input(0), Form{DataType::Float32, Layout::Plain}));
    TRIMTAB_TRY(const SlotId choices, builder.read(view.node.input(1), Form{DataType::Float64, Layout::Plain}));
    const SlotId tokens = builder.write(view.node.output(0), Form{DataType::Int64, Layout::Plain});
    builder.step(
        [=, sequences = logits[0], vocabulary = logits[1], stream = backendOf(builder).stream()](Frame& frame) {
            return launchTokenChoice(stream, sequences, vocabulary, frame.at<float>(from), frame.at<double>(choices),
                                     frame.at<std::int64_t>(tokens));
        },
        {from, choices}, {tokens});
    return {};
}

}  // namespace trimtab::cuda
