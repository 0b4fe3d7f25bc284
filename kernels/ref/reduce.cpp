// Reductions along axes. Axes are an attribute before opset 13 (ReduceSum) or 18 (the others), an input since.
#include <cmath>
#include <limits>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

template <class C>
C sumOf(const std::vector<C>& line) {
    if constexpr (std::is_same_v<C, double>) {
        double total = 0;
        for (const double x : line) total += x;
        return total;
    } else {
        std::uint64_t total = 0;
        for (const C x : line) total += static_cast<std::uint64_t>(x);
        return static_cast<C>(total);
    }
}

template <class C>
C productOf(const std::vector<C>& line) {
    std::conditional_t<std::is_same_v<C, double>, double, std::uint64_t> total = 1;
    for (const C x : line) total *= static_cast<decltype(total)>(x);
    return static_cast<C>(total);
}

/// What no element of the type lies above (`largest`) or below: what an empty line has as its smallest or largest element.
template <class C>
C limitOf(DataType type, bool largest) {
    if constexpr (std::is_same_v<C, double>) {
        return largest ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    } else {
        const int bits = type == DataType::Bool ? 1 : bitWidth(type);
        const std::uint64_t all = ~std::uint64_t{0} >> (64 - bits);
        if constexpr (std::is_signed_v<C>) return static_cast<C>(largest ? all >> 1 : ~(all >> 1));
        else return largest ? all : 0;
    }
}

/// NaN wins.
template <class C>
C extremeOf(const std::vector<C>& line, DataType type, bool largest) {
    C best = limitOf<C>(type, !largest);
    for (const C x : line) {
        if constexpr (std::is_same_v<C, double>) {
            if (std::isnan(x)) return x;
        }
        if (largest ? best < x : x < best) best = x;
    }
    return best;
}

/// Formed in double and truncated for integers.
template <class C, class F>
C throughDouble(const std::vector<C>& line, F f) {
    double total = 0;
    for (const C x : line) total += f(static_cast<double>(x));
    return static_cast<C>(total);
}

template <class C>
C logSumExpOf(const std::vector<C>& line) {
    double top = -std::numeric_limits<double>::infinity();
    for (const C x : line) {
        if (std::isnan(static_cast<double>(x))) return x;
        top = std::fmax(top, static_cast<double>(x));
    }
    if (!std::isfinite(top)) return static_cast<C>(std::is_same_v<C, double> ? top : 0);
    double total = 0;
    for (const C x : line) total += std::exp(static_cast<double>(x) - top);
    return static_cast<C>(top + std::log(total));
}

struct Reduction {
    std::vector<int> axes;
    Shape kept;      // extents of the other axes, 1 on the reduced ones
    Shape out;
    bool nothing = false;  // noop_with_empty_axes and no axes
};

Result<Reduction> plan(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    Reduction r;
    TRIMTAB_TRY(const auto named, integersOrAttribute(call, 1, "axes"));
    if (named && !named->empty()) {
        TRIMTAB_TRY(r.axes, axes(call, *named, shape.rank()));
    } else if (call.node.integer("noop_with_empty_axes", 0) != 0) {
        r.nothing = true;
    } else {
        for (int d = 0; d < shape.rank(); ++d) r.axes.push_back(d);
    }
    std::vector<bool> reduced(static_cast<std::size_t>(shape.rank()), false);
    for (const int d : r.axes) reduced[static_cast<std::size_t>(d)] = true;
    const bool keeps = call.node.integer("keepdims", 1) != 0;
    Ints kept, out;
    for (int d = 0; d < shape.rank(); ++d) {
        const bool gone = reduced[static_cast<std::size_t>(d)];
        kept.push_back(gone ? 1 : shape[d]);
        if (!gone || keeps) out.push_back(kept.back());
    }
    r.kept = Shape(std::move(kept));
    r.out = Shape(std::move(out));
    return r;
}

/// `f` is generic: (vector<C>, element type) → C for C = double, int64, uint64. Bool has an order (opset 20) but no sums.
template <class F>
Kernel reduction(F f, bool takesBool = false) {
    return [f, takesBool](const Call& call) -> Result<Values> {
        const Tensor& x = call.tensor(0);
        const bool isNumeric = domainOf(x.type()) != Domain::None && x.type() != DataType::Bool;
        if (!isNumeric && !(takesBool && x.type() == DataType::Bool)) return refuse(call, "the input must be numeric");
        TRIMTAB_TRY(const Reduction r, plan(call));
        TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), r.out));
        if (out.elementCount() == 0) return one(std::move(out));
        return inDomain(x.type(), [&](auto zero) -> Result<Values> {
            using C = decltype(zero);
            const Ints strides = x.shape().strides();
            Ints inner(strides.size(), 1), o(strides.size(), 0), i(strides.size(), 0);
            std::int64_t length = 1;
            for (const int d : r.axes) length *= inner[static_cast<std::size_t>(d)] = x.shape()[d];
            const std::int64_t run = inner.empty() ? 1 : inner.back();  // contiguous elements
            if (!inner.empty()) inner.back() = 1;
            std::vector<C> line(static_cast<std::size_t>(length));
            for (std::int64_t to = 0; to < out.elementCount(); ++to, advance(o, r.kept.dims())) {
                for (std::int64_t at = 0; at < length; at += run, advance(i, inner)) {
                    std::int64_t from = 0;
                    for (std::size_t d = 0; d < strides.size(); ++d) from += (o[d] + i[d]) * strides[d];
                    load(x, from, 1, run, line.data() + at);
                }
                const C value = f(line, x.type());
                store(out, to, 1, &value);
            }
            return one(std::move(out));
        });
    };
}

template <class C>
C meanOf(const std::vector<C>& line) {
    if constexpr (!std::is_same_v<C, double>) {
        if (line.empty()) return 0;
    }
    return static_cast<C>(static_cast<double>(sumOf(line)) / static_cast<double>(line.size()));
}

template <class C>
C logOfSum(const std::vector<C>& line) {
    const double result = std::log(static_cast<double>(sumOf(line)));
    return static_cast<C>(std::is_same_v<C, double> || std::isfinite(result) ? result : 0);
}

}  // namespace

void registerReduce(Registry& registry) {
    constexpr Arity kReduce{1, 2, 1};
    const auto square = [](double x) { return x * x; };
    const auto magnitude = [](double x) { return std::fabs(x); };
    registry.add("ReduceSum", 1, kReduce, reduction([](const auto& line, DataType) { return sumOf(line); }));
    registry.add("ReduceMean", 1, kReduce, reduction([](const auto& line, DataType) { return meanOf(line); }));
    registry.add("ReduceProd", 1, kReduce, reduction([](const auto& line, DataType) { return productOf(line); }));
    registry.add("ReduceMax", 1, kReduce, reduction([](const auto& line, DataType type) { return extremeOf(line, type, true); }, true));
    registry.add("ReduceMin", 1, kReduce, reduction([](const auto& line, DataType type) { return extremeOf(line, type, false); }, true));
    registry.add("ReduceL1", 1, kReduce, reduction([=](const auto& line, DataType) { return throughDouble(line, magnitude); }));
    registry.add("ReduceSumSquare", 1, kReduce, reduction([=](const auto& line, DataType) { return throughDouble(line, square); }));
    registry.add("ReduceL2", 1, kReduce, reduction([=](const auto& line, DataType) {
        double total = 0;
        for (const auto x : line) total += square(static_cast<double>(x));
        return static_cast<typename std::decay_t<decltype(line)>::value_type>(std::sqrt(total));
    }));
    registry.add("ReduceLogSum", 1, kReduce, reduction([](const auto& line, DataType) { return logOfSum(line); }));
    registry.add("ReduceLogSumExp", 1, kReduce, reduction([](const auto& line, DataType) { return logSumExpOf(line); }));
}

}  // namespace trimtab::ref
