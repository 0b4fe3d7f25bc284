// Pad: attributes before opset 11 (`paddings` before 2), inputs since; modes constant, reflect, edge and wrap (opset 19). Negative pads
// cut.
#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

/// Pads at the begin and at the end of every axis.
Result<std::pair<Ints, Ints>> readPads(const Call& call, int rank) {
    Ints pads;
    if (opset(call) < 11) {
        pads = call.node.integers(opset(call) < 2 ? "paddings" : "pads");
    } else if (call.has(1)) {
        TRIMTAB_TRY(pads, integers(call, 1));
    } else {
        return refuse(call, "the pads are missing");
    }
    std::vector<int> chosen;
    if (call.has(3)) {
        TRIMTAB_TRY(const Ints named, integers(call, 3));
        TRIMTAB_TRY(chosen, axes(call, named, rank));
    } else {
        for (int d = 0; d < rank; ++d) chosen.push_back(d);
    }
    if (pads.size() != 2 * chosen.size()) return refuse(call, fmt::format("{} pads given for {} axes", pads.size(), chosen.size()));
    std::pair<Ints, Ints> result{Ints(static_cast<std::size_t>(rank), 0), Ints(static_cast<std::size_t>(rank), 0)};
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        result.first[static_cast<std::size_t>(chosen[i])] = pads[i];
        result.second[static_cast<std::size_t>(chosen[i])] = pads[chosen.size() + i];
    }
    return result;
}

/// Where output position `at` of an axis reads its input; −1: the constant. REQUIRES: extent > 0 unless constant.
std::int64_t source(const std::string& mode, std::int64_t at, std::int64_t extentHere) {
    if (at >= 0 && at < extentHere) return at;
    if (mode == "edge") return at < 0 ? 0 : extentHere - 1;
    if (mode == "wrap") return (at % extentHere + extentHere) % extentHere;
    if (mode == "reflect") {
        if (extentHere == 1) return 0;
        const std::int64_t period = 2 * (extentHere - 1);
        const std::int64_t phase = (at % period + period) % period;
        return phase < extentHere ? phase : period - phase;
    }
    return -1;
}

/// The constant as the bytes of one element of the input's type.
Result<Tensor> constantElement(const Call& call, const Tensor& data) {
    TRIMTAB_TRY(Tensor element, Tensor::zeros(data.type(), Shape{}));
    if (opset(call) >= 11 && call.has(2)) {
        TRIMTAB_REQUIRE(sameType(call, data, call.tensor(2)));
        if (call.tensor(2).elementCount() != 1) return refuse(call, "the constant must be one value");
        return call.tensor(2);
    }
    if (opset(call) < 11 && domainOf(data.type()) != Domain::None) {
        const double value = call.node.number("value", 0.0F);
        store(element, 0, 1, &value);
    }
    return element;
}

Result<Values> pad(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const Shape& shape = data.shape();
    TRIMTAB_TRY(const auto pads, readPads(call, shape.rank()));
    const std::string mode = call.node.string("mode", "constant");
    if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
        return refuse(call, "attribute mode holds the unknown word " + mode);
    Ints dims;
    for (int d = 0; d < shape.rank(); ++d) {
        const auto i = static_cast<std::size_t>(d);
        std::int64_t sum = 0;
        if (__builtin_add_overflow(shape[d], pads.first[i], &sum) || __builtin_add_overflow(sum, pads.second[i], &sum) || sum < 0)
            return refuse(call,
                          fmt::format("pads {} and {} make no sense on an axis of extent {}", pads.first[i], pads.second[i], shape[d]));
        if (shape[d] == 0 && sum > 0 && mode != "constant") return refuse(call, "an empty axis has nothing to repeat");
        dims.push_back(sum);
    }
    TRIMTAB_TRY(const Tensor constant, constantElement(call, data));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(data.type(), Shape(dims)));
    if (out.elementCount() == 0) return one(std::move(out));
    const Ints strides = shape.strides();
    Ints index(dims.size(), 0);
    for (std::int64_t to = 0; to < out.elementCount(); ++to, advance(index, dims)) {
        std::int64_t from = 0;
        for (std::size_t d = 0; d < index.size() && from >= 0; ++d) {
            const std::int64_t at = source(mode, index[d] - pads.first[d], shape[static_cast<int>(d)]);
            from = at < 0 ? -1 : from + at * strides[d];
        }
        copyElements(out, to, from < 0 ? constant : data, from < 0 ? 0 : from, 1, width);
    }
    return one(std::move(out));
}

}  // namespace

void registerPad(Registry& registry) { registry.add("Pad", 1, {1, 4, 1}, pad); }

}  // namespace trimtab::ref
