// CenterCropPad: each named axis is cut or zero-padded about its middle to the extent in `shape`; of an odd difference, a cut takes the
// additional element from the end, padding puts it there.
#include <algorithm>

#include <fmt/format.h>

#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

Result<Values> centerCropPad(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const int rank = data.shape().rank();
    TRIMTAB_TRY(const Ints wanted, integers(call, 1));
    std::vector<int> chosen;
    if (call.node.has("axes")) {
        TRIMTAB_TRY(chosen, axes(call, call.node.integers("axes"), rank));
    } else {
        for (int d = 0; d < rank; ++d) chosen.push_back(d);
    }
    if (wanted.size() != chosen.size()) return refuse(call, fmt::format("{} extents given for {} axes", wanted.size(), chosen.size()));
    Ints out(data.shape().begin(), data.shape().end());
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (wanted[i] < 0) return refuse(call, fmt::format("an extent of {} makes no sense", wanted[i]));
        out[static_cast<std::size_t>(chosen[i])] = wanted[i];
    }
    TRIMTAB_TRY(Tensor result, Tensor::zeros(data.type(), Shape(out)));
    const Ints from = data.shape().strides(), to = result.shape().strides();
    Ints common;
    std::int64_t source = 0, target = 0, count = 1;
    for (int d = 0; d < rank; ++d) {
        const auto i = static_cast<std::size_t>(d);
        const std::int64_t in = data.shape()[d];
        common.push_back(std::min(in, out[i]));
        count *= common.back();
        if (in > out[i]) source += (in - out[i]) / 2 * from[i];
        else target += (out[i] - in) / 2 * to[i];
    }
    if (count == 0) return one(std::move(result));
    Ints at(common.size(), 0);
    do {
        std::int64_t a = source, b = target;
        for (std::size_t d = 0; d < at.size(); ++d) a += at[d] * from[d], b += at[d] * to[d];
        copyElements(result, b, data, a, 1, width);
    } while (advance(at, common));
    return one(std::move(result));
}

}  // namespace

void registerCenterCropPad(Registry& registry) { registry.add("CenterCropPad", 18, {2, 2, 1}, centerCropPad); }

}  // namespace trimtab::ref
