// com.microsoft SkipLayerNormalization and SkipSimplifiedLayerNormalization: s = input + skip (+ bias), y = norm(s), and s itself where it
// is read.
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/parallel.h"
#include "kernels/cpu/vector/vector_kernels.h"

namespace trimtab::cpu {
namespace {

bool isSimplified(const NodeView& view) { return view.node.op == "SkipSimplifiedLayerNormalization"; }

struct Parts {
    SlotId input = kNoSlot, skip = kNoSlot, gamma = kNoSlot, beta = kNoSlot, bias = kNoSlot, sum = kNoSlot, y = kNoSlot;
};

template <class T>
T* addressOf(Frame& frame, SlotId slot) {
    return slot == kNoSlot ? nullptr : frame.at<T>(slot);
}

}  // namespace

runtime::Support judgeSkipNormalization(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    if (!view.has(1) || !view.has(2)) return refused("what is added or the scale is missing");
    for (std::size_t i = 1; i < view.node.inputs.size(); ++i)
        if (view.has(i) && view.type(i) != DataType::Float32) return refused("its operands differ in type");
    if (view.node.output(1) != graph::kNoValue || view.node.output(2) != graph::kNoValue) return refused("its statistics are read");
    return native();
}

Status placeSkipNormalization(Builder& builder, const NodeView& view) {
    const Shape shape = view.shape(0);
    if (view.shape(1) != shape || shape.rank() < 1) return fail(ErrorCode::Unsupported, "what is added is broadcast");
    const std::int64_t length = shape[shape.rank() - 1];
    const std::size_t biasInput = isSimplified(view) ? 3 : 4;
    for (std::size_t i = 2; i <= biasInput; ++i)
        if (view.has(i) && view.shape(i).elementCount() != length)
            return fail(ErrorCode::Unsupported, "its scale does not have the length of a row");
    Parts parts;
    std::vector<SlotId> reads;
    const auto read = [&](std::size_t i, SlotId& slot) -> Status {
        if (!view.has(i)) return {};
        TRIMTAB_TRY(slot, builder.read(view.node.input(i)));
        reads.push_back(slot);
        return {};
    };
    TRIMTAB_REQUIRE(read(0, parts.input));
    TRIMTAB_REQUIRE(read(1, parts.skip));
    TRIMTAB_REQUIRE(read(2, parts.gamma));
    if (!isSimplified(view)) TRIMTAB_REQUIRE(read(3, parts.beta));
    TRIMTAB_REQUIRE(read(biasInput, parts.bias));
    parts.y = builder.write(view.node.output(0));
    parts.sum = view.node.output(3) != graph::kNoValue ? builder.write(view.node.output(3)) : builder.scratch(shape.elementCount() * 4);
    if (shape.elementCount() == 0) return {};
    builder.record().kernel = "skip normalisation";
    builder.step(
        [parts, length, rows = shape.elementCount() / length, simplified = isSimplified(view),
         epsilon = view.node.number("epsilon", 1e-12F), &kernels = vectorKernels()](Frame& frame) {
            parallelRows(rows, length * 3, [&](std::int64_t row) {
                const std::int64_t at = row * length;
                float* sum = frame.at<float>(parts.sum) + at;
                kernels.binary(BinaryOp::Add, frame.at<float>(parts.input) + at, 1, frame.at<float>(parts.skip) + at, 1, sum, length);
                if (const float* bias = addressOf<float>(frame, parts.bias)) kernels.binary(BinaryOp::Add, sum, 1, bias, 1, sum, length);
                const float* gamma = frame.at<float>(parts.gamma);
                float* y = frame.at<float>(parts.y) + at;
                if (simplified)
                    kernels.rmsRow(sum, gamma, y, length, epsilon);
                else
                    kernels.layerNormRow(sum, gamma, addressOf<float>(frame, parts.beta), y, length, epsilon);
            });
            return Status{};
        },
        std::move(reads), {parts.sum, parts.y});
    return {};
}

}  // namespace trimtab::cpu
