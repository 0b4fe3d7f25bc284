#include "core/formats/huggingface/norms.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::kNoValue;
using graph::ValueId;

Sum skipNormalized(GraphBuilder& builder, const std::string& op, const std::string& module, std::vector<ValueId> inputs, float epsilon,
                   bool isLast) {
    const std::string name = placeOf(module) + "/SkipLayerNorm";
    const std::vector<std::string> more = isLast ? std::vector<std::string>{} : std::vector<std::string>{"", "", name + "/output_3"};
    const auto made = builder.nodes(name, op, std::move(inputs), name + "/output_0", more, {{"epsilon", epsilon}}, "com.microsoft");
    return {isLast ? kNoValue : made[3], made[0]};
}

}  // namespace

Result<LayerNorm> layerNorm(GraphBuilder& builder, const std::string& module, std::int64_t size, float epsilon) {
    LayerNorm norm{.module = module, .epsilon = epsilon};
    // Checkpoints that were brought over from TensorFlow call them gamma and beta.
    const bool isOlder = !builder.weights().has(module + ".weight") && builder.weights().has(module + ".gamma");
    const std::string scale = module + (isOlder ? ".gamma" : ".weight"), shift = module + (isOlder ? ".beta" : ".bias");
    TRIMTAB_TRY(norm.scale, builder.weight({.tensor = scale, .shape = Shape{size}, .role = Piece::Role::Scale}));
    TRIMTAB_TRY(norm.shift, builder.weight({.tensor = shift, .shape = Shape{size}, .role = Piece::Role::Shift}));
    return norm;
}

ValueId normalized(GraphBuilder& builder, const RmsNorm& norm, ValueId x) {
    const std::string place = placeOf(norm.module);
    const DataType type = builder.graph().value(norm.scale).type.type;
    const ValueId wide = builder.cast(place + "/Widen", x, builder.type(), type);
    const ValueId made = builder.node(place + "/LayerNorm", "SimplifiedLayerNormalization", {wide, norm.scale},
                                      {{"axis", std::int64_t{-1}}, {"epsilon", norm.epsilon}});
    return builder.cast(place + "/Narrow", made, type, builder.type());
}

ValueId normalized(GraphBuilder& builder, const LayerNorm& norm, ValueId x) {
    return builder.node(placeOf(norm.module) + "/LayerNorm", "LayerNormalization", {x, norm.scale, norm.shift},
                        {{"axis", std::int64_t{-1}}, {"epsilon", norm.epsilon}});
}

Sum addedAndNormalized(GraphBuilder& builder, const RmsNorm& norm, ValueId residual, ValueId x, bool isLast) {
    if (builder.graph().value(norm.scale).type.type != builder.type()) {
        const ValueId sum = builder.node(placeOf(norm.module) + "/Add", "Add", {residual, x});
        return {sum, normalized(builder, norm, sum)};
    }
    return skipNormalized(builder, "SkipSimplifiedLayerNormalization", norm.module, {residual, x, norm.scale}, norm.epsilon, isLast);
}

Sum addedAndNormalized(GraphBuilder& builder, const LayerNorm& norm, ValueId residual, ValueId x, bool isLast) {
    return skipNormalized(builder, "SkipLayerNormalization", norm.module, {residual, x, norm.scale, norm.shift}, norm.epsilon, isLast);
}

}  // namespace trimtab::formats::huggingface
