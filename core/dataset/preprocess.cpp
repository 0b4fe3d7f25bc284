#include "core/dataset/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "core/tensor/convert.h"

namespace trimtab::dataset {
namespace {

bool looksLikeChannels(std::int64_t extent) { return extent == 1 || extent == 3 || extent == 4; }

Layout storedLayout(const Shape& shape, const Preprocess& steps) {
    if (steps.stored) return *steps.stored;
    return !looksLikeChannels(shape[1]) && looksLikeChannels(shape[3]) ? Layout::Nhwc : Layout::Nchw;
}

float channelValue(const std::vector<float>& values, std::int64_t channel, float fallback) {
    if (values.empty()) return fallback;
    return values.size() == 1 ? values[0] : values[static_cast<std::size_t>(channel)];
}

Status checkChannels(const Preprocess& steps, std::int64_t channels) {
    for (const auto* values : {&steps.mean, &steps.deviation})
        if (values->size() > 1 && static_cast<std::int64_t>(values->size()) != channels)
            return fail(ErrorCode::Refused,
                        fmt::format("mean and std have {} values, but the samples have {} channels", values->size(), channels));
    return {};
}

Planes toPlanes(const float* from, std::int64_t channels, std::int64_t height, std::int64_t width, Layout layout) {
    Planes planes{channels, height, width, std::vector<float>(static_cast<std::size_t>(channels * height * width))};
    const std::int64_t area = height * width;
    for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t p = 0; p < area; ++p)
            planes.values[static_cast<std::size_t>(c * area + p)] = from[layout == Layout::Nchw ? c * area + p : p * channels + c];
    return planes;
}

void fromPlanes(const Planes& planes, float* to, Layout layout) {
    const std::int64_t area = planes.height * planes.width;
    for (std::int64_t c = 0; c < planes.channels; ++c)
        for (std::int64_t p = 0; p < area; ++p)
            to[layout == Layout::Nchw ? c * area + p : p * planes.channels + c] = planes.values[static_cast<std::size_t>(c * area + p)];
}

Planes cropped(const Planes& image, std::int64_t height, std::int64_t width) {
    Planes result{image.channels, height, width, {}};
    result.values.reserve(static_cast<std::size_t>(image.channels * height * width));
    const std::int64_t top = (image.height - height) / 2, left = (image.width - width) / 2;
    for (std::int64_t c = 0; c < image.channels; ++c)
        for (std::int64_t y = 0; y < height; ++y) {
            const auto row = image.values.begin() + (c * image.height + top + y) * image.width + left;
            result.values.insert(result.values.end(), row, row + width);
        }
    return result;
}

void normalize(float* values, std::int64_t count, const Preprocess& steps, std::int64_t channel) {
    const float mean = channelValue(steps.mean, channel, 0), deviation = channelValue(steps.deviation, channel, 1);
    for (std::int64_t i = 0; i < count; ++i) values[i] = (values[i] * steps.scale - mean) / deviation;
}

Result<Planes> spatialSteps(Planes image, const Preprocess& steps) {
    TRIMTAB_REQUIRE(checkChannels(steps, image.channels));
    if (image.height < 1 || image.width < 1) return fail(ErrorCode::Refused, "an image is empty");
    if (steps.resize) image = resized(image, (*steps.resize)[0], (*steps.resize)[1]);
    if (steps.crop) {
        const auto [height, width] = *steps.crop;
        if (height > image.height || width > image.width)
            return fail(ErrorCode::Refused,
                        fmt::format("a crop of {}×{} does not fit an image of {}×{}", height, width, image.height, image.width));
        image = cropped(image, height, width);
    }
    const std::int64_t area = image.height * image.width;
    for (std::int64_t c = 0; c < image.channels; ++c) normalize(image.values.data() + c * area, area, steps, c);
    return image;
}

Shape imageShape(std::int64_t n, const Planes& image, Layout layout) {
    if (layout == Layout::Nchw) return {n, image.channels, image.height, image.width};
    return {n, image.height, image.width, image.channels};
}

Result<Tensor> spatial(const Tensor& samples, const Preprocess& steps) {
    const Shape& shape = samples.shape();
    if (shape.rank() != 3 && shape.rank() != 4)
        return fail(ErrorCode::Refused,
                    fmt::format("resize, crop and layout want images, but a sample set has the shape {}", shape.text()));
    const Layout from = shape.rank() == 3 ? Layout::Nchw : storedLayout(shape, steps);
    const Layout to = steps.layout.value_or(from);
    const bool channelsLast = from == Layout::Nhwc;
    const std::int64_t channels = shape.rank() == 3 ? 1 : shape[channelsLast ? 3 : 1];
    const std::int64_t height = shape.rank() == 3 ? shape[1] : shape[channelsLast ? 1 : 2];
    const std::int64_t width = shape.rank() == 3 ? shape[2] : shape[channelsLast ? 2 : 3];
    const std::int64_t sampleSize = channels * height * width;

    TRIMTAB_TRY(const Tensor floats, tensor::convert(samples, DataType::Float32));
    Tensor result;
    for (std::int64_t i = 0; i < shape[0]; ++i) {
        TRIMTAB_TRY(const Planes image,
                    spatialSteps(toPlanes(floats.data<float>().data() + i * sampleSize, channels, height, width, from), steps));
        if (!result.defined()) { TRIMTAB_TRY(result, Tensor::allocate(DataType::Float32, imageShape(shape[0], image, to))); }
        fromPlanes(image, result.mutableData<float>().data() + i * static_cast<std::int64_t>(image.values.size()), to);
    }
    return result;
}

Result<Tensor> elementwise(const Tensor& samples, const Preprocess& steps) {
    const Shape& shape = samples.shape();
    const bool channelsLast = shape.rank() == 4 && steps.stored == Layout::Nhwc;
    const std::int64_t channels = shape.rank() < 2 ? 1 : shape[channelsLast ? 3 : 1];
    TRIMTAB_REQUIRE(checkChannels(steps, channels));
    TRIMTAB_TRY(Tensor result, Tensor::allocate(DataType::Float32, shape));
    TRIMTAB_TRY(const Tensor floats, tensor::convert(samples, DataType::Float32));
    const auto from = floats.data<float>();
    const auto to = result.mutableData<float>();
    if (from.empty()) return result;
    const std::int64_t inner = channelsLast || shape.rank() < 2 ? 1 : shape.elementCount() / (shape[0] * channels);
    const bool perChannel = steps.mean.size() > 1 || steps.deviation.size() > 1;
    for (std::int64_t i = 0; i < shape.elementCount(); ++i) {
        const std::int64_t channel = perChannel ? i / inner % channels : 0;
        to[static_cast<std::size_t>(i)] = from[static_cast<std::size_t>(i)];
        normalize(&to[static_cast<std::size_t>(i)], 1, steps, channel);
    }
    return result;
}

}  // namespace

Planes resized(const Planes& image, std::int64_t height, std::int64_t width) {
    Planes result{image.channels, height, width, std::vector<float>(static_cast<std::size_t>(image.channels * height * width))};
    struct Tap {
        std::int64_t low, high;
        float weight;
    };
    const auto taps = [](std::int64_t from, std::int64_t to) {
        std::vector<Tap> list;
        for (std::int64_t i = 0; i < to; ++i) {
            const double at = std::clamp((static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5, 0.0,
                                         static_cast<double>(from - 1));
            const auto low = static_cast<std::int64_t>(at);
            list.push_back({low, std::min(low + 1, from - 1), static_cast<float>(at - static_cast<double>(low))});
        }
        return list;
    };
    const auto rows = taps(image.height, height), columns = taps(image.width, width);
    std::size_t at = 0;
    for (std::int64_t c = 0; c < image.channels; ++c)
        for (const Tap& y : rows) {
            const float* top = image.values.data() + (c * image.height + y.low) * image.width;
            const float* bottom = image.values.data() + (c * image.height + y.high) * image.width;
            for (const Tap& x : columns) {
                const float above = top[x.low] + (top[x.high] - top[x.low]) * x.weight;
                const float below = bottom[x.low] + (bottom[x.high] - bottom[x.low]) * x.weight;
                result.values[at++] = above + (below - above) * y.weight;
            }
        }
    return result;
}

Result<Tensor> preprocess(const Tensor& samples, const Preprocess& steps) {
    return steps.isSpatial() ? spatial(samples, steps) : elementwise(samples, steps);
}

Result<Tensor> preprocessImage(const Tensor& pixels, const Preprocess& steps) {
    Preprocess image = steps;
    image.stored = Layout::Nhwc;
    image.layout = steps.layout.value_or(Layout::Nchw);
    const Shape& shape = pixels.shape();
    return spatial(pixels.reshaped({1, shape[0], shape[1], shape[2]}), image);
}

}  // namespace trimtab::dataset
