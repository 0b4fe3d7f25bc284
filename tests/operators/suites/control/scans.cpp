// Scan: axes and directions of what is scanned and gathered, values carried beside it, and the batches of opset 8.
#include "tests/operators/suites.h"
#include "tests/operators/wiring.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;

/// `inner` with an extent put in at `axis`.
Shape widened(const Shape& inner, int axis, std::int64_t extent) {
    Ints dims(inner.begin(), inner.end());
    dims.insert(dims.begin() + axis, extent);
    return Shape(std::move(dims));
}

struct Bodied {
    Wiring body;
    int results = 0;  // values carried and gathered
    int gathered = 0;
};

/// States take in the first slice and what is captured; gathered are slices, states and products of these.
Bodied bodyOf(Draw& draw, int version, DataType type, std::int64_t carried, std::int64_t scanned, const Wiring* around, ValueId outer) {
    Bodied made{Wiring(version, "body_")};
    std::vector<ValueId> states, slices;
    for (std::int64_t i = 0; i < carried; ++i) states.push_back(made.body.formal(type));
    for (std::int64_t i = 0; i < scanned; ++i) slices.push_back(made.body.formal(type));
    const ValueId seen = around ? made.body.captured(*around, outer) : graph::kNoValue;
    std::vector<ValueId> next;
    for (const ValueId state : states) {
        ValueId grown = made.body.node("Add", {state, slices[0]});
        if (seen != graph::kNoValue && draw.coin()) grown = made.body.node("Sub", {grown, seen});
        next.push_back(grown);
        made.body.output(grown);
    }
    made.gathered = static_cast<int>(draw.integer(carried == 0 ? 1 : 0, 2));
    for (int i = 0; i < made.gathered; ++i) {
        const ValueId slice = slices[static_cast<std::size_t>(draw.integer(0, scanned - 1))];
        const ValueId other = !next.empty() && draw.coin() ? next[0] : slice;
        made.body.output(draw.coin() ? made.body.node("Mul", {slice, other}) : made.body.node("Identity", {other}));
    }
    made.results = static_cast<int>(carried) + made.gathered;
    return made;
}

Ints flags(Draw& draw, std::int64_t count) {
    Ints made;
    for (std::int64_t i = 0; i < count; ++i) made.push_back(draw.integer(0, 1));
    return made;
}

DataType elementType(Draw& draw) { return draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64}); }

/// Axes counted from the front until opset 11, from either end since.
template <int kVersion>
Case slices(Draw& draw, int index) {
    Wiring wiring(kVersion);
    Case made;
    const DataType type = elementType(draw);
    const Shape inner = draw.shape(static_cast<int>(draw.integer(0, 2)), 1, 4);
    const std::int64_t carried = draw.integer(0, 2), scanned = draw.integer(1, 2), length = index == 0 ? 1 : draw.integer(1, 5);
    const ValueId outer = wiring.input(made, draw.tensor(type, inner, -3, 3));
    std::vector<ValueId> inputs;
    for (std::int64_t i = 0; i < carried; ++i) inputs.push_back(wiring.input(made, draw.tensor(type, inner, -3, 3)));
    const auto axis = [&] { return draw.integer(kVersion >= 11 && draw.coin(0.4) ? -inner.rank() - 1 : 0, inner.rank()); };
    Ints axes(static_cast<std::size_t>(scanned), 0);
    const bool namesAxes = draw.coin(0.7);
    for (std::int64_t& each : axes) {
        if (namesAxes) each = axis();
        const int at = static_cast<int>(each < 0 ? each + inner.rank() + 1 : each);
        inputs.push_back(wiring.input(made, draw.tensor(type, widened(inner, at, length), -3, 3)));
    }
    Bodied bodied = bodyOf(draw, kVersion, type, carried, scanned, &wiring, outer);
    Attributes attributes{{"body", bodied.body.body()}, {"num_scan_inputs", scanned}};
    if (namesAxes) attributes["scan_input_axes"] = axes;
    if (draw.coin()) attributes["scan_input_directions"] = flags(draw, scanned);
    if (bodied.gathered > 0 && draw.coin()) attributes["scan_output_directions"] = flags(draw, bodied.gathered);
    if (bodied.gathered > 0 && draw.coin()) {
        Ints outputAxes;
        for (int i = 0; i < bodied.gathered; ++i) outputAxes.push_back(axis());
        attributes["scan_output_axes"] = outputAxes;
    }
    for (const ValueId result : wiring.nodes("Scan", inputs, static_cast<std::size_t>(bodied.results), attributes)) wiring.output(result);
    return wiring.finished(std::move(made));
}

/// Opset 8: the first axis of everything is the batch, the second is scanned; rows may have lengths of their own.
template <bool kHasLengths>
Case batches(Draw& draw, int index) {
    Wiring wiring(8);
    Case made;
    const DataType type = elementType(draw);
    const Shape inner = draw.shape(static_cast<int>(draw.integer(0, 2)), 1, 4);
    const std::int64_t carried = draw.integer(0, 2), scanned = draw.integer(1, 2), batch = index == 0 ? 1 : draw.integer(1, 3),
                       longest = draw.integer(1, 4);
    std::vector<ValueId> inputs{graph::kNoValue};
    if (kHasLengths) {
        Ints lengths;
        for (std::int64_t i = 0; i < batch; ++i) lengths.push_back(draw.integer(1, longest));
        inputs[0] = wiring.input(made, Tensor::fromInt64s(Shape{batch}, lengths));
    }
    for (std::int64_t i = 0; i < carried; ++i) inputs.push_back(wiring.input(made, draw.tensor(type, widened(inner, 0, batch), -3, 3)));
    for (std::int64_t i = 0; i < scanned; ++i)
        inputs.push_back(wiring.input(made, draw.tensor(type, widened(widened(inner, 0, longest), 0, batch), -3, 3)));
    Bodied bodied = bodyOf(draw, 8, type, carried, scanned, nullptr, graph::kNoValue);
    Attributes attributes{{"body", bodied.body.body()}, {"num_scan_inputs", scanned}};
    if (draw.coin()) attributes["directions"] = flags(draw, scanned);
    for (const ValueId result : wiring.nodes("Scan", inputs, static_cast<std::size_t>(bodied.results), attributes)) wiring.output(result);
    return wiring.finished(std::move(made));
}

template <int... kVersions>
void add(std::vector<Suite>& suites) {
    const auto suite = [](int version, Case (*draw)(Draw&, int)) {
        return Suite{.op = "Scan", .version = version, .draw = draw, .relative = 1e-6, .absolute = 1e-6, .cases = 40};
    };
    (suites.push_back(suite(kVersions, slices<kVersions>)), ...);
}

}  // namespace

std::vector<Suite> scanSuites() {
    std::vector<Suite> suites{
        {.op = "Scan", .version = 8, .draw = batches<false>, .relative = 1e-6, .absolute = 1e-6, .cases = 30},
        {.op = "Scan", .version = 8, .draw = batches<true>, .relative = 1e-6, .absolute = 1e-6, .cases = 30, .part = "lengths"},
    };
    add<9, 11, 16, 19, 21, 23, 24, 25>(suites);
    return suites;
}

}  // namespace trimtab::operators
