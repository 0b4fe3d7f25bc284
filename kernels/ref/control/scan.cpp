// Scan: a body that is given the values it carries and one slice of each scanned input; it makes the next values and one slice of each
// gathered output.
#include <algorithm>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/control/bodies.h"
#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"

namespace trimtab::ref {
namespace {

/// `data` without the axis, at one index of it.
Result<Tensor> sliceAt(const Call& call, const Tensor& data, int axis, std::int64_t index) {
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const Shape& shape = data.shape();
    TRIMTAB_TRY(Tensor out, Tensor::allocate(data.type(), spliced(shape, axis, axis + 1, {})));
    const std::int64_t inner = extent(shape, axis + 1, shape.rank()), outer = extent(shape, 0, axis);
    for (std::int64_t o = 0; o < outer; ++o) copyElements(out, o * inner, data, (o * shape[axis] + index) * inner, inner, width);
    return out;
}

/// How one input or output is walked.
struct Walk {
    std::int64_t axis = 0;
    bool reversed = false;
};

/// Attributes name axes and directions in lists that are absent or of full length.
Result<std::vector<Walk>> walks(const Call& call, std::size_t count, const std::string& axes, const std::string& directions) {
    const Ints given = call.node.integers(axes, Ints(count, 0)), turned = call.node.integers(directions, Ints(count, 0));
    if (given.size() != count || turned.size() != count)
        return refuse(call, fmt::format("{} and {} must name one value for each of {}", axes, directions, count));
    std::vector<Walk> result;
    for (std::size_t i = 0; i < count; ++i) result.push_back({given[i], turned[i] != 0});
    return result;
}

struct Scanned {
    Tensor data;
    int axis = 0;
    bool reversed = false;
};

/// One pass over `length` slices: the final values, then what was gathered.
Result<Values> pass(const Call& call, const Body& body, Values carried, const std::vector<Scanned>& scanned, std::int64_t length,
                    const std::vector<Walk>& outputs) {
    std::vector<Gathered> gathered(outputs.size());
    const std::size_t carriedCount = carried.size();
    std::vector<graph::ValueType> types(body.outputCount());
    if (length == 0) {
        std::vector<graph::ValueType> given;
        for (const RunValue& value : carried) given.push_back(typeOf(value));
        for (const Scanned& each : scanned)
            given.push_back(graph::ValueType::of(each.data.type(), spliced(each.data.shape(), each.axis, each.axis + 1, {})));
        TRIMTAB_TRY(types, body.outputTypes(std::move(given)));
    }
    for (std::int64_t at = 0; at < length; ++at) {
        Values inputs = std::move(carried);
        for (const Scanned& each : scanned) {
            TRIMTAB_TRY(inputs.emplace_back(), sliceAt(call, each.data, each.axis, each.reversed ? length - 1 - at : at));
        }
        TRIMTAB_TRY(Values made, body.run(std::move(inputs)));
        for (std::size_t i = 0; i < outputs.size(); ++i) TRIMTAB_REQUIRE(gathered[i].add(call, std::move(made[carriedCount + i])));
        made.resize(carriedCount);
        carried = std::move(made);
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        TRIMTAB_TRY(carried.emplace_back(), gathered[i].stacked(call, outputs[i].axis, outputs[i].reversed, types[carriedCount + i]));
    }
    return carried;
}

/// `first`: where carried values begin among the inputs (opset 8 has lengths before them).
Result<std::size_t> scannedCount(const Call& call, const Body& body, std::size_t first) {
    const std::int64_t count = call.node.integer("num_scan_inputs", 0);
    const std::size_t formal = call.inputs.size() - call.node.captures;
    if (count < 1 || static_cast<std::uint64_t>(count) > formal - first) return refuse(call, fmt::format("num_scan_inputs is {}", count));
    const std::size_t carried = formal - first - static_cast<std::size_t>(count);
    if (body.outputCount() < carried) return refuse(call, "the body makes fewer values than it carries");
    return static_cast<std::size_t>(count);
}

Result<Values> scan(const Call& call) {
    const std::size_t formal = call.inputs.size() - call.node.captures;
    TRIMTAB_TRY(const Body body, Body::of(call, "body", static_cast<int>(formal), static_cast<int>(call.node.outputs.size())));
    TRIMTAB_TRY(const std::size_t count, scannedCount(call, body, 0));
    TRIMTAB_TRY(const auto ins, walks(call, count, "scan_input_axes", "scan_input_directions"));
    const std::size_t carried = formal - count;
    TRIMTAB_TRY(const auto outs, walks(call, body.outputCount() - carried, "scan_output_axes", "scan_output_directions"));
    std::vector<Scanned> scanned;
    std::int64_t length = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!call.has(carried + i)) return refuse(call, "an input to be scanned is left out");
        const Tensor& data = call.tensor(carried + i);
        TRIMTAB_TRY(const int at, axis(call, ins[i].axis, data.shape().rank()));
        if (i == 0) length = data.shape()[at];
        if (data.shape()[at] != length) return refuse(call, "the inputs to be scanned differ in length");
        scanned.push_back({data, at, ins[i].reversed});
    }
    return pass(call, body, Values(call.inputs.begin(), call.inputs.begin() + static_cast<std::ptrdiff_t>(carried)), scanned, length, outs);
}

/// `data` with zeros behind it, up to `extent` along the first axis.
Result<Tensor> lengthened(const Tensor& data, std::int64_t extent) {
    if (data.shape()[0] == extent) return data;
    TRIMTAB_TRY(Tensor out, Tensor::zeros(data.type(), spliced(data.shape(), 0, 1, {extent})));
    std::copy(data.bytes().begin(), data.bytes().end(), out.mutableBytes().begin());
    return out;
}

/// The first axis of every input is the batch; a length for each batch row may cut its sequence short, and what is gathered then ends in
/// zeros.
Result<Values> scanBatches(const Call& call) {
    const std::size_t formal = call.inputs.size() - call.node.captures;
    if (formal < 2) return refuse(call, "there is nothing to be scanned");
    TRIMTAB_TRY(const Body body, Body::of(call, "body", static_cast<int>(formal) - 1, static_cast<int>(call.node.outputs.size())));
    TRIMTAB_TRY(const std::size_t count, scannedCount(call, body, 1));
    const std::size_t carried = formal - 1 - count;
    const Ints directions = call.node.integers("directions", Ints(count, 0));
    if (directions.size() != count) return refuse(call, "directions must name one value for each scanned input");
    for (std::size_t i = 1; i < formal; ++i)
        if (!call.has(i) || call.tensor(i).shape().rank() < (i > carried ? 2 : 1))
            return refuse(call, fmt::format("input {} has no batch axis", i));
    const std::int64_t batch = call.tensor(formal - 1).shape()[0], longest = call.tensor(formal - 1).shape()[1];
    Ints lengths(static_cast<std::size_t>(batch), longest);
    if (call.has(0)) {
        TRIMTAB_TRY(lengths, integers(call, 0));
    }
    if (static_cast<std::int64_t>(lengths.size()) != batch) return refuse(call, "sequence_lens must name one length for each batch row");
    const std::vector<Walk> outs(body.outputCount() - carried);
    std::vector<Gathered> results(body.outputCount());
    TRIMTAB_TRY(const std::vector<graph::ValueType> types, body.outputTypes({}));  // for a batch without rows
    for (std::int64_t b = 0; b < batch; ++b) {
        const std::int64_t length = lengths[static_cast<std::size_t>(b)];
        if (length < 0 || length > longest) return refuse(call, fmt::format("a sequence of {} does not fit {} slices", length, longest));
        Values state;
        std::vector<Scanned> scanned;
        for (std::size_t i = 1; i < formal; ++i) {
            if (call.tensor(i).shape()[0] != batch || (i > carried && call.tensor(i).shape()[1] != longest))
                return refuse(call, "the inputs differ in batch or length");
            TRIMTAB_TRY(Tensor row, sliceAt(call, call.tensor(i), 0, b));
            if (i <= carried) state.emplace_back(std::move(row));
            else scanned.push_back({std::move(row), 0, directions[i - 1 - carried] != 0});
        }
        TRIMTAB_TRY(Values made, pass(call, body, std::move(state), scanned, length, outs));
        for (std::size_t i = carried; i < made.size(); ++i) {
            TRIMTAB_TRY(made[i], lengthened(std::get<Tensor>(made[i]), longest));
        }
        for (std::size_t i = 0; i < made.size(); ++i) TRIMTAB_REQUIRE(results[i].add(call, std::move(made[i])));
    }
    Values stacked;
    for (std::size_t i = 0; i < results.size(); ++i) {
        TRIMTAB_TRY(stacked.emplace_back(), results[i].stacked(call, 0, false, types[i]));
    }
    return stacked;
}

}  // namespace

void registerScan(Registry& registry) {
    registry.addSequence("Scan", 8, {0, kAny, kAny}, scanBatches);  // the lengths may be left out
    registry.addSequence("Scan", 9, {1, kAny, kAny}, scan);
}

}  // namespace trimtab::ref
