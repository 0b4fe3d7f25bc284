// trimtab.QuantizedAdd, QuantizedMul and Lookup: 8-bit codes in, 8-bit codes out. Sums and products are formed in float32, a piece at a
// time that stays in the first cache.
#include <algorithm>

#include "kernels/cpu/implementations/broadcast_loop.h"
#include "kernels/cpu/implementations/codes.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/lookup.h"
#include "kernels/cpu/vector/vector_kernels.h"

namespace trimtab::cpu {
namespace {

constexpr std::int64_t kPiece = 512;

struct Arithmetic {
    BinaryOp op = BinaryOp::Add;
    bool relu = false;
    Affine a, b, y;
    VectorKernels kernels = vectorKernels();

    /// Steps are 0 or 1.
    void run(const std::uint8_t* left, int leftStep, const std::uint8_t* right, int rightStep, std::uint8_t* result,
             std::int64_t count) const {
        alignas(64) float x[kPiece], z[kPiece];
        for (std::int64_t at = 0; at < count; at += kPiece) {
            const std::int64_t length = std::min(kPiece, count - at);
            widen(left + at * leftStep, leftStep, a, x, length);
            widen(right + at * rightStep, rightStep, b, z, length);
            kernels.binary(op, x, leftStep, z, rightStep, leftStep == 1 ? x : z, length);
            float* sums = leftStep == 1 ? x : z;
            if (leftStep == 0 && rightStep == 0) std::fill(sums + 1, sums + length, sums[0]);
            if (relu) kernels.unary(UnaryOp::Relu, sums, sums, length, 0, 0);
            kernels.quantize(sums, y.scale, static_cast<std::int32_t>(y.zero), y.type == DataType::Int8, result + at, length);
        }
    }

private:
    void widen(const std::uint8_t* codes, int step, const Affine& affine, float* values, std::int64_t length) const {
        kernels.dequantize(codes, affine.type == DataType::Int8, affine.scale, static_cast<std::int32_t>(affine.zero), values,
                           step == 1 ? length : 1);
    }
};

}  // namespace

runtime::Support judgeCodeArithmetic(const NodeView& view) {
    if (!isCode(view.type(0)) || !isCode(view.type(1)) || !isCode(view.outputType())) return notMeant();
    return native();
}

Status placeCodeArithmetic(Builder& builder, const NodeView& view) {
    const Shape output = view.outputShape();
    Arithmetic arithmetic;
    arithmetic.op = view.node.op == "QuantizedAdd" ? BinaryOp::Add : BinaryOp::Mul;
    arithmetic.relu = view.node.string("activation", "") == "Relu";
    arithmetic.a = affineOf(view.node, "a", view.type(0));
    arithmetic.b = affineOf(view.node, "b", view.type(1));
    arithmetic.y = affineOf(view.node, "y", view.outputType());
    Layout layout = Layout::Plain;
    for (std::size_t i = 0; i < 2; ++i) {
        if (view.shape(i) == output && builder.formOf(view.node.input(i)).layout == Layout::ChannelsLast) layout = Layout::ChannelsLast;
    }
    std::vector<BroadcastLoop::Operand> operands;
    std::vector<SlotId> slots;
    for (std::size_t i = 0; i < 2; ++i) operands.push_back({view.shape(i), view.shape(i).rank() == output.rank() ? layout : Layout::Plain});
    const auto loop = BroadcastLoop::make(output, layout, operands);
    if (!loop) return fail(ErrorCode::Unsupported, "its operands meet across their rows");
    for (std::size_t i = 0; i < 2; ++i) {
        TRIMTAB_TRY(slots.emplace_back(), builder.read(view.node.input(i), Form{view.type(i), operands[i].layout}));
    }
    const SlotId y = builder.write(view.node.output(0), Form{view.outputType(), layout});
    if (output.elementCount() == 0) return {};
    builder.step(
        [loop = *loop, arithmetic, a = slots[0], b = slots[1], y](Frame& frame) {
            loop.run<2>([&](std::int64_t at, std::int64_t length, const std::int64_t* offsets) {
                arithmetic.run(frame.at<std::uint8_t>(a) + offsets[0], loop.step(0), frame.at<std::uint8_t>(b) + offsets[1], loop.step(1),
                               frame.at<std::uint8_t>(y) + at, length);
            });
            return Status{};
        },
        slots, {y});
    return {};
}

runtime::Support judgeLookup(const NodeView& view) {
    if (!isCode(view.type(0)) || !view.constant(1)) return notMeant();
    return native();
}

Status placeLookup(Builder& builder, const NodeView& view) {
    const Layout layout = builder.formOf(view.node.input(0)).layout;
    const std::int64_t count = view.outputShape().elementCount();
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{view.type(0), layout}));
    TRIMTAB_TRY(const SlotId table, builder.read(view.node.input(1)));
    const SlotId y = builder.write(view.node.output(0), Form{view.outputType(), layout});
    builder.step(
        [x, table, y, count](Frame& frame) {
            const std::uint8_t* codes = frame.at<std::uint8_t>(x);
            const std::uint8_t* entries = frame.at<std::uint8_t>(table);
            std::uint8_t* result = frame.at<std::uint8_t>(y);
            parallelParts(count, kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                lookUp(codes + begin, entries, result + begin, end - begin);
            });
            return Status{};
        },
        {x, table}, {y});
    return {};
}

}  // namespace trimtab::cpu
