// Operators that make tensors from attributes, shapes and scalars, and conversions of the element type.
#include <algorithm>
#include <cmath>

#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Status constant(Context& context) {
    const Node& node = context.node;
    if (const Tensor* value = node.tensorAttribute("value")) {
        context.set(0, value->type(), toExtents(value->shape()));
        if (auto content = contentOf(*value)) context.setContent(0, std::move(*content));
    } else if (node.has("value_int")) {
        context.set(0, DataType::Int64, Dims{});
        context.setContent(0, {{}, {Extent::known(node.integer("value_int", 0))}, {}});
    } else if (node.has("value_ints")) {
        const auto values = node.integers("value_ints");
        const auto count = static_cast<std::int64_t>(values.size());
        context.set(0, DataType::Int64, Dims{Extent::known(count)});
        if (count <= kMaxContentItems) context.setContent(0, {{count}, toExtents(Shape(values)), {}});
    } else if (node.has("value_float")) {
        context.set(0, DataType::Float32, Dims{});
        context.setContent(0, {{}, {}, {static_cast<double>(node.number("value_float", 0))}});
    } else if (node.has("value_floats")) {
        context.set(0, DataType::Float32, Dims{Extent::known(static_cast<std::int64_t>(node.numbers("value_floats").size()))});
    } else if (node.has("value_string") || node.has("value_strings")) {
        context.set(0, DataType::String);
    }
    return {};
}

Status constantOfShape(Context& context) {
    const Tensor* value = context.node.tensorAttribute("value");
    const DataType type = value != nullptr ? value->type() : DataType::Float32;
    context.set(0, type);
    const Content* shape = context.content(0);
    if (shape != nullptr && !shape->isReal()) {
        context.set(0, type, shape->items);
    } else if (context.rank(0) && *context.rank(0) == 1 && context.dims(0)->front().isKnown() && context.dims(0)->front().value() <= 64) {
        context.set(0, type, Dims(static_cast<std::size_t>(context.dims(0)->front().value())));
    }
    return {};
}

/// With opset 15, start and end select dims as a slice does.
Status shape(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, DataType::Int64, Dims(1));
    if (!x) return {};
    const auto rank = static_cast<std::int64_t>(x->size());
    const auto bound = [rank](std::int64_t value) { return std::clamp<std::int64_t>(value < 0 ? value + rank : value, 0, rank); };
    const std::int64_t begin = bound(context.node.integer("start", 0));
    const std::int64_t end = std::max(begin, bound(context.node.integer("end", rank)));
    context.set(0, DataType::Int64, Dims{Extent::known(end - begin)});
    context.setContent(0, {{end - begin}, Dims(x->begin() + begin, x->begin() + end), {}});
    return {};
}

Status size(Context& context) {
    context.set(0, DataType::Int64, Dims{});
    if (context.dims(0)) context.setContent(0, {{}, {product(*context.dims(0))}, {}});
    return {};
}

/// max(ceil((limit - start) / delta), 0) elements.
Status range(Context& context) {
    context.set(0, context.type(0), Dims(1));
    const Content* start = context.content(0);
    const Content* limit = context.content(1);
    const Content* delta = context.content(2);
    if (start == nullptr || limit == nullptr || delta == nullptr || start->size() != 1 || limit->size() != 1 || delta->size() != 1)
        return {};
    if (start->isReal() && limit->isReal() && delta->isReal()) {
        if (delta->reals[0] == 0) return context.refuse("delta is 0");
        const double count = std::ceil((limit->reals[0] - start->reals[0]) / delta->reals[0]);
        if (!(count < 4.0e18)) return context.refuse("the range is too long");
        context.set(0, context.type(0), Dims{Extent::known(count > 0 ? static_cast<std::int64_t>(count) : 0)});
        return {};
    }
    if (start->isReal() || limit->isReal() || delta->isReal() || !delta->items[0].isKnown()) return {};
    if (delta->items[0].isKnown(0)) return context.refuse("delta is 0");
    const Extent count = ceilDivide(limit->items[0] - start->items[0], delta->items[0]);
    context.set(0, context.type(0), Dims{count.isKnown() ? maximum(count, Extent::known(0)) : count});
    return {};
}

Status cast(Context& context) {
    DataType to = elementType(context.node.integer("to", 0));
    if (const std::string word = context.node.string("to", ""); !word.empty())
        to = DataType::Undefined;  // opset 1 wrote the type as a word
    context.set(0, to, context.dims(0));
    return {};
}

Status castLike(Context& context) {
    context.set(0, context.type(1), context.dims(0));
    return {};
}

/// RandomNormal, RandomUniform: attributes shape and dtype.
Status random(Context& context) {
    context.set(0, elementType(context.node.integer("dtype", 1)), toExtents(Shape(context.node.integers("shape"))));
    return {};
}

/// RandomNormalLike, RandomUniformLike, Bernoulli, EyeLike: the input's shape, its type unless dtype says otherwise.
Status like(Context& context) {
    context.set(0, context.node.has("dtype") ? elementType(context.node.integer("dtype", 1)) : context.type(0), context.dims(0));
    return {};
}

Status multinomial(Context& context) {
    Dims out(2);
    if (context.dims(0) && !context.dims(0)->empty()) out[0] = context.dims(0)->front();
    out[1] = Extent::known(context.node.integer("sample_size", 1));
    context.set(0, elementType(context.node.integer("dtype", 6)), std::move(out));
    return {};
}

/// HannWindow, HammingWindow, BlackmanWindow: a scalar length.
Status window(Context& context) {
    Dims out(1);
    if (const Content* length = context.content(0); length != nullptr && !length->isReal() && length->size() == 1)
        out[0] = length->items[0];
    context.set(0, elementType(context.node.integer("output_datatype", 1)), std::move(out));
    return {};
}

constexpr RuleEntry kRules[] = {
    {"Constant", constant}, {"ConstantOfShape", constantOfShape}, {"Shape", shape}, {"Size", size}, {"Range", range},
    {"Cast", cast}, {"CastLike", castLike}, {"RandomNormal", random}, {"RandomUniform", random}, {"RandomNormalLike", like},
    {"RandomUniformLike", like}, {"Bernoulli", like}, {"EyeLike", like}, {"Multinomial", multinomial},
    {"HannWindow", window}, {"HammingWindow", window}, {"BlackmanWindow", window},
};

}  // namespace

std::span<const RuleEntry> creationRules() { return kRules; }

}  // namespace trimtab::graph::shapes
