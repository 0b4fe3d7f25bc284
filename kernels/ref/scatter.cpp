// ScatterElements (Scatter before opset 11) and ScatterND: a copy of the data with some elements replaced or combined.
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/indices.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

enum class Combine { None, Add, Multiply, Max, Min };

Result<Combine> combination(const Call& call, DataType type) {
    const std::string word = call.node.string("reduction", "none");
    if (word == "none") return Combine::None;
    if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "elements of this type are not combined");
    if (word == "add") return Combine::Add;
    if (word == "mul") return Combine::Multiply;
    if (word == "max") return Combine::Max;
    if (word == "min") return Combine::Min;
    return refuse(call, "attribute reduction holds the unknown word " + word);
}

template <class C>
C combined(C old, C update, Combine how) {
    using Wrapping = std::conditional_t<std::is_same_v<C, double>, double, std::uint64_t>;
    switch (how) {
        case Combine::Add: return static_cast<C>(static_cast<Wrapping>(old) + static_cast<Wrapping>(update));
        case Combine::Multiply: return static_cast<C>(static_cast<Wrapping>(old) * static_cast<Wrapping>(update));
        case Combine::Max: return old < update ? update : old;
        case Combine::Min: return update < old ? update : old;
        default: return update;
    }
}

/// Puts `count` elements of `updates` into `out`.
void put(Tensor& out, std::int64_t to, const Tensor& updates, std::int64_t from, std::int64_t count, std::int64_t width, Combine how) {
    if (how == Combine::None) return copyElements(out, to, updates, from, count, width);
    inDomain(out.type(), [&](auto zero) {
        for (std::int64_t i = 0; i < count; ++i) {
            decltype(zero) old{}, update{};
            load(out, to + i, 0, 1, &old);
            load(updates, from + i, 0, 1, &update);
            const auto value = combined(old, update, how);
            store(out, to + i, 1, &value);
        }
    });
}

Result<Values> scatterElements(const Call& call) {
    const Tensor& data = call.tensor(0);
    const Tensor& updates = call.tensor(2);
    TRIMTAB_REQUIRE(sameType(call, data, updates));
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    TRIMTAB_TRY(const Combine how, combination(call, data.type()));
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 0, data.shape().rank()));
    TRIMTAB_TRY(const Tensor indices, boundedIndices(call, call.tensor(1), data.shape()[at]));
    TRIMTAB_REQUIRE(requireWithin(call, indices.shape(), data.shape(), at));
    if (updates.shape() != indices.shape()) return refuse(call, "indices and updates differ in shape");
    TRIMTAB_TRY(Tensor out, data.clone());
    if (indices.elementCount() == 0) return one(std::move(out));
    const Ints strides = data.shape().strides(), extents = indices.shape().dims();
    Ints index(extents.size(), 0);
    std::int64_t from = 0;
    for (const std::int64_t i : indices.data<std::int64_t>()) {
        std::int64_t to = 0;
        for (std::size_t d = 0; d < index.size(); ++d) to += (static_cast<int>(d) == at ? i : index[d]) * strides[d];
        put(out, to, updates, from++, 1, width, how);
        advance(index, extents);
    }
    return one(std::move(out));
}

Result<Values> scatterNd(const Call& call) {
    const Tensor& data = call.tensor(0);
    const Tensor& updates = call.tensor(2);
    TRIMTAB_REQUIRE(sameType(call, data, updates));
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    TRIMTAB_TRY(const Combine how, combination(call, data.type()));
    TRIMTAB_TRY(const IndexTuples tuples, indexTuples(call, call.tensor(1), data.shape(), 0));
    const Shape& indexShape = call.tensor(1).shape();
    const Shape wanted =
        spliced(indexShape, indexShape.rank() - 1, indexShape.rank(), Ints(data.shape().begin() + tuples.prefix, data.shape().end()));
    if (updates.shape() != wanted)
        return refuse(call, fmt::format("updates have the shape {} where {} is needed", updates.shape().text(), wanted.text()));
    TRIMTAB_TRY(Tensor out, data.clone());
    if (updates.elementCount() == 0) return one(std::move(out));
    std::int64_t from = 0;
    for (const std::int64_t to : tuples.offsets.data<std::int64_t>()) {
        put(out, to, updates, from, tuples.sliceLength, width, how);
        from += tuples.sliceLength;
    }
    return one(std::move(out));
}

}  // namespace

void registerScatter(Registry& registry) {
    registry.add("Scatter", 9, {3, 3, 1}, scatterElements);
    registry.add("ScatterElements", 11, {3, 3, 1}, scatterElements);
    registry.add("ScatterND", 11, {3, 3, 1}, scatterNd);
}

}  // namespace trimtab::ref
