#include "core/formats/huggingface/head_attention.h"

#include <limits>

namespace trimtab::formats::huggingface {
namespace {

using graph::kNoValue;
using graph::ValueId;

/// torch.finfo(type).min.
double leastNumber(DataType type) {
    switch (type) {
        case DataType::Float16:
            return -65504;
        case DataType::BFloat16:
            return -0x1.FEp127;
        default:
            return double{std::numeric_limits<float>::lowest()};
    }
}

}  // namespace

ValueId headsOf(GraphBuilder& builder, const std::string& module, ValueId x, std::int64_t heads, std::int64_t size, bool isTurned) {
    const std::string place = placeOf(module);
    const std::vector<std::int64_t> order = isTurned ? std::vector<std::int64_t>{0, 2, 3, 1} : std::vector<std::int64_t>{0, 2, 1, 3};
    return builder.node(place + "/Transpose", "Transpose", {builder.reshaped(place + "/Heads", x, {heads, size})}, {{"perm", order}});
}

Result<ValueId> attended(GraphBuilder& builder, const std::string& module, const HeadAttention& attention, std::int64_t width) {
    const std::string place = placeOf(module);
    ValueId scores = builder.node(place + "/MatMul", "MatMul", {attention.query, attention.key});
    if (attention.divisor) {
        TRIMTAB_TRY(const ValueId divisor, builder.number(module + ".root", *attention.divisor));
        scores = builder.node(place + "/Div", "Div", {scores, divisor});
    }
    if (attention.bias != kNoValue) scores = builder.node(place + "/Add", "Add", {scores, attention.bias});
    const ValueId weights = builder.node(place + "/Softmax", "Softmax", {scores}, {{"axis", std::int64_t{-1}}});
    const ValueId mixed = builder.node(place + "/MatMul_1", "MatMul", {weights, attention.value});
    const ValueId rows = builder.node(place + "/Transpose", "Transpose", {mixed}, {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
    return builder.reshaped(place + "/Joined", rows, {width});
}

Result<ValueId> maskBias(GraphBuilder& builder, ValueId mask) {
    TRIMTAB_TRY(const ValueId one, builder.number("attention_mask.one", 1));
    TRIMTAB_TRY(const ValueId lowest, builder.number("attention_mask.lowest", leastNumber(builder.type())));
    const ValueId number = builder.cast("/attention_mask/Cast", mask, DataType::Int64, builder.type());
    const ValueId hidden = builder.node("/attention_mask/Sub", "Sub", {one, number});
    const ValueId axes = builder.integers("attention_mask.axes", {1, 2});
    return builder.node("/attention_mask/Unsqueeze", "Unsqueeze", {builder.node("/attention_mask/Mul", "Mul", {hidden, lowest}), axes});
}

Result<ValueId> causalBias(GraphBuilder& builder, const std::string& place, ValueId positions, ValueId bias) {
    TRIMTAB_TRY(const ValueId lowest, builder.number("causal.lowest", leastNumber(builder.type())));
    const ValueId queries = builder.node(place + "/Queries", "Unsqueeze", {positions, builder.integers("causal.axis", {1})});
    const ValueId isSeen = builder.node(place + "/LessOrEqual", "LessOrEqual", {positions, queries});
    return builder.node(place + "/Where", "Where", {isSeen, bias, lowest});
}

}  // namespace trimtab::formats::huggingface
