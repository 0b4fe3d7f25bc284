// Unique: the distinct elements of a tensor, or its distinct slices along an axis.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"

namespace trimtab::ref {
namespace {

/// −1, 0 or 1. NaN is larger than every number and equal to itself.
template <class C>
int ordered(C a, C b) {
    if constexpr (std::is_same_v<C, double>) {
        if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
    }
    return a < b ? -1 : b < a ? 1 : 0;
}

/// Slices along an axis: slice s holds, for every outer index, `inner` elements from (outer·count + s)·inner on.
struct Slices {
    std::int64_t outer = 1, count = 0, inner = 1;
};

/// Which of the `count` slices are the same: groups in the order in which they are told.
struct Groups {
    Ints first;    // of each group, the index of its first slice
    Ints inverse;  // of each slice, its group
    Ints counts;   // of each group
};

template <class C>
int compareSlices(const Tensor& x, const Slices& slices, std::int64_t a, std::int64_t b) {
    for (std::int64_t o = 0; o < slices.outer; ++o) {
        for (std::int64_t i = 0; i < slices.inner; ++i) {
            C left{}, right{};
            load(x, (o * slices.count + a) * slices.inner + i, 0, 1, &left);
            load(x, (o * slices.count + b) * slices.inner + i, 0, 1, &right);
            if (const int order = ordered(left, right); order != 0) return order;
        }
    }
    return 0;
}

Groups groupsOf(const Tensor& x, const Slices& slices, bool sorted) {
    const auto compare = [&](std::int64_t a, std::int64_t b) {
        return inDomain(x.type(), [&](auto zero) { return compareSlices<decltype(zero)>(x, slices, a, b); });
    };
    Ints order(static_cast<std::size_t>(slices.count));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return compare(a, b) < 0; });
    Groups groups;
    groups.inverse.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i == 0 || compare(order[i - 1], order[i]) != 0) {
            groups.first.push_back(order[i]);
            groups.counts.push_back(0);
        }
        ++groups.counts.back();
        groups.inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(groups.first.size()) - 1;
    }
    if (sorted) return groups;
    Ints byFirst(groups.first.size()), place(groups.first.size());
    std::iota(byFirst.begin(), byFirst.end(), 0);
    const auto at = [](const Ints& values, std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
    std::sort(byFirst.begin(), byFirst.end(), [&](std::int64_t a, std::int64_t b) { return at(groups.first, a) < at(groups.first, b); });
    Groups moved;
    for (const std::int64_t group : byFirst) {
        place[static_cast<std::size_t>(group)] = static_cast<std::int64_t>(moved.first.size());
        moved.first.push_back(at(groups.first, group));
        moved.counts.push_back(at(groups.counts, group));
    }
    for (const std::int64_t group : groups.inverse) moved.inverse.push_back(at(place, group));
    return moved;
}

Result<Tensor> list(const Ints& values) {
    TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Int64, Shape{static_cast<std::int64_t>(values.size())}));
    std::copy(values.begin(), values.end(), out.mutableData<std::int64_t>().begin());
    return out;
}

Result<Values> unique(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    if (domainOf(x.type()) == Domain::None) return unsupported(call, "elements of this type have no order");
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, x));
    Slices slices{1, x.elementCount(), 1};
    int at = 0;
    if (call.node.has("axis")) {
        TRIMTAB_TRY(at, axisAttribute(call, "axis", 0, shape.rank()));
        slices = {extent(shape, 0, at), shape[at], extent(shape, at + 1, shape.rank())};
    }
    // Empty slices are all the same; there is no memory behind their number, so they are not listed one by one.
    if (slices.outer * slices.inner == 0) return refuse(call, "slices without elements have no distinct ones");
    const Groups groups = groupsOf(x, slices, call.node.integer("sorted", 1) != 0);
    const auto found = static_cast<std::int64_t>(groups.first.size());
    TRIMTAB_TRY(Tensor y, Tensor::allocate(x.type(), call.node.has("axis") ? spliced(shape, at, at + 1, {found}) : Shape{found}));
    for (std::int64_t o = 0; o < slices.outer; ++o)
        for (std::int64_t i = 0; i < found; ++i) {
            const std::int64_t from = o * slices.count + groups.first[static_cast<std::size_t>(i)];
            copyElements(y, (o * found + i) * slices.inner, x, from * slices.inner, slices.inner, width);
        }
    TRIMTAB_TRY(Tensor first, list(groups.first));
    TRIMTAB_TRY(Tensor inverse, list(groups.inverse));
    TRIMTAB_TRY(Tensor counts, list(groups.counts));
    return Values{std::move(y), std::move(first), std::move(inverse), std::move(counts)};
}

}  // namespace

void registerUnique(Registry& registry) { registry.add("Unique", 11, {1, 1, 4}, unique); }

}  // namespace trimtab::ref
