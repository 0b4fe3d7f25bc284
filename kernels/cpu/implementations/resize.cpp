// Nearest resizing of images: every place of the result copies one place of the input. Which one, the reference tells once, when the plan
// is made: it resizes an image whose values are its own places.
#include <algorithm>
#include <numeric>

#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/parallel.h"
#include "kernels/ref/reference.h"

namespace trimtab::cpu {
namespace {

constexpr std::int64_t kMostPlaces = std::int64_t{1} << 24;  // that float32 counts exactly
constexpr std::size_t kScales = 2, kSizes = 3;

/// The place in the input of every place of the result, both over [height, width].
Result<std::vector<std::int32_t>> sourcePlaces(const NodeView& view) {
    const Shape from = view.shape(0), to = view.outputShape();
    std::vector<float> places(static_cast<std::size_t>(from[2] * from[3]));
    std::iota(places.begin(), places.end(), 0.0F);
    std::vector<ref::RunValue> inputs{Tensor::fromFloats(Shape{1, 1, from[2], from[3]}, places)};
    for (std::size_t i = 1; i < view.node.inputs.size(); ++i) inputs.emplace_back(view.constant(i) ? *view.constant(i) : Tensor());
    if (view.constant(kSizes)) inputs[kSizes] = Tensor::fromInt64s(Shape{4}, {1, 1, to[2], to[3]});
    TRIMTAB_TRY(const auto resized, ref::evaluate(view.node, inputs));
    std::vector<std::int32_t> result;
    for (const float place : tensor::toFloats(std::get<Tensor>(resized.at(0)))) result.push_back(static_cast<std::int32_t>(place));
    if (static_cast<std::int64_t>(result.size()) != to[2] * to[3])
        return fail(ErrorCode::Unsupported, "it resizes more than height and width");
    return result;
}

}  // namespace

runtime::Support judgeResize(const NodeView& view) {
    if (view.type(0) != DataType::Float32 || view.node.version < 11) return notMeant();
    if (view.rank(0) >= 0 && view.rank(0) != 4) return notMeant();
    const bool isCrop = view.node.string("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize";
    if (view.node.string("mode", "nearest") != "nearest" || isCrop) return refused("no kernel interpolates");
    if (view.node.has("axes") || view.node.string("keep_aspect_ratio_policy", "stretch") != "stretch") return notMeant();
    if (!view.constant(view.has(kSizes) ? kSizes : kScales)) return refused("its size is not constant");
    return native();
}

Status placeResize(Builder& builder, const NodeView& view) {
    const Shape from = view.shape(0), to = view.outputShape();
    if (from[0] != to[0] || from[1] != to[1] || from.elementCount() == 0 || to.elementCount() == 0 || from[2] * from[3] > kMostPlaces)
        return fail(ErrorCode::Unsupported, "it resizes more than height and width");
    TRIMTAB_TRY(std::vector<std::int32_t> places, sourcePlaces(view));
    const bool channelsLast = builder.formOf(view.node.input(0)).layout == Layout::ChannelsLast;
    const Form form{DataType::Float32, channelsLast ? Layout::ChannelsLast : Layout::Plain};
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), form));
    const SlotId y = builder.write(view.node.output(0), form);
    const std::int64_t images = channelsLast ? from[0] : from[0] * from[1], width = channelsLast ? from[1] : 1;
    const std::int64_t before = from[2] * from[3], after = to[2] * to[3];
    builder.record().kernel = "nearest copy";
    builder.step(
        [=, places = std::move(places)](Frame& frame) {
            const float* source = frame.at<float>(x);
            float* target = frame.at<float>(y);
            parallelRows(images * to[2], to[3] * width, [&](std::int64_t row) {
                const float* image = source + row / to[2] * before * width;
                const std::int64_t first = row % to[2] * to[3];
                float* line = target + (row / to[2] * after + first) * width;
                for (std::int64_t column = 0; column < to[3]; ++column)
                    std::copy_n(image + places[static_cast<std::size_t>(first + column)] * width, width, line + column * width);
            });
            return Status{};
        },
        {x}, {y});
    return {};
}

}  // namespace trimtab::cpu
