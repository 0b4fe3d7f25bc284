// Resize and Upsample. Each axis maps an output position to taps (input position, weight); an output element is the weighted sum over the
// product of its axes' taps. Coordinate transformations, nearest rounding and cubic weights as in the text of Resize; cubic after Keys
// 1981.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

struct Tap {
    std::int64_t at;
    double weight;
};

struct Axis {
    std::int64_t in = 0, out = 0;
    double scale = 1, roiStart = 0, roiEnd = 1;
    std::vector<std::vector<Tap>> taps;  // for each output position; none: extrapolated
};

struct Style {
    std::string mode, coordinates, nearest;
    double cubicA = -0.75, extrapolation = 0;
    bool excludeOutside = false, antialias = false;
};

Result<double> coordinate(const Call& call, const Style& style, const Axis& a, std::int64_t x) {
    const std::string& how = style.coordinates;
    const auto position = static_cast<double>(x);
    const auto in = static_cast<double>(a.in), out = static_cast<double>(a.out);
    if (how == "asymmetric") return position / a.scale;
    if (how == "half_pixel") return (position + 0.5) / a.scale - 0.5;
    if (how == "pytorch_half_pixel") return a.out > 1 ? (position + 0.5) / a.scale - 0.5 : 0.0;
    if (how == "tf_half_pixel_for_nn") return (position + 0.5) / a.scale;
    if (how == "half_pixel_symmetric") return in / 2 * (1 - out / (a.scale * in)) + (position + 0.5) / a.scale - 0.5;
    // The resized length stays fractional here: so the recorded results of ONNX's own tests have it.
    if (how == "align_corners") return a.out > 1 ? position * (in - 1) / (in * a.scale - 1) : 0.0;
    if (how == "tf_crop_and_resize")
        return a.out > 1 ? a.roiStart * (in - 1) + position * (a.roiEnd - a.roiStart) * (in - 1) / (out - 1)
                         : 0.5 * (a.roiStart + a.roiEnd) * (in - 1);
    return refuse(call, "attribute coordinate_transformation_mode holds the unknown word " + how);
}

Result<double> nearestTo(const Call& call, const std::string& how, double x) {
    if (how == "floor") return std::floor(x);
    if (how == "ceil") return std::ceil(x);
    if (how == "round_prefer_floor") return std::ceil(x - 0.5);
    if (how == "round_prefer_ceil") return std::floor(x + 0.5);
    return refuse(call, "attribute nearest_mode holds the unknown word " + how);
}

/// Keys' kernel at distance d with parameter a.
double cubicWeight(double d, double a) {
    d = std::fabs(d);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
    return 0;
}

/// The interpolating kernel of `mode` at distance d.
double kernelWeight(const Style& style, double d) {
    return style.mode == "linear" ? std::max(1 - std::fabs(d), 0.0) : cubicWeight(d, style.cubicA);
}

/// Taps at or beyond the border are moved onto it, or dropped and the rest made to sum to 1 (exclude_outside).
std::vector<Tap> settled(std::vector<Tap> taps, std::int64_t in, bool excludeOutside) {
    double sum = 0;
    for (Tap& tap : taps) {
        if (excludeOutside && (tap.at < 0 || tap.at >= in)) tap.weight = 0;
        tap.at = std::clamp<std::int64_t>(tap.at, 0, in - 1);
        sum += tap.weight;
    }
    if (excludeOutside && sum != 0)
        for (Tap& tap : taps) tap.weight /= sum;
    std::erase_if(taps, [](const Tap& tap) { return tap.weight == 0; });
    return taps;
}

/// Shrinking with antialias: the kernel stretched by 1 / scale, its weights made to sum to 1.
std::vector<Tap> stretched(const Style& style, const Axis& a, double position) {
    const double reach = (style.mode == "linear" ? 1 : 2) / a.scale;
    std::vector<Tap> taps;
    double sum = 0;
    for (double at = std::floor(position - reach); at <= std::ceil(position + reach); ++at) {
        taps.push_back({static_cast<std::int64_t>(at), kernelWeight(style, (at - position) * a.scale)});
        sum += taps.back().weight;
    }
    for (Tap& tap : taps) tap.weight /= sum;
    return taps;
}

Result<std::vector<Tap>> tapsAt(const Call& call, const Style& style, const Axis& a, std::int64_t x) {
    TRIMTAB_TRY(double position, coordinate(call, style, a, x));
    const auto last = static_cast<double>(a.in - 1);
    if (style.coordinates == "tf_crop_and_resize" && (!(position >= 0) || position > last)) return std::vector<Tap>();
    if (!std::isfinite(position)) return refuse(call, "a position is not finite");
    position = std::clamp(position, -2.0 * static_cast<double>(a.in) - 4, 3.0 * static_cast<double>(a.in) + 4);
    if (style.mode == "nearest") {
        TRIMTAB_TRY(const double at, nearestTo(call, style.nearest, position));
        return settled({{static_cast<std::int64_t>(at), 1.0}}, a.in, false);
    }
    if (style.antialias && a.scale < 1) return settled(stretched(style, a, position), a.in, style.excludeOutside);
    const double down = std::floor(position), rest = position - down;
    const auto at = static_cast<std::int64_t>(down);
    if (style.mode == "linear") return settled({{at, 1 - rest}, {at + 1, rest}}, a.in, style.excludeOutside);
    std::vector<Tap> taps;
    for (std::int64_t k = -1; k <= 2; ++k) taps.push_back({at + k, cubicWeight(rest - static_cast<double>(k), style.cubicA)});
    return settled(std::move(taps), a.in, style.excludeOutside);
}

Result<Tensor> resample(const Call& call, const Style& style, std::vector<Axis>& resized) {
    const Tensor& x = call.tensor(0);
    Ints dims;
    for (const Axis& a : resized) dims.push_back(a.out);
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), Shape(dims)));
    if (out.elementCount() == 0) return out;
    if (x.elementCount() == 0) return refuse(call, "an empty input can't be resized");
    for (Axis& a : resized)
        for (std::int64_t i = 0; i < a.out; ++i) {
            TRIMTAB_TRY(std::vector<Tap> taps, a.in == a.out && a.scale == 1 && style.coordinates != "tf_crop_and_resize"
                                                   ? Result<std::vector<Tap>>({{i, 1.0}}) : tapsAt(call, style, a, i));
            a.taps.push_back(std::move(taps));
        }
    const Ints strides = x.shape().strides();
    Ints index(dims.size(), 0), pick(dims.size(), 0), counts(dims.size(), 0);
    for (std::int64_t to = 0; to < out.elementCount(); ++to, advance(index, dims)) {
        bool outside = false;
        for (std::size_t d = 0; d < dims.size(); ++d) {
            counts[d] = static_cast<std::int64_t>(resized[d].taps[static_cast<std::size_t>(index[d])].size());
            outside = outside || counts[d] == 0;
        }
        double sum = outside ? style.extrapolation : 0;
        if (!outside) {
            do {
                std::int64_t from = 0;
                double weight = 1, value = 0;
                for (std::size_t d = 0; d < dims.size(); ++d) {
                    const Tap& tap = resized[d].taps[static_cast<std::size_t>(index[d])][static_cast<std::size_t>(pick[d])];
                    from += tap.at * strides[d];
                    weight *= tap.weight;
                }
                load(x, from, 0, 1, &value);
                sum += weight * value;
            } while (advance(pick, counts));
        }
        store(out, to, 1, &sum);
    }
    return out;
}

/// The one scale of all `chosen` axes that keeps the aspect ratio: the smallest that `sizes` ask for (not_larger), or the largest.
Result<double> commonScale(const Call& call, const std::string& policy, const Ints& sizes, const std::vector<int>& chosen) {
    if (policy != "not_larger" && policy != "not_smaller")
        return refuse(call, "attribute keep_aspect_ratio_policy holds the unknown word " + policy);
    double scale = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const std::int64_t in = call.tensor(0).shape()[chosen[i]];
        if (in == 0 || sizes[i] < 0) return refuse(call, "an empty axis or a negative size has no aspect ratio");
        const double asked = static_cast<double>(sizes[i]) / static_cast<double>(in);
        scale = i == 0 ? asked : policy == "not_larger" ? std::min(scale, asked) : std::max(scale, asked);
    }
    return scale;
}

/// Axes with scales or sizes; exactly one of the two is given.
Result<std::vector<Axis>> planAxes(const Call& call, const std::vector<double>& scales, const Ints& sizes, const std::vector<int>& chosen,
                                   const std::string& policy = "stretch") {
    const Shape& shape = call.tensor(0).shape();
    std::vector<Axis> result;
    for (const std::int64_t dim : shape) result.push_back({dim, dim});
    const std::size_t given = scales.empty() ? sizes.size() : scales.size();
    if (given != chosen.size()) return refuse(call, fmt::format("{} scales or sizes given for {} axes", given, chosen.size()));
    const bool stretches = policy == "stretch" || !scales.empty();
    double common = 1;
    if (!stretches) {
        TRIMTAB_TRY(common, commonScale(call, policy, sizes, chosen));
    }
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        Axis& a = result[static_cast<std::size_t>(chosen[i])];
        if (!stretches) {
            const double extentOut = std::floor(static_cast<double>(a.in) * common + 0.5);
            if (!(extentOut < 0x1p60)) return refuse(call, "the resized extent is too large");
            a.scale = common;
            a.out = static_cast<std::int64_t>(extentOut);
        } else if (scales.empty()) {
            if (sizes[i] < 0) return refuse(call, "a size is negative");
            a.out = sizes[i];
            a.scale = a.in > 0 ? static_cast<double>(a.out) / static_cast<double>(a.in) : 1;
            if (a.out > 0 && a.in == 0) return refuse(call, "an empty axis can't grow");
        } else {
            const double extentOut = std::floor(static_cast<double>(a.in) * scales[i]);
            if (!(scales[i] > 0) || !(extentOut < 0x1p60)) return refuse(call, fmt::format("a scale of {} makes no sense", scales[i]));
            a.scale = scales[i];
            a.out = static_cast<std::int64_t>(extentOut);
        }
    }
    return result;
}

Result<std::vector<double>> numbersOf(const Call& call, std::size_t i) {
    if (!call.has(i) || call.tensor(i).elementCount() == 0) return std::vector<double>();
    const Tensor& input = call.tensor(i);
    if (!isFloatingPoint(input.type()) || input.shape().rank() != 1 || input.elementCount() > 1024)
        return refuse(call, fmt::format("input {} must be a short list of numbers", i));
    std::vector<double> values(static_cast<std::size_t>(input.elementCount()));
    load(input, 0, 1, input.elementCount(), values.data());
    return values;
}

std::vector<int> allAxes(const Call& call) {
    std::vector<int> result;
    for (int d = 0; d < call.tensor(0).shape().rank(); ++d) result.push_back(d);
    return result;
}

Status checkMode(const Call& call, std::string& mode) {
    if (mode == "bilinear") mode = "linear";
    if (mode != "nearest" && mode != "linear" && mode != "cubic") return refuse(call, "attribute mode holds the unknown word " + mode);
    const DataType type = call.tensor(0).type();
    if (domainOf(type) == Domain::None || bitWidth(type) < 8) return unsupported(call, "the input must be numeric");
    return {};
}

/// Upsample, and Resize before opset 11: positions are divided by the scale, the nearest one is the floor.
Result<Values> upsample(const Call& call) {
    Style style{call.node.string("mode", "nearest"), "asymmetric", "floor"};
    TRIMTAB_REQUIRE(checkMode(call, style.mode));
    TRIMTAB_TRY(std::vector<double> scales, numbersOf(call, 1));
    if (scales.empty())
        for (const float scale : call.node.numbers("scales")) scales.push_back(scale);
    if (scales.empty() && call.node.has("height_scale"))
        scales = {1, 1, call.node.number("height_scale", 1), call.node.number("width_scale", 1)};
    if (scales.empty()) return refuse(call, "the scales are missing");
    TRIMTAB_TRY(std::vector<Axis> resized, planAxes(call, scales, {}, allAxes(call)));
    TRIMTAB_TRY(Tensor out, resample(call, style, resized));
    return one(std::move(out));
}

Result<Values> resize(const Call& call) {
    const graph::Node& node = call.node;
    Style style{node.string("mode", "nearest"),
                node.string("coordinate_transformation_mode", "half_pixel"),
                node.string("nearest_mode", "round_prefer_floor"),
                node.number("cubic_coeff_a", -0.75F),
                node.number("extrapolation_value", 0),
                node.integer("exclude_outside", 0) != 0,
                node.integer("antialias", 0) != 0};
    TRIMTAB_REQUIRE(checkMode(call, style.mode));
    std::vector<int> chosen = allAxes(call);
    if (node.has("axes")) {
        TRIMTAB_TRY(chosen, axes(call, node.integers("axes"), call.tensor(0).shape().rank()));
    }
    TRIMTAB_TRY(const std::vector<double> roi, numbersOf(call, 1));
    TRIMTAB_TRY(const std::vector<double> scales, numbersOf(call, 2));
    Ints sizes;
    if (scales.empty()) {
        if (!call.has(3)) return refuse(call, "neither scales nor sizes are given");
        TRIMTAB_TRY(sizes, integers(call, 3));
    }
    TRIMTAB_TRY(std::vector<Axis> resized, planAxes(call, scales, sizes, chosen,
                                                         node.string("keep_aspect_ratio_policy", "stretch")));
    if (style.coordinates == "tf_crop_and_resize") {
        if (roi.size() != 2 * chosen.size()) return refuse(call, "the region does not have two ends for each axis");
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            resized[static_cast<std::size_t>(chosen[i])].roiStart = roi[i];
            resized[static_cast<std::size_t>(chosen[i])].roiEnd = roi[chosen.size() + i];
        }
    }
    TRIMTAB_TRY(Tensor out, resample(call, style, resized));
    return one(std::move(out));
}

}  // namespace

void registerResize(Registry& registry) {
    registry.add("Upsample", 1, {1, 2, 1}, upsample);
    registry.add("Resize", 10, {2, 2, 1}, upsample);
    registry.add("Resize", 11, {1, 4, 1}, resize);
}

}  // namespace trimtab::ref
