#pragma once
// From stored samples to what a model takes. Steps, in this order: resize (bilinear, half-pixel centres, no antialiasing), centre crop,
// x·scale, (x − mean) / std, layout. Everything is computed in float32.
#include <array>
#include <optional>
#include <vector>

#include "core/tensor/tensor.h"

namespace trimtab::dataset {

enum class Layout : std::uint8_t { Nchw, Nhwc };

struct Preprocess {
    float scale = 1;
    std::vector<float> mean;                           // one for all channels, or one each; empty: 0
    std::vector<float> deviation;                      // likewise; empty: 1
    std::optional<std::array<std::int64_t, 2>> resize;  // height, width
    std::optional<std::array<std::int64_t, 2>> crop;
    std::optional<Layout> layout;                      // of the result; absent: as stored (images from files: NCHW)
    std::optional<Layout> stored;  // of the samples; absent: NCHW unless only the last axis can be channels (1, 3 or 4 of them)

    /// Nothing to do: samples may keep their element type.
    bool isIdentity() const { return scale == 1 && mean.empty() && deviation.empty() && !resize && !crop && !layout; }
    bool isSpatial() const { return resize || crop || layout; }
};

/// One image as planes: [channels, height, width] float32.
struct Planes {
    std::int64_t channels = 0, height = 0, width = 0;
    std::vector<float> values;
};

/// Samples [n, …] of any numeric type → float32. Refused: spatial steps on samples that are no images, means that match no channel count.
/// Without spatial steps channels are axis 1 (axis 3 when stored is Nhwc).
Result<Tensor> preprocess(const Tensor& samples, const Preprocess& steps);

/// 8-bit pixels [height, width, channels] → float32 [1, C, H, W] or [1, H, W, C].
Result<Tensor> preprocessImage(const Tensor& pixels, const Preprocess& steps);

/// Bilinear, with half-pixel centres and edges repeated.
Planes resized(const Planes& image, std::int64_t height, std::int64_t width);

}  // namespace trimtab::dataset
