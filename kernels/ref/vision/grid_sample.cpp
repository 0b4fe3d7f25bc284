// GridSample: output element p of every channel is X at the location that grid[n, p] names, its last axis being (x, y, …), the innermost
// spatial axis first, each scaled so that −1 … 1 spans the input: from centre to centre of its outer elements with align_corners, else from
// edge to edge. Elements beyond the input are 0 (zeros), the nearest one inside (border) or mirrored at the bounds until inside
// (reflection, which mirrors the location first). Interpolation is separable; cubic after Keys 1981 with a = −0.75.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

constexpr double kFarthest = 0x1p40;  // locations beyond are brought here; no extent comes near
constexpr double kCubic = -0.75;
constexpr int kMostAxes = 8;  // spatial; 4^axes elements are read for a cubic value

enum class Mode : std::uint8_t { Nearest, Linear, Cubic };
enum class Padding : std::uint8_t { Zeros, Border, Reflection };

struct Tap {
    std::int64_t at = 0;
    double weight = 1;
};

struct Sampler {
    Mode mode = Mode::Linear;
    Padding padding = Padding::Zeros;
    bool alignCorners = false, wide = false;  // wide: locations are formed in double, as the grid is
    Ints extents;
    std::int64_t batch = 0, channels = 0;
};

Result<Sampler> makeSampler(const Call& call) {
    const Shape& x = call.tensor(0).shape();
    const Shape& grid = call.tensor(1).shape();
    if (x.rank() < 3 || x.rank() > 2 + kMostAxes || grid.rank() != x.rank() || grid[grid.rank() - 1] != x.rank() - 2 || grid[0] != x[0])
        return refuse(call, fmt::format("X {} and grid {} don't go together", x.text(), grid.text()));
    if (!isFloatingPoint(call.tensor(1).type())) return refuse(call, "the grid must be of a floating type");
    if (opset(call) < 20 && x.rank() != 4) return refuse(call, "before opset 20, X must have 4 axes");
    Sampler s;
    const std::string mode = call.node.string("mode", "linear"), padding = call.node.string("padding_mode", "zeros");
    if (mode == "nearest") s.mode = Mode::Nearest;
    else if (mode == "cubic" || mode == "bicubic") s.mode = Mode::Cubic;
    else if (mode != "linear" && mode != "bilinear") return refuse(call, "attribute mode holds the unknown word " + mode);
    if (padding == "border") s.padding = Padding::Border;
    else if (padding == "reflection") s.padding = Padding::Reflection;
    else if (padding != "zeros") return refuse(call, "attribute padding_mode holds the unknown word " + padding);
    s.alignCorners = call.node.integer("align_corners", 0) != 0;
    s.wide = call.tensor(1).type() == DataType::Float64;
    s.extents.assign(x.begin() + 2, x.end());
    s.batch = x[0];
    s.channels = x[1];
    return s;
}

template <class C>
double scaled(C location, std::int64_t extentHere, bool alignCorners) {
    const C extent = static_cast<C>(extentHere);
    return static_cast<double>(alignCorners ? (location + 1) / 2 * (extent - 1) : ((location + 1) * extent - 1) / 2);
}

double reflected(double x, double low, double high) {
    const double range = high - low;
    if (range <= 0) return low;
    if (x >= low && x <= high) return x;
    const double beyond = x < low ? low - x : x - high;
    const double turns = std::floor(beyond / range), rest = beyond - turns * range;
    const bool sameSide = std::fmod(turns, 2) == 0;
    return (x < low) == sameSide ? low + rest : high - rest;
}

/// Element `at` of an axis as `padding` reads it; −1: a zero.
std::int64_t settled(const Sampler& s, std::int64_t at, std::int64_t extentHere) {
    if (at >= 0 && at < extentHere) return at;
    if (s.padding == Padding::Zeros) return -1;
    if (s.padding == Padding::Border) return std::clamp<std::int64_t>(at, 0, extentHere - 1);
    const double half = s.alignCorners ? 0 : 0.5;
    const double inside = reflected(static_cast<double>(at), -half, static_cast<double>(extentHere - 1) + half);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(inside), 0, extentHere - 1);
}

double cubicWeight(double d) {
    d = std::fabs(d);
    if (d <= 1) return ((kCubic + 2) * d - (kCubic + 3)) * d * d + 1;
    return d < 2 ? ((kCubic * d - 5 * kCubic) * d + 8 * kCubic) * d - 4 * kCubic : 0;
}

/// What one axis reads for a normalized location.
std::vector<Tap> tapsOf(const Sampler& s, double location, std::int64_t extentHere) {
    double x = s.wide ? scaled<double>(location, extentHere, s.alignCorners)
                      : scaled<float>(static_cast<float>(location), extentHere, s.alignCorners);
    x = std::isnan(x) ? -kFarthest : std::clamp(x, -kFarthest, kFarthest);
    if (s.mode == Mode::Nearest) x = std::nearbyint(x);
    const double half = s.alignCorners ? 0 : 0.5;
    if (s.padding == Padding::Reflection) x = reflected(x, -half, static_cast<double>(extentHere - 1) + half);
    const auto down = static_cast<std::int64_t>(std::floor(x));
    const double rest = x - std::floor(x);
    std::vector<Tap> taps;
    if (s.mode == Mode::Nearest) taps = {{down, 1}};
    else if (s.mode == Mode::Linear) taps = {{down, 1 - rest}, {down + 1, rest}};
    else
        for (std::int64_t k = -1; k <= 2; ++k) taps.push_back({down + k, cubicWeight(rest - static_cast<double>(k))});
    for (Tap& tap : taps) tap.at = settled(s, tap.at, extentHere);
    std::erase_if(taps, [](const Tap& tap) { return tap.at < 0; });
    return taps;
}

/// Offsets into a channel and their weights for the location that starts at element `from` of the grid.
std::vector<Tap> stencil(const Sampler& s, const Tensor& grid, std::int64_t from) {
    const std::size_t rank = s.extents.size();
    std::vector<double> location(rank);
    load(grid, from, 1, static_cast<std::int64_t>(rank), location.data());
    std::vector<Tap> taps{{0, 1}};
    for (std::size_t d = 0; d < rank; ++d) {
        const std::vector<Tap> along = tapsOf(s, location[rank - 1 - d], s.extents[d]);
        std::vector<Tap> product;
        for (const Tap& outer : taps)
            for (const Tap& inner : along) product.push_back({outer.at * s.extents[d] + inner.at, outer.weight * inner.weight});
        taps = std::move(product);
    }
    return taps;
}

Result<Values> gridSample(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Tensor& grid = call.tensor(1);
    TRIMTAB_TRY(const Sampler s, makeSampler(call));
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, x));
    if (s.mode != Mode::Nearest && !isFloatingPoint(x.type())) return unsupported(call, "only floating types are interpolated");
    const Shape& gridShape = grid.shape();
    TRIMTAB_TRY(Tensor y,
                Tensor::zeros(x.type(), spliced(x.shape(), 2, x.shape().rank(), Ints(gridShape.begin() + 1, gridShape.end() - 1))));
    if (y.elementCount() == 0) return one(std::move(y));
    if (x.elementCount() == 0) return refuse(call, "an empty input can't be sampled");
    const std::int64_t inCount = extent(x.shape(), 2, x.shape().rank()), outCount = extent(gridShape, 1, gridShape.rank() - 1);
    const auto rank = static_cast<std::int64_t>(s.extents.size());
    for (std::int64_t n = 0; n < s.batch; ++n)
        for (std::int64_t p = 0; p < outCount; ++p) {
            const std::vector<Tap> taps = stencil(s, grid, (n * outCount + p) * rank);
            for (std::int64_t plane = n * s.channels; plane < (n + 1) * s.channels; ++plane) {
                if (s.mode == Mode::Nearest) {
                    if (!taps.empty()) copyElements(y, plane * outCount + p, x, plane * inCount + taps[0].at, 1, width);
                    continue;
                }
                double sum = 0;
                for (const Tap& tap : taps) {
                    double value = 0;
                    load(x, plane * inCount + tap.at, 0, 1, &value);
                    sum += tap.weight * value;
                }
                store(y, plane * outCount + p, 1, &sum);
            }
        }
    return one(std::move(y));
}

}  // namespace

void registerGridSample(Registry& registry) { registry.add("GridSample", 16, {2, 2, 1}, gridSample); }

}  // namespace trimtab::ref
