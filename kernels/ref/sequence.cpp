// Sequences of tensors. A sequence is a value: every operator makes a new one that shares the tensors' bytes.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/joining.h"
#include "kernels/ref/type_numbers.h"

namespace trimtab::ref {
namespace {

Result<TensorSequence> sequence(const Call& call, std::size_t i) {
    if (const auto* value = std::get_if<TensorSequence>(&call.inputs[i])) return *value;
    return refuse(call, fmt::format("input {} is a tensor where a sequence is needed", i));
}

Status requireTensor(const Call& call, std::size_t i) {
    if (std::holds_alternative<Tensor>(call.inputs[i])) return {};
    return refuse(call, fmt::format("input {} is a sequence where a tensor is needed", i));
}

/// Position input i, counted from the back when negative; `last` is the greatest position allowed.
Result<std::size_t> position(const Call& call, std::size_t i, std::size_t length, std::size_t last) {
    TRIMTAB_REQUIRE(requireTensor(call, i));
    TRIMTAB_TRY(std::int64_t at, integer(call, i));
    const auto count = static_cast<std::int64_t>(length);
    if (at < -count || at > static_cast<std::int64_t>(last))
        return refuse(call, fmt::format("position {} lies outside a sequence of {}", at, length));
    return static_cast<std::size_t>(at < 0 ? at + count : at);
}

Result<Values> construct(const Call& call) {
    TensorSequence made;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
        TRIMTAB_REQUIRE(requireTensor(call, i));
        if (!call.has(i)) return refuse(call, "an input in the middle is left out");
        TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(i)));
        made.items.push_back(call.tensor(i));
    }
    made.type = call.tensor(0).type();
    return Values{RunValue(std::move(made))};
}

Result<Values> empty(const Call& call) {
    const DataType type = typeOfNumber(call.node.integer("dtype", 1));
    if (type == DataType::Undefined) return unsupported(call, "no sequences of this type");
    return Values{RunValue(TensorSequence{type, {}})};
}

Result<Values> insert(const Call& call) {
    TRIMTAB_TRY(TensorSequence items, sequence(call, 0));
    TRIMTAB_REQUIRE(requireTensor(call, 1));
    const Tensor& item = call.tensor(1);
    if (items.type != item.type()) return refuse(call, fmt::format("a sequence of {} takes no {}", name(items.type), name(item.type())));
    std::size_t at = items.items.size();
    if (call.has(2)) {
        TRIMTAB_TRY(at, position(call, 2, at, at));
    }
    items.items.insert(items.items.begin() + static_cast<std::ptrdiff_t>(at), item);
    return Values{RunValue(std::move(items))};
}

Result<Values> erase(const Call& call) {
    TRIMTAB_TRY(TensorSequence items, sequence(call, 0));
    if (items.items.empty()) return refuse(call, "the sequence is empty");
    std::size_t at = items.items.size() - 1;
    if (call.has(1)) {
        TRIMTAB_TRY(at, position(call, 1, items.items.size(), at));
    }
    items.items.erase(items.items.begin() + static_cast<std::ptrdiff_t>(at));
    return Values{RunValue(std::move(items))};
}

Result<Values> itemAt(const Call& call) {
    TRIMTAB_TRY(const TensorSequence items, sequence(call, 0));
    if (items.items.empty()) return refuse(call, "the sequence is empty");
    TRIMTAB_TRY(const std::size_t at, position(call, 1, items.items.size(), items.items.size() - 1));
    return one(items.items[at]);
}

Result<Values> length(const Call& call) {
    TRIMTAB_TRY(const TensorSequence items, sequence(call, 0));
    return one(Tensor::fromInt64s(Shape{}, {static_cast<std::int64_t>(items.items.size())}));
}

/// Without `split` parts of extent 1 (the axis dropped unless keepdims); a scalar `split` gives parts of that extent, the last one smaller.
Result<Values> splitToSequence(const Call& call) {
    for (std::size_t i = 0; i < call.inputs.size(); ++i) TRIMTAB_REQUIRE(requireTensor(call, i));
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 0, data.shape().rank()));
    const std::int64_t whole = data.shape()[at];
    Ints extents;
    if (call.has(1) && call.tensor(1).shape().rank() > 0) {
        TRIMTAB_TRY(extents, integers(call, 1));
    } else {
        std::int64_t each = 1;
        if (call.has(1)) {
            TRIMTAB_TRY(each, integer(call, 1));
        }
        if (each < 1) return refuse(call, "parts of no extent make no sense");
        if (whole / each > (1 << 20)) return refuse(call, "the sequence would be too long");
        for (std::int64_t done = 0; done < whole; done += extents.back()) extents.push_back(std::min(each, whole - done));
    }
    TRIMTAB_TRY(std::vector<Tensor> parts, cut(call, data, at, extents));
    if (!call.has(1) && call.node.integer("keepdims", 1) == 0)
        for (Tensor& part : parts) part = part.reshaped(spliced(part.shape(), at, at + 1, {}));
    return Values{RunValue(TensorSequence{data.type(), std::move(parts)})};
}

Result<Values> concatFromSequence(const Call& call) {
    TRIMTAB_TRY(const TensorSequence items, sequence(call, 0));
    if (items.items.empty()) return refuse(call, "the sequence is empty");
    std::vector<Tensor> parts = items.items;
    const bool newAxis = call.node.integer("new_axis", 0) != 0;
    if (!call.node.has("axis")) return refuse(call, "attribute axis is missing");
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 0, parts[0].shape().rank() + (newAxis ? 1 : 0)));
    if (newAxis) {
        for (Tensor& part : parts) {
            if (part.shape().rank() < at) return refuse(call, "the tensors differ in rank");
            part = part.reshaped(spliced(part.shape(), at, at, {1}));
        }
    }
    TRIMTAB_TRY(Tensor out, joined(call, parts, at));
    return one(std::move(out));
}

}  // namespace

void registerSequence(Registry& registry) {
    registry.addSequence("SequenceConstruct", 11, {1, kAny, 1}, construct);
    registry.addSequence("SequenceEmpty", 11, {0, 0, 1}, empty);
    registry.addSequence("SequenceInsert", 11, {2, 3, 1}, insert);
    registry.addSequence("SequenceErase", 11, {1, 2, 1}, erase);
    registry.addSequence("SequenceAt", 11, {2, 2, 1}, itemAt);
    registry.addSequence("SequenceLength", 11, {1, 1, 1}, length);
    registry.addSequence("SplitToSequence", 11, {1, 2, 1}, splitToSequence);
    registry.addSequence("ConcatFromSequence", 11, {1, 1, 1}, concatFromSequence);
}

}  // namespace trimtab::ref
