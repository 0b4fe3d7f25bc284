#include "core/compress/calibrate/input_rows.h"

#include <algorithm>
#include <cmath>

#include "core/base/checked.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using Ints = std::vector<std::int64_t>;

bool isConvolution(const graph::Node& node) { return node.is("Conv") || node.is("FusedConv", "trimtab"); }

tl::unexpected<Error> doesNotFit(const Shape& weight, const Shape& input) {
    return fail(ErrorCode::Refused, "an input " + input.text() + " does not fit the weight " + weight.text());
}

Status checkNumbers(std::span<const float> values) {
    if (std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) return {};
    return fail(ErrorCode::Refused, "calibration data make activations that are infinite or no numbers");
}

/// The last dim is the reduction; all before it are rows.
Result<InputRows> productRows(const graph::Node& node, const Shape& weight, const Tensor& input) {
    const bool outputsFirst = node.integer("transB", 0) != 0;
    const std::int64_t columns = weight[outputsFirst ? 1 : 0];
    std::vector<float> values = tensor::toFloats(input);
    const Shape& shape = input.shape();
    if (shape.rank() < 1) return doesNotFit(weight, shape);
    const bool transposed = node.op == "Gemm" && node.integer("transA", 0) != 0;
    if (shape[transposed ? 0 : shape.rank() - 1] != columns || (transposed && shape.rank() != 2)) return doesNotFit(weight, shape);
    const std::int64_t rows = input.elementCount() / columns;
    if (!transposed) return InputRows{rows, columns, std::move(values)};
    InputRows made{rows, columns, std::vector<float>(values.size())};
    for (std::int64_t k = 0; k < columns; ++k)
        for (std::int64_t r = 0; r < rows; ++r)
            made.values[static_cast<std::size_t>(r * columns + k)] = values[static_cast<std::size_t>(k * rows + r)];
    return made;
}

/// Where the windows of a convolution lie, by the formulas of the operator's text.
struct Windows {
    Ints in, kernel, strides, dilations, begin, out;

    std::size_t rank() const { return in.size(); }
};

Result<Windows> windowsOf(const graph::Node& node, const Shape& weight, const Shape& input) {
    const auto rank = static_cast<std::size_t>(weight.rank() - 2);
    if (input.rank() != weight.rank() || input[1] != weight[1] * partsOf(node)) return doesNotFit(weight, input);
    Windows windows;
    windows.strides = node.integers("strides", Ints(rank, 1));
    windows.dilations = node.integers("dilations", Ints(rank, 1));
    Ints pads = node.integers("pads", Ints(2 * rank, 0));
    const std::string autoPad = node.string("auto_pad", "NOTSET");
    if (windows.strides.size() != rank || windows.dilations.size() != rank || pads.size() != 2 * rank) return doesNotFit(weight, input);
    for (std::size_t d = 0; d < rank; ++d) {
        const std::int64_t in = input[static_cast<int>(d) + 2], kernel = weight[static_cast<int>(d) + 2];
        const std::int64_t stride = windows.strides[d], reach = windows.dilations[d] * (kernel - 1) + 1;
        if (stride < 1 || reach < 1) return doesNotFit(weight, input);
        std::int64_t begin = autoPad == "VALID" ? 0 : pads[d], end = autoPad == "VALID" ? 0 : pads[d + rank];
        if (autoPad.starts_with("SAME")) {
            const std::int64_t all = std::max<std::int64_t>(((in + stride - 1) / stride - 1) * stride + reach - in, 0);
            begin = autoPad == "SAME_LOWER" ? all - all / 2 : all / 2;
            end = all - begin;
        }
        if (in + begin + end < reach) return doesNotFit(weight, input);
        windows.in.push_back(in);
        windows.kernel.push_back(kernel);
        windows.begin.push_back(begin);
        windows.out.push_back((in + begin + end - reach) / stride + 1);
    }
    return windows;
}

std::int64_t product(const Ints& extents) {
    std::int64_t count = 1;
    for (const std::int64_t extent : extents) count *= extent;
    return count;
}

/// Steps `index` through 0…extents−1 row-major.
void advance(Ints& index, const Ints& extents) {
    for (std::size_t d = index.size(); d-- > 0;) {
        if (++index[d] < extents[d]) return;
        index[d] = 0;
    }
}

/// Offset into one channel's plane of kernel position `k` of the window at output position `o`; −1 in the padding.
std::int64_t offsetAt(const Windows& windows, const Ints& o, const Ints& k) {
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < windows.rank(); ++d) {
        const std::int64_t at = o[d] * windows.strides[d] - windows.begin[d] + k[d] * windows.dilations[d];
        if (at < 0 || at >= windows.in[d]) return -1;
        offset = offset * windows.in[d] + at;
    }
    return offset;
}

Result<InputRows> convolutionRows(const graph::Node& node, const Shape& weight, const Tensor& input, std::int64_t part) {
    TRIMTAB_TRY(const Windows windows, windowsOf(node, weight, input.shape()));
    const std::int64_t channels = weight[1], plane = product(windows.in), taps = product(windows.kernel), positions = product(windows.out);
    const std::int64_t images = input.shape()[0];
    const auto size = base::checkedMultiply(images * positions, channels * taps);
    if (!size || *size > (std::int64_t{1} << 31))
        return fail(ErrorCode::Refused, "one batch of its inputs unfolds to more than 8 GiB; calibrate with smaller batches");
    const std::vector<float> values = tensor::toFloats(input);
    InputRows made{images * positions, channels * taps, std::vector<float>(static_cast<std::size_t>(*size))};
    float* to = made.values.data();
    for (std::int64_t image = 0; image < images; ++image) {
        const float* from = values.data() + (image * input.shape()[1] + part * channels) * plane;
        Ints o(windows.rank(), 0);
        for (std::int64_t position = 0; position < positions; ++position, advance(o, windows.out), to += channels * taps) {
            Ints k(windows.rank(), 0);
            for (std::int64_t tap = 0; tap < taps; ++tap, advance(k, windows.kernel)) {
                const std::int64_t offset = offsetAt(windows, o, k);
                for (std::int64_t c = 0; offset >= 0 && c < channels; ++c) to[c * taps + tap] = from[c * plane + offset];
            }
        }
    }
    return made;
}

}  // namespace

std::int64_t partsOf(const graph::Node& node) { return isConvolution(node) ? std::max<std::int64_t>(node.integer("group", 1), 1) : 1; }

Result<InputRows> inputRows(const graph::Node& node, const Shape& weight, const Tensor& input, std::int64_t part) {
    auto made = isConvolution(node) ? convolutionRows(node, weight, input, part) : productRows(node, weight, input);
    if (made) TRIMTAB_REQUIRE(checkNumbers(made->values));
    return made;
}

}  // namespace trimtab::compress
