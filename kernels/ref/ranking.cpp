// Order along an axis: ArgMax, ArgMin, TopK, CumSum; and NonZero, which lists positions.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

/// The lines along one axis: line(o, i) starts at first(o, i) and steps by `inner`.
struct Lines {
    std::int64_t outer, length, inner;

    Lines(const Shape& shape, int at)
        : outer(extent(shape, 0, at)), length(shape[at]), inner(extent(shape, at + 1, shape.rank())) {}
    std::int64_t first(std::int64_t line) const { return line / inner * length * inner + line % inner; }
    std::int64_t count() const { return outer * inner; }
};

template <class C>
void loadLine(const Tensor& x, const Lines& lines, std::int64_t line, std::vector<C>& values) {
    values.resize(static_cast<std::size_t>(lines.length));
    for (std::int64_t k = 0; k < lines.length; ++k)
        load(x, lines.first(line) + k * lines.inner, 0, 1, &values[static_cast<std::size_t>(k)]);
}

/// NaN is larger than every number, as in NumPy's order.
template <class C>
bool less(C a, C b) {
    if constexpr (std::is_same_v<C, double>) {
        if (std::isnan(a)) return false;
        if (std::isnan(b)) return true;
    }
    return a < b;
}

Kernel argExtreme(bool largest) {
    return [largest](const Call& call) -> Result<Values> {
        const Tensor& x = call.tensor(0);
        const Shape& shape = x.shape();
        if (domainOf(x.type()) == Domain::None) return refuse(call, "the input must be numeric");
        TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 0, shape.rank()));
        const bool keeps = call.node.integer("keepdims", 1) != 0, last = call.node.integer("select_last_index", 0) != 0;
        TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Int64, spliced(shape, at, at + 1, keeps ? Ints{1} : Ints{})));
        if (out.elementCount() == 0) return one(std::move(out));
        if (shape[at] == 0) return refuse(call, "an empty axis has no largest or smallest element");
        return inDomain(x.type(), [&](auto zero) -> Result<Values> {
            std::vector<decltype(zero)> line;
            const Lines lines(shape, at);
            for (std::int64_t n = 0; n < lines.count(); ++n) {
                loadLine(x, lines, n, line);
                std::size_t best = 0;
                for (std::size_t k = 1; k < line.size(); ++k) {
                    const bool better = largest ? less(line[best], line[k]) : less(line[k], line[best]);
                    if (better || (last && line[k] == line[best])) best = k;
                }
                out.mutableData<std::int64_t>()[static_cast<std::size_t>(n)] = static_cast<std::int64_t>(best);
            }
            return one(std::move(out));
        });
    };
}

/// Equal values keep the order of their indices.
Result<Values> topK(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    if (domainOf(x.type()) == Domain::None) return refuse(call, "the input must be numeric");
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", -1, shape.rank()));
    std::int64_t k = call.node.integer("k", -1);
    if (opset(call) >= 10) {
        if (!call.has(1)) return refuse(call, "the number k is missing");
        TRIMTAB_TRY(k, integer(call, 1));
    }
    if (k < 0 || k > shape[at]) return refuse(call, fmt::format("{} elements can't be chosen from an axis of extent {}", k, shape[at]));
    const bool largest = call.node.integer("largest", 1) != 0;
    TRIMTAB_TRY(Tensor values, Tensor::allocate(x.type(), spliced(shape, at, at + 1, {k})));
    TRIMTAB_TRY(Tensor indices, Tensor::allocate(DataType::Int64, values.shape()));
    if (values.elementCount() == 0) return Values{values, indices};
    return inDomain(x.type(), [&](auto zero) -> Result<Values> {
        std::vector<decltype(zero)> line;
        std::vector<std::int64_t> order(static_cast<std::size_t>(shape[at]));
        const Lines from(shape, at), to(values.shape(), at);
        for (std::int64_t n = 0; n < from.count(); ++n) {
            loadLine(x, from, n, line);
            std::iota(order.begin(), order.end(), 0);
            std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
                const auto left = line[static_cast<std::size_t>(a)], right = line[static_cast<std::size_t>(b)];
                return largest ? less(right, left) : less(left, right);
            });
            for (std::int64_t i = 0; i < k; ++i) {
                const std::int64_t where = to.first(n) + i * to.inner, chosen = order[static_cast<std::size_t>(i)];
                store(values, where, 1, &line[static_cast<std::size_t>(chosen)]);
                store(indices, where, 1, &chosen);
            }
        }
        return Values{values, indices};
    });
}

Result<Values> cumSum(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    if (domainOf(x.type()) == Domain::None || x.type() == DataType::Bool) return refuse(call, "the input must be numeric");
    TRIMTAB_TRY(const std::int64_t given, integer(call, 1));
    TRIMTAB_TRY(const int at, axis(call, given, shape.rank()));
    const bool exclusive = call.node.integer("exclusive", 0) != 0, reverse = call.node.integer("reverse", 0) != 0;
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), shape));
    if (out.elementCount() == 0) return one(std::move(out));
    return inDomain(x.type(), [&](auto zero) -> Result<Values> {
        using C = decltype(zero);
        using Sum = std::conditional_t<std::is_same_v<C, double>, double, std::uint64_t>;
        const Lines lines(shape, at);
        for (std::int64_t n = 0; n < lines.count(); ++n) {
            Sum sum = 0;
            for (std::int64_t step = 0; step < lines.length; ++step) {
                const std::int64_t where = lines.first(n) + (reverse ? lines.length - 1 - step : step) * lines.inner;
                C value{};
                load(x, where, 0, 1, &value);
                const Sum before = sum;
                sum += static_cast<Sum>(value);
                const C result = static_cast<C>(exclusive ? before : sum);
                store(out, where, 1, &result);
            }
        }
        return one(std::move(out));
    });
}

/// [rank, count]: the indices of elements that are not zero, row-major.
Result<Values> nonZero(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (domainOf(x.type()) == Domain::None) return refuse(call, "the input must be numeric");
    const auto isSet = [&x](std::int64_t i) {
        double value = 0;
        load(x, i, 0, 1, &value);
        return value != 0;
    };
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < x.elementCount(); ++i) count += isSet(i) ? 1 : 0;
    const Ints strides = x.shape().strides();
    TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Int64, Shape{x.shape().rank(), count}));
    const auto data = out.mutableData<std::int64_t>();
    std::int64_t column = 0;
    for (std::int64_t i = 0; i < x.elementCount(); ++i) {
        if (!isSet(i)) continue;
        for (int d = 0; d < x.shape().rank(); ++d)
            data[static_cast<std::size_t>(d * count + column)] = i / strides[static_cast<std::size_t>(d)] % x.shape()[d];
        ++column;
    }
    return one(std::move(out));
}

}  // namespace

void registerRanking(Registry& registry) {
    registry.add("ArgMax", 1, {1, 1, 1}, argExtreme(true));
    registry.add("ArgMin", 1, {1, 1, 1}, argExtreme(false));
    registry.add("TopK", 1, {1, 2, 2}, topK);
    registry.add("CumSum", 11, {2, 2, 1}, cumSum);
    registry.add("NonZero", 9, {1, 1, 1}, nonZero);
}

}  // namespace trimtab::ref
