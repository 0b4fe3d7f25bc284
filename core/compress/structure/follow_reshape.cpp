// Reshape and its kin: the same elements in row-major order under other axes. An axis may be split (heads of columns), merged with what
// lies inside it (each channel becomes several columns) or repeated by what lies outside it.
#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "core/compress/structure/axis_trace.h"
#include "core/graph/shapes/extent.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::ValueId;
using graph::shapes::Dims;
using graph::shapes::Extent;
using graph::shapes::product;

constexpr std::int64_t kLongestAxis = std::int64_t{1} << 24;  // a label each: no file makes more of them

/// Where the units of an input axis come out.
struct Landing {
    std::size_t axis = 0;
    bool repeats = false;  // index i holds label i mod n; else each label covers a run of indices, or several labels one index
};

/// The block of elements that the axis steps through begins where an output axis begins: what lies before both is the same number of
/// elements, or what lies inside (the axis counted) is. Axes of extent 1 are passed over.
std::optional<Landing> landingOf(const Dims& in, std::size_t axis, const Dims& out) {
    const Extent before = product(in, 0, axis), within = product(in, axis, in.size()), inside = product(in, axis + 1, in.size());
    for (std::size_t j = 0; j < out.size(); ++j) {
        if (!out[j].isKnown() || out[j].isKnown(1)) continue;
        if (before.same(product(out, 0, j)) || within.same(product(out, j, out.size()))) return Landing{j, false};
    }
    for (std::size_t j = 0; j < out.size(); ++j) {
        const bool fits = out[j].isKnown() && in[axis].isKnown() && in[axis].value() > 0 && out[j].value() % in[axis].value() == 0;
        if (fits && inside.same(product(out, j + 1, out.size()))) return Landing{j, true};
    }
    return std::nullopt;
}

/// Heads are one factor of a split axis. Exporters of fused query, key and value products write [3, heads, size] and take the three apart
/// afterwards, so an axis that is only ever indexed, sliced or split is no axis of units: the next one is.
bool isTakenApart(const AxisTrace& trace, ValueId start, int startAxis) {
    std::vector<std::pair<ValueId, int>> pending{{start, startAxis}};  // through any number of Transposes
    bool any = false;
    while (!pending.empty()) {
        const auto [value, axis] = pending.back();
        pending.pop_back();
        if (!trace.dimsOf(value)) return false;
        for (const Node& node : trace.graph.nodes) {
            if (node.input(0) != value) continue;
            if (node.is("Transpose")) {
                const auto order = node.integers("perm");
                const auto found = std::ranges::find(order, axis);
                if (found == order.end()) return false;
                pending.emplace_back(node.output(0), static_cast<int>(found - order.begin()));
                continue;
            }
            if (!node.is("Gather") && !node.is("Split")) return false;
            auto own = node.integer("axis", 0);
            if (own < 0) own += static_cast<std::int64_t>(trace.dimsOf(value)->size());
            const Tensor* place = node.is("Gather") ? trace.graph.constantOf(node.input(1)) : nullptr;
            if (own != axis || (node.is("Gather") && (!place || place->elementCount() != 1))) return false;
            any = true;
        }
    }
    return any;
}

/// Labels of the output axis of extent m, from those of the input axis of extent n, where both begin together: index i covers the elements
/// from i/m to (i+1)/m of the block, so that with g = gcd(n, m) every n/g input labels become one, which then covers m/g indices.
Labels spread(AxisTrace& trace, const Labels& labels, std::size_t m, const std::string& where) {
    const std::size_t n = labels.size(), g = std::gcd(n, m);
    Labels out(m);
    for (std::size_t part = 0; part < g; ++part) {
        const std::size_t first = part * (n / g);
        for (std::size_t i = first + 1; i < first + n / g; ++i) trace.join({labels[first]}, {labels[i]}, where);
        std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(part * (m / g)), m / g, labels[first]);
    }
    return out;
}

/// Split into [few, units, …] where `few` is taken apart afterwards: label u covers index u of the second axis, for each of the few.
Labels spreadInside(AxisTrace& trace, const Labels& labels, std::size_t few, std::size_t count, const std::string& where) {
    const std::size_t each = labels.size() / few / count;
    Labels out(count);
    for (std::size_t u = 0; u < count; ++u) {
        out[u] = labels[u * each];
        for (std::size_t f = 0; f < few; ++f)
            for (std::size_t i = 0; i < each; ++i) trace.join({out[u]}, {labels[(f * count + u) * each + i]}, where);
    }
    return out;
}

/// The target of a Reshape as a constant: extents that are known, 0 where an axis is handed on, −1 once. Empty where that cannot say it.
std::vector<std::int64_t> constantTarget(const Dims& in, const Dims& out) {
    std::vector<std::int64_t> target;
    for (std::size_t j = 0; j < out.size(); ++j) {
        if (out[j].isKnown()) target.push_back(out[j].value());
        else if (j < in.size() && out[j].same(in[j])) target.push_back(0);
        else target.push_back(-1);
    }
    return std::ranges::count(target, -1) > 1 ? std::vector<std::int64_t>{} : target;
}

/// The entry of the target that says how long the axis is. False where it is computed and cannot be written as a constant.
bool countTarget(AxisTrace& trace, int index, std::size_t axis, const Labels& labels, const Dims& in, const Dims& out) {
    const Node& node = trace.node(index);
    if (!node.is("Reshape")) return true;
    Count count{index, 1, {}, axis, labels, {}};
    if (const Tensor* target = trace.graph.constantOf(node.input(1))) {
        if (tensor::elementAsInt64(*target, static_cast<std::int64_t>(axis)) < 0) return true;  // follows by itself
    } else {
        count.instead = constantTarget(in, out);
        if (count.instead.empty() || node.integer("allowzero", 0) != 0) return false;
    }
    trace.counts.push_back(std::move(count));
    return true;
}

void followOneAxis(AxisTrace& trace, int index, int axis, const Labels& labels, const Dims& in, const Dims& out) {
    const Node& node = trace.node(index);
    const std::string where = fmt::format("at {} ({}) it", node.name, node.op);
    const auto landing = landingOf(in, static_cast<std::size_t>(axis), out);
    if (!landing || out[landing->axis].value() > kLongestAxis) return trace.leaveAlone(labels, where + " is mixed with other axes");
    std::size_t to = landing->axis;
    const auto m = static_cast<std::size_t>(out[to].value());
    Labels made;
    const bool inside = !landing->repeats && m < labels.size() && to + 1 < out.size() && out[to + 1].isKnown() && out[to + 1].value() > 1 &&
                        labels.size() % (m * static_cast<std::size_t>(out[to + 1].value())) == 0 &&
                        isTakenApart(trace, node.output(0), static_cast<int>(to));
    if (inside) {
        ++to;
        made = spreadInside(trace, labels, m, static_cast<std::size_t>(out[to].value()), where);
    } else if (landing->repeats) {
        made.resize(m);
        for (std::size_t i = 0; i < m; ++i) made[i] = labels[i % labels.size()];
    } else {
        made = spread(trace, labels, m, where);
    }
    if (!countTarget(trace, index, to, made, in, out)) return trace.leaveAlone(labels, where + " takes a shape that is computed");
    trace.set(node.output(0), static_cast<int>(to), std::move(made));
}

}  // namespace

void followReshape(AxisTrace& trace, int index) {
    const Node& node = trace.node(index);
    const auto *from = trace.dimsOf(node.input(0)), *to = trace.dimsOf(node.output(0));
    if (!from || !to || (node.is("Reshape") && node.input(1) == graph::kNoValue))
        return trace.leaveInputsAlone(index, fmt::format("at {} ({}) it takes a shape that is not known", node.name, node.op));
    const Dims in = graph::shapes::toExtents(*from), out = graph::shapes::toExtents(*to);
    for (const auto& [axis, labels] : trace.axesOf(node.input(0))) followOneAxis(trace, index, axis, labels, in, out);
}

}  // namespace trimtab::compress
