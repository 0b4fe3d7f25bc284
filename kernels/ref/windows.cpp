#include "kernels/ref/windows.h"

#include <algorithm>

#include <fmt/format.h>

namespace trimtab::ref {
namespace {

std::int64_t product(const Ints& extents) {
    std::int64_t result = 1;
    for (const std::int64_t e : extents) result *= e;
    return result;
}

std::int64_t divideUp(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

/// SAME_UPPER and SAME_LOWER: as many outputs as strides fit, the padding shared out, the odd one at the named end.
void padSame(Windows& w, std::size_t d, bool upper) {
    const std::int64_t span = (w.kernel[d] - 1) * w.dilations[d] + 1;
    w.out[d] = divideUp(w.in[d], w.strides[d]);
    const std::int64_t pad = std::max<std::int64_t>((w.out[d] - 1) * w.strides[d] + span - w.in[d], 0);
    w.begin[d] = upper ? pad / 2 : pad - pad / 2;
    w.end[d] = pad - w.begin[d];
}

}  // namespace

std::int64_t Windows::inCount() const { return product(in); }
std::int64_t Windows::outCount() const { return product(out); }

Result<Windows> windows(const Call& call, const Ints& in, const Ints& kernel, bool ceilMode) {
    const std::size_t rank = in.size();
    Windows w;
    w.in = in;
    w.kernel = kernel;
    for (const std::int64_t k : kernel)
        if (k < 1 || k > (std::int64_t{1} << 31)) return refuse(call, fmt::format("a window extent of {} makes no sense", k));
    TRIMTAB_TRY(w.strides, window(call, "strides", rank, 1, 1));
    TRIMTAB_TRY(w.dilations, window(call, "dilations", rank, 1, 1));
    const std::string automatic = call.node.string("auto_pad", "NOTSET");
    const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
    if (!same && automatic != "NOTSET" && automatic != "VALID")
        return refuse(call, "attribute auto_pad holds the unknown word " + automatic);
    Ints pads(2 * rank, 0);
    if (automatic == "NOTSET") {
        TRIMTAB_TRY(pads, window(call, "pads", 2 * rank, 0, 0));
    }
    w.begin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank));
    w.end.assign(pads.begin() + static_cast<std::ptrdiff_t>(rank), pads.end());
    w.out.assign(rank, 0);
    for (std::size_t d = 0; d < rank; ++d) {
        if (same) {
            padSame(w, d, automatic == "SAME_UPPER");
        } else {
            const std::int64_t room = w.in[d] + w.begin[d] + w.end[d] - ((w.kernel[d] - 1) * w.dilations[d] + 1);
            if (room < 0) return refuse(call, fmt::format("the window is larger than the padded input on spatial axis {}", d));
            w.out[d] = (ceilMode ? divideUp(room, w.strides[d]) : room / w.strides[d]) + 1;
            if (ceilMode && (w.out[d] - 1) * w.strides[d] >= w.in[d] + w.begin[d]) --w.out[d];
        }
    }
    return w;
}

}  // namespace trimtab::ref
