// Operators that make tensors from a shape or from little: Constant, ConstantOfShape, Range, EyeLike, OneHot, Trilu.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"
#include "kernels/ref/type_numbers.h"

namespace trimtab::ref {
namespace {

Result<Values> constant(const Call& call) {
    const graph::Node& node = call.node;
    if (const Tensor* value = node.tensorAttribute("value")) return one(*value);
    if (node.has("value_float")) return one(Tensor::scalar(node.number("value_float", 0)));
    if (node.has("value_int")) return one(Tensor::fromInt64s(Shape{}, {node.integer("value_int", 0)}));
    if (node.has("value_floats")) {
        const auto values = node.numbers("value_floats");
        return one(Tensor::fromFloats(Shape{static_cast<std::int64_t>(values.size())}, values));
    }
    if (node.has("value_ints")) {
        const auto values = node.integers("value_ints");
        return one(Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values));
    }
    return unsupported(call, "only dense numeric constants are made");
}

Result<Values> constantOfShape(const Call& call) {
    TRIMTAB_TRY(Ints dims, integers(call, 0));
    const Tensor* attribute = call.node.tensorAttribute("value");
    const Tensor value = attribute ? *attribute : Tensor::scalar(0);
    if (value.elementCount() != 1) return refuse(call, "attribute value must hold one element");
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, value));
    Shape shape(std::move(dims));
    if (!shape.checkedElementCount()) return refuse(call, fmt::format("the shape {} makes no sense", shape.text()));
    TRIMTAB_TRY(Tensor out, gatherStrided(value, shape, 0, Ints(static_cast<std::size_t>(shape.rank()), 0), width));
    return one(std::move(out));
}

/// ceil((limit − first) / delta); exact for integers as long as the result is below 2^53.
template <class C>
double rangeCount(C first, C limit, C delta) {
    if constexpr (std::is_same_v<C, double>) {
        return std::ceil((limit - first) / delta);
    } else {
        const auto span = static_cast<__int128>(limit) - static_cast<__int128>(first), step = static_cast<__int128>(delta);
        if (span == 0 || (span > 0) != (step > 0)) return 0;
        return static_cast<double>((span + (step > 0 ? step - 1 : step + 1)) / step);
    }
}

Result<Values> range(const Call& call) {
    const Tensor& start = call.tensor(0);
    for (std::size_t i = 0; i < 3; ++i) {
        TRIMTAB_REQUIRE(sameType(call, start, call.tensor(i)));
        TRIMTAB_TRY(const double ignored, number(call, i));
        (void)ignored;
    }
    return inDomain(start.type(), [&](auto zero) -> Result<Values> {
        using C = decltype(zero);
        C first{}, limit{}, delta{};
        load(start, 0, 0, 1, &first);
        load(call.tensor(1), 0, 0, 1, &limit);
        load(call.tensor(2), 0, 0, 1, &delta);
        if (delta == C{0}) return refuse(call, "a delta of 0 makes no sense");
        const double count = rangeCount(first, limit, delta);
        if (std::isnan(count) || count > 0x1p60) return refuse(call, "the range is endless");
        TRIMTAB_TRY(Tensor out, Tensor::allocate(start.type(), Shape{count > 0 ? static_cast<std::int64_t>(count) : 0}));
        for (std::int64_t i = 0; i < out.elementCount(); ++i) {
            C value{};
            if constexpr (std::is_same_v<C, double>) value = first + static_cast<double>(i) * delta;
            else
                value =
                    static_cast<C>(static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(delta));
            store(out, i, 1, &value);
        }
        return one(std::move(out));
    });
}

Result<Values> eyeLike(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    if (shape.rank() != 2) return refuse(call, "the input must be a matrix");
    const DataType type = call.node.has("dtype") ? typeOfNumber(call.node.integer("dtype", 0)) : call.tensor(0).type();
    if (domainOf(type) == Domain::None) return unsupported(call, "no identity matrix of this type");
    TRIMTAB_TRY(Tensor out, Tensor::zeros(type, shape));
    const std::int64_t k = call.node.integer("k", 0), rows = shape[0], columns = shape[1];
    if (k <= -rows || k >= columns) return one(std::move(out));
    const std::int64_t yes = 1;
    for (std::int64_t r = std::max<std::int64_t>(0, -k); r < rows && r + k < columns; ++r) store(out, r * columns + r + k, 1, &yes);
    return one(std::move(out));
}

/// Indices outside 0 … depth−1, since opset 11 −depth … depth−1, give a row without the on value.
Result<Values> oneHot(const Call& call) {
    const Tensor& indices = call.tensor(0);
    const Tensor& values = call.tensor(2);
    if (domainOf(indices.type()) == Domain::None) return refuse(call, "indices must be numeric");
    TRIMTAB_TRY(const double wanted, number(call, 1));
    if (!(wanted >= 1 && wanted < 0x1p60)) return refuse(call, "the depth makes no sense");
    if (values.elementCount() != 2) return refuse(call, "values must hold the off and the on value");
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, values));
    const Shape& shape = indices.shape();
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", -1, shape.rank() + 1));
    const auto depth = static_cast<std::int64_t>(wanted);
    TRIMTAB_TRY(Tensor out,
                gatherStrided(values, spliced(shape, at, at, {depth}), 0, Ints(static_cast<std::size_t>(shape.rank() + 1), 0), width));
    if (out.elementCount() == 0) return one(std::move(out));
    const std::int64_t inner = extent(shape, at, shape.rank());
    for (std::int64_t i = 0; i < indices.elementCount(); ++i) {
        std::int64_t hot = tensor::elementAsInt64(indices, i);
        if (hot < (opset(call) < 11 ? 0 : -depth) || hot >= depth) continue;
        if (hot < 0) hot += depth;
        copyElements(out, (i / inner * depth + hot) * inner + i % inner, values, 1, 1, width);
    }
    return one(std::move(out));
}

Result<Values> trilu(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const int rank = data.shape().rank();
    if (rank < 2) return refuse(call, "the input must have at least two axes");
    std::int64_t k = 0;
    if (call.has(1)) {
        TRIMTAB_TRY(k, integer(call, 1));
    }
    TRIMTAB_TRY(Tensor out, Tensor::zeros(data.type(), data.shape()));
    if (out.elementCount() == 0) return one(std::move(out));
    const bool upper = call.node.integer("upper", 1) != 0;
    const std::int64_t rows = data.shape()[rank - 2], columns = data.shape()[rank - 1];
    k = std::clamp(k, -rows - 1, columns + 1);
    for (std::int64_t row = 0; row < data.elementCount() / columns; ++row) {
        const std::int64_t diagonal = row % rows + k;
        const std::int64_t from = upper ? std::clamp<std::int64_t>(diagonal, 0, columns) : 0;
        const std::int64_t to = upper ? columns : std::clamp<std::int64_t>(diagonal + 1, 0, columns);
        copyElements(out, row * columns + from, data, row * columns + from, to - from, width);
    }
    return one(std::move(out));
}

}  // namespace

void registerGenerate(Registry& registry) {
    registry.add("Constant", 1, {0, 0, 1}, constant);
    registry.add("ConstantOfShape", 9, {1, 1, 1}, constantOfShape);
    registry.add("Range", 11, {3, 3, 1}, range);
    registry.add("EyeLike", 9, {1, 1, 1}, eyeLike);
    registry.add("OneHot", 9, {3, 3, 1}, oneHot);
    registry.add("Trilu", 14, {1, 2, 1}, trilu);
}

}  // namespace trimtab::ref
