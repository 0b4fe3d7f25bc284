// MaxPool, AveragePool, LpPool and their global forms. Positions outside the input never count for a maximum or a norm.
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

struct Pool {
    std::int64_t planes = 0;  // batch × channels
    Windows w;
    Shape out;
};

Result<Pool> planPool(const Call& call) {
    const Shape& x = call.tensor(0).shape();
    if (x.rank() < 3) return refuse(call, "the input must have batch, channels and spatial axes, not the shape " + x.text());
    const Ints kernel = call.node.integers("kernel_shape");
    if (static_cast<int>(kernel.size()) != x.rank() - 2)
        return refuse(call, "attribute kernel_shape does not have one extent for each spatial axis");
    Pool pool;
    TRIMTAB_TRY(pool.w, windows(call, Ints(x.begin() + 2, x.end()), kernel, call.node.integer("ceil_mode", 0) != 0));
    pool.planes = x[0] * x[1];
    pool.out = spliced(x, 2, x.rank(), pool.w.out);
    return pool;
}

Result<Pool> planGlobal(const Call& call) {
    const Shape& x = call.tensor(0).shape();
    if (x.rank() < 3) return refuse(call, "the input must have batch, channels and spatial axes, not the shape " + x.text());
    Pool pool;
    const auto rank = static_cast<std::size_t>(x.rank() - 2);
    pool.w.in.assign(x.begin() + 2, x.end());
    pool.w.kernel = pool.w.in;
    pool.w.strides = pool.w.dilations = pool.w.out = Ints(rank, 1);
    pool.w.begin = pool.w.end = Ints(rank, 0);
    if (pool.w.inCount() == 0) return refuse(call, "the input has no spatial positions");
    pool.planes = x[0] * x[1];
    pool.out = spliced(x, 2, x.rank(), pool.w.out);
    return pool;
}

/// The input positions of one window: first tap inside, count of taps inside, for each axis.
struct Taps {
    Ints first, count;
    double padded = 1;  // taps inside the padded input, as count_include_pad counts them
    bool empty = false;
};

Taps tapsAt(const Windows& w, const Ints& at) {
    Taps taps;
    for (std::size_t d = 0; d < w.rank(); ++d) {
        const std::int64_t start = w.start(d, at[d]), step = w.dilations[d];
        const std::int64_t skipped = start < 0 ? (-start + step - 1) / step : 0;
        const std::int64_t first = start + skipped * step;
        const std::int64_t inside = first < w.in[d] ? (w.in[d] - 1 - first) / step + 1 : 0;
        taps.first.push_back(first);
        taps.count.push_back(std::max<std::int64_t>(std::min(inside, w.kernel[d] - skipped), 0));
        const std::int64_t room = w.in[d] + w.end[d] - start;
        taps.padded *= static_cast<double>(std::min(w.kernel[d], (room + step - 1) / step));
        taps.empty = taps.empty || taps.count[d] == 0;
    }
    return taps;
}

/// visit(offset in the plane) for every tap, row-major.
template <class Visit>
void forEachTap(const Windows& w, const Taps& taps, Visit visit) {
    if (taps.empty) return;
    Ints k(w.rank(), 0);
    do {
        std::int64_t offset = 0;
        for (std::size_t d = 0; d < w.rank(); ++d) offset = offset * w.in[d] + taps.first[d] + k[d] * w.dilations[d];
        visit(offset);
    } while (advance(k, taps.count));
}

/// out = finish(Σ or fold over taps): reduce(plane values in double, taps) for every plane and position.
template <class Reduce>
Result<Tensor> poolWith(const Call& call, const Pool& pool, Reduce reduce) {
    const Tensor& x = call.tensor(0);
    if (!isFloatingPoint(x.type())) return refuse(call, "the input must be of a floating type");
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), pool.out));
    if (out.elementCount() == 0) return out;
    const std::int64_t inCount = pool.w.inCount(), outCount = pool.w.outCount();
    std::vector<double> plane(static_cast<std::size_t>(inCount));
    for (std::int64_t p = 0; p < pool.planes; ++p) {
        load(x, p * inCount, 1, inCount, plane.data());
        Ints at(pool.w.rank(), 0);
        for (std::int64_t i = 0; i < outCount; ++i, advance(at, pool.w.out)) {
            const double value = reduce(plane.data(), tapsAt(pool.w, at));
            store(out, p * outCount + i, 1, &value);
        }
    }
    return out;
}

/// Indices count through the whole tensor, within a plane row-major or (storage_order 1) column-major.
template <class C>
Result<Values> maxTyped(const Call& call, const Pool& pool) {
    const Tensor& x = call.tensor(0);
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), pool.out));
    TRIMTAB_TRY(Tensor indices, Tensor::allocate(DataType::Int64, pool.out));
    if (out.elementCount() == 0) return Values{out, indices};
    const Windows& w = pool.w;
    const std::int64_t inCount = w.inCount(), outCount = w.outCount();
    const bool columnMajor = call.node.integer("storage_order", 0) != 0;
    std::vector<C> plane(static_cast<std::size_t>(inCount));
    const auto columnOffset = [&w](std::int64_t offset) {
        std::int64_t result = 0, step = w.inCount();
        for (std::size_t d = w.rank(); d-- > 0; offset /= w.in[d]) {
            step /= w.in[d];
            result += offset % w.in[d] * step;
        }
        return result;
    };
    for (std::int64_t p = 0; p < pool.planes; ++p) {
        load(x, p * inCount, 1, inCount, plane.data());
        Ints at(w.rank(), 0);
        for (std::int64_t i = 0; i < outCount; ++i, advance(at, w.out)) {
            C best = std::numeric_limits<C>::has_infinity ? -std::numeric_limits<C>::infinity() : std::numeric_limits<C>::lowest();
            std::int64_t where = -1;
            forEachTap(w, tapsAt(w, at), [&](std::int64_t offset) {
                const C value = plane[static_cast<std::size_t>(offset)];
                if (where >= 0 && !(best < value)) return;
                best = value;
                where = offset;
            });
            store(out, p * outCount + i, 1, &best);
            const std::int64_t index = where < 0 ? -1 : p * inCount + (columnMajor ? columnOffset(where) : where);
            store(indices, p * outCount + i, 1, &index);
        }
    }
    return Values{out, indices};
}

Result<Values> maxWith(const Call& call, const Pool& pool) {
    const DataType type = call.tensor(0).type();
    if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "the input must be numeric");
    return inDomain(type, [&](auto zero) { return maxTyped<decltype(zero)>(call, pool); });
}

Result<Values> averageWith(const Call& call, const Pool& pool, bool includePad) {
    TRIMTAB_TRY(Tensor out, poolWith(call, pool, [&](const double* plane, const Taps& taps) {
                    double sum = 0, count = 0;
                    forEachTap(pool.w, taps, [&](std::int64_t offset) {
                        sum += plane[offset];
                        ++count;
                    });
                    const double divisor = includePad ? taps.padded : count;
                    return divisor > 0 ? sum / divisor : 0.0;
                }));
    return one(std::move(out));
}

Result<Values> lpWith(const Call& call, const Pool& pool) {
    const double p = call.node.has("p") && std::holds_alternative<float>(call.node.attributes.at("p"))
                         ? static_cast<double>(call.node.number("p", 2.0F)) : static_cast<double>(call.node.integer("p", 2));
    if (!(p > 0)) return refuse(call, "attribute p must be above 0");
    TRIMTAB_TRY(Tensor out, poolWith(call, pool, [&](const double* plane, const Taps& taps) {
                    double sum = 0;
                    forEachTap(pool.w, taps, [&](std::int64_t offset) { sum += std::pow(std::fabs(plane[offset]), p); });
                    return std::pow(sum, 1 / p);
                }));
    return one(std::move(out));
}

Result<Values> maxPool(const Call& call) {
    TRIMTAB_TRY(const Pool pool, planPool(call));
    return maxWith(call, pool);
}
Result<Values> averagePool(const Call& call) {
    TRIMTAB_TRY(const Pool pool, planPool(call));
    return averageWith(call, pool, call.node.integer("count_include_pad", 0) != 0);
}
Result<Values> lpPool(const Call& call) {
    TRIMTAB_TRY(const Pool pool, planPool(call));
    return lpWith(call, pool);
}
Result<Values> globalMaxPool(const Call& call) {
    TRIMTAB_TRY(const Pool pool, planGlobal(call));
    return maxWith(call, pool);
}
Result<Values> globalAveragePool(const Call& call) {
    TRIMTAB_TRY(const Pool pool, planGlobal(call));
    return averageWith(call, pool, false);
}
Result<Values> globalLpPool(const Call& call) {
    TRIMTAB_TRY(const Pool pool, planGlobal(call));
    return lpWith(call, pool);
}

}  // namespace

void registerPool(Registry& registry) {
    registry.add("MaxPool", 1, {1, 1, 2}, maxPool);
    registry.add("AveragePool", 1, {1, 1, 1}, averagePool);
    registry.add("LpPool", 1, {1, 1, 1}, lpPool);
    registry.add("GlobalMaxPool", 1, {1, 1, 1}, globalMaxPool);
    registry.add("GlobalAveragePool", 1, {1, 1, 1}, globalAveragePool);
    registry.add("GlobalLpPool", 1, {1, 1, 1}, globalLpPool);
}

}  // namespace trimtab::ref
