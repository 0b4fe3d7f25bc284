#include "kernels/cuda/implementations/gated_product.h"

#include <algorithm>

namespace trimtab::cuda {
namespace {

using runtime::Support;

const graph::Node& nodeAt(const Builder& builder, int i) { return builder.graph().nodes[static_cast<std::size_t>(i)]; }
const graph::Node& firstOf(const Builder& builder, const GatedUnit& unit) { return nodeAt(builder, std::min(unit.gate, unit.up)); }

/// The unit's result stands already: its kernel was placed with the first product.
bool isPlaced(const Builder& builder, const GatedUnit& unit) { return builder.isBound(unit.result); }

void recordOwner(Builder& builder, const GatedUnit& unit) { builder.record().kernel = "in the kernel of " + firstOf(builder, unit).name; }

/// The weights of a unit, of one format.
struct Pair {
    PlacedWeight gate, up;
};

GatedOperands weightsOf(const Pair& pair, const std::function<const std::byte*(SlotId)>& addressOf) {
    const auto one = [&](const PlacedWeight& weight) {
        const auto parameters = [&](SlotId slot) { return slot == kNoSlot ? nullptr : addressOf(slot); };
        return GatedOperands::Weight{addressOf(weight.values), reinterpret_cast<const float*>(parameters(weight.scales)),
                                     reinterpret_cast<const std::int8_t*>(parameters(weight.zeros))};
    };
    GatedOperands operands;
    operands.gate = one(pair.gate);
    operands.up = one(pair.up);
    return operands;
}

void placeStep(Builder& builder, const Pair& pair, const Product& product, SlotId x, SlotId y) {
    builder.step(
        [=, stream = backendOf(builder).stream()](Frame& frame) {
            GatedOperands operands = weightsOf(pair, [&](SlotId slot) { return frame.at<std::byte>(slot); });
            operands.x = frame.at<void>(x);
            operands.y = frame.at<void>(y);
            return launchGatedRows(stream, product, operands);
        },
        {x}, {y});
}

}  // namespace

Result<bool> placeInGatedUnit(Builder& builder, const NodeView& view, DataType type, const GatedFamily& family) {
    const CudaBackend& backend = backendOf(builder);
    const GatedUnit* unit = backend.gatedUnit(view.node.output(0));
    if (!unit) return false;
    if (isPlaced(builder, *unit)) {
        TRIMTAB_TRY(const PlacedWeight own, family.placeWeight(view));
        recordWeight(builder, view, own.bytes);
        recordOwner(builder, *unit);
        return true;
    }
    if (&view.node != &firstOf(builder, *unit)) return false;
    const NodeView gate{view.graph, nodeAt(builder, unit->gate)};
    const NodeView up{view.graph, nodeAt(builder, unit->up)};
    for (const NodeView& each : {gate, up})
        if (family.judge(each).level != Support::Level::Native) return false;
    TRIMTAB_TRY(const plan::WeightProduct shape, plan::weightProduct(gate));
    TRIMTAB_TRY(const plan::WeightProduct other, plan::weightProduct(up));
    const DataType output = backend.held(unit->result);
    if (shape.n != other.n || shape.k != other.k || shape.m > kFewRows || (output != type && output != DataType::Float32)) return false;
    Pair pair;
    TRIMTAB_TRY(pair.gate, family.placeWeight(gate));
    TRIMTAB_TRY(pair.up, family.placeWeight(up));
    const Product product = ownProduct({shape, type, output, kNoSlot}, pair.gate.format);
    if (!(pair.gate.format == pair.up.format) || !takesGatedRows(product)) return false;
    if (family.pays) {
        TRIMTAB_TRY(const bool pays, family.pays(product, weightsOf(pair, [&](SlotId slot) { return builder.addressOf(slot); })));
        if (!pays) return false;
    }
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    recordWeight(builder, view, unit->gate < unit->up ? pair.gate.bytes : pair.up.bytes);
    builder.record().kernel = family.kernel;
    placeStep(builder, pair, product, x, builder.write(unit->result, Form{output, Layout::Plain}));
    return true;
}

bool isInGatedUnit(Builder& builder, const NodeView& view) {
    const GatedUnit* unit = backendOf(builder).gatedUnit(view.node.output(0));
    if (!unit || !isPlaced(builder, *unit)) return false;
    recordOwner(builder, *unit);
    return true;
}

}  // namespace trimtab::cuda
