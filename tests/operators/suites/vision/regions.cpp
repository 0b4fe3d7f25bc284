// Operators on regions and boxes: RoiAlign, MaxRoiPool, NonMaxSuppression, CenterCropPad.
#include <algorithm>
#include <cmath>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;
constexpr char kNoKernel[] = "a statement: ONNX Runtime has no kernel of opset 22";

/// Corners (x1, y1, x2, y2) about a plane of width × height; some reach outside, some are points.
std::vector<double> region(Draw& draw, double width, double height) {
    const double x = draw.real(-2, width), y = draw.real(-2, height);
    if (draw.coin(0.1)) return {x, y, x, y};
    return {x, y, x + draw.real(0.2, width + 2), y + draw.real(0.2, height + 2)};
}

Tensor tensorOf(DataType type, const Shape& shape, const std::vector<double>& values) {
    if (type == DataType::Float64) return Tensor::fromValues(type, shape, values);
    return Tensor::fromFloats(shape, std::vector<float>(values.begin(), values.end()));
}

Case roiAlignOf(Draw& draw, int index, bool hasCoordinates) {
    Case made;
    const DataType type = draw.pick({DataType::Float32, DataType::Float32, DataType::Float64});
    const std::int64_t batch = draw.integer(1, 3), count = index == 0 ? 0 : draw.integer(1, 4);
    const Shape shape{batch, draw.integer(1, 3), index == 1 ? 1 : draw.integer(2, 8), index == 1 ? 1 : draw.integer(2, 8)};
    const float scale = draw.pick({1.0F, 0.5F, 0.25F, 2.0F});
    std::vector<double> corners;
    Ints batches;
    for (std::int64_t r = 0; r < count; ++r) {
        for (const double corner : region(draw, static_cast<double>(shape[3]), static_cast<double>(shape[2])))
            corners.push_back(corner / static_cast<double>(scale));
        batches.push_back(draw.integer(0, batch - 1));
    }
    made.attributes["output_height"] = draw.integer(1, 4);
    made.attributes["output_width"] = draw.integer(1, 4);
    if (draw.coin(0.7)) made.attributes["sampling_ratio"] = draw.integer(0, 3);
    if (draw.coin(0.7)) made.attributes["mode"] = draw.pick<std::string>({"avg", "max"});
    made.attributes["spatial_scale"] = scale;
    if (hasCoordinates && draw.coin(0.7))
        made.attributes["coordinate_transformation_mode"] = draw.pick<std::string>({"half_pixel", "output_half_pixel"});
    made.inputs = {draw.tensor(type, shape), tensorOf(type, Shape{count, 4}, corners), Tensor::fromInt64s(Shape{count}, batches)};
    return made;
}

Case roiAlign10(Draw& draw, int index) { return roiAlignOf(draw, index, false); }
Case roiAlign16(Draw& draw, int index) { return roiAlignOf(draw, index, true); }

Case maxRoiPool(Draw& draw, int index) {
    Case made;
    const std::int64_t batch = draw.integer(1, 3), count = index == 0 ? 0 : draw.integer(1, 4);
    const Shape shape{batch, draw.integer(1, 3), index == 1 ? 1 : draw.integer(1, 8), index == 1 ? 1 : draw.integer(1, 8)};
    const float scale = draw.pick({1.0F, 0.5F, 0.25F});
    std::vector<double> rows;
    for (std::int64_t r = 0; r < count; ++r) {
        rows.push_back(static_cast<double>(draw.integer(0, batch - 1)));
        for (const double corner : region(draw, static_cast<double>(shape[3]), static_cast<double>(shape[2])))
            rows.push_back(corner / static_cast<double>(scale));
    }
    made.attributes["pooled_shape"] = Ints{draw.integer(1, 4), draw.integer(1, 4)};
    made.attributes["spatial_scale"] = scale;
    made.inputs = {draw.floats(shape), tensorOf(DataType::Float32, Shape{count, 5}, rows)};
    return made;
}

/// Few different scores, so that equal ones are common; boxes that overlap much.
Case nonMaxSuppression(Draw& draw, int index) {
    Case made;
    const std::int64_t batch = draw.integer(1, 2), classes = draw.integer(1, 3), count = index == 0 ? 0 : draw.integer(1, 12);
    const bool aboutCentre = draw.coin();
    std::vector<float> boxes;
    for (std::int64_t i = 0; i < batch * count; ++i) {
        const auto first = static_cast<float>(draw.real(0, 2)), second = static_cast<float>(draw.real(0, 2));
        const auto width = static_cast<float>(draw.real(0.5, 1.5)), height = static_cast<float>(draw.real(0.5, 1.5));
        if (aboutCentre) boxes.insert(boxes.end(), {first, second, width, height});
        else if (draw.coin(0.3)) boxes.insert(boxes.end(), {first + height, second + width, first, second});  // the other diagonal's ends
        else boxes.insert(boxes.end(), {first, second, first + height, second + width});
        if (i > 0 && draw.coin(0.15)) std::copy(boxes.end() - 8, boxes.end() - 4, boxes.end() - 4);
    }
    Tensor scores = draw.floats(Shape{batch, classes, count}, 0, 1);
    if (draw.coin()) {
        std::vector<float> few;
        for (std::int64_t i = 0; i < batch * classes * count; ++i) few.push_back(draw.pick({0.2F, 0.5F, 0.9F}));
        scores = Tensor::fromFloats(Shape{batch, classes, count}, few);
    }
    if (aboutCentre || draw.coin()) made.attributes["center_point_box"] = std::int64_t{aboutCentre};
    made.inputs = {Tensor::fromFloats(Shape{batch, count, 4}, boxes), scores};
    const Shape scalar = draw.coin() ? Shape{} : Shape{1};
    if (draw.coin(0.9)) made.inputs.push_back(Tensor::fromInt64s(scalar, {draw.integer(0, 6)}));
    else return made;
    if (draw.coin(0.2)) return made;
    made.inputs.push_back(draw.coin(0.2) ? Tensor() : Tensor::fromFloats(scalar, {draw.pick({0.0F, 0.3F, 0.5F, 1.0F})}));
    if (!made.inputs.back().defined() || draw.coin()) made.inputs.push_back(Tensor::fromFloats(scalar, {draw.pick({0.0F, 0.4F, 0.5F})}));
    return made;
}

Case centerCropPad(Draw& draw, int index) {
    Case made;
    const int rank = static_cast<int>(draw.integer(1, 4));
    const Shape shape = draw.shape(rank, 1, 6);
    Ints axes, wanted;
    const bool named = draw.coin(0.6);
    for (int d = 0; d < rank; ++d) {
        if (named && draw.coin(0.3)) continue;
        axes.push_back(draw.coin(0.4) ? d - rank : d);
        wanted.push_back(index == 0 && d == 0 ? 1 : draw.integer(1, 8));
    }
    if (named && axes.empty()) axes = {0}, wanted = {3};
    if (named) made.attributes["axes"] = axes;
    const DataType type = draw.pick(
        {DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64, DataType::UInt8, DataType::Int8, DataType::Bool});
    made.inputs = {draw.tensor(type, shape, 1, 100), Tensor::fromInt64s(Shape{static_cast<std::int64_t>(wanted.size())}, wanted)};
    if (draw.coin()) made.initializers = {1};
    return made;
}

template <class T>
T attribute(const Case& drawn, const char* key, T fallback) {
    return drawn.attributes.contains(key) ? std::get<T>(drawn.attributes.at(key)) : fallback;
}

/// X at (y, x), linear in both; 0 beyond one element outside. `corners`: the four weighted values.
double bilinear(const Tensor& x, std::int64_t plane, double row, double column, double* corners) {
    const std::int64_t height = x.shape()[2], width = x.shape()[3];
    std::fill(corners, corners + 4, 0.0);
    if (row < -1 || row > static_cast<double>(height) || column < -1 || column > static_cast<double>(width)) return 0;
    row = std::clamp(row, 0.0, static_cast<double>(height - 1));
    column = std::clamp(column, 0.0, static_cast<double>(width - 1));
    double sum = 0;
    for (int corner = 0; corner < 4; ++corner) {
        const double down = std::floor(row), left = std::floor(column);
        const auto i = std::min(static_cast<std::int64_t>(down) + corner / 2, height - 1);
        const auto j = std::min(static_cast<std::int64_t>(left) + corner % 2, width - 1);
        const double weight = (corner / 2 ? row - down : 1 - row + down) * (corner % 2 ? column - left : 1 - column + left);
        corners[corner] = weight * tensor::elementAsDouble(x, (plane * height + i) * width + j);
        sum += corners[corner];
    }
    return sum;
}

/// The bin (bi, bj) of region r in channel c.
double alignedBin(const Case& drawn, std::int64_t r, std::int64_t c, std::int64_t bi, std::int64_t bj) {
    const Tensor& x = drawn.inputs[0];
    const bool half = attribute<std::string>(drawn, "coordinate_transformation_mode", "half_pixel") == "half_pixel";
    const bool isMax = attribute<std::string>(drawn, "mode", "avg") == "max";
    const auto scale = static_cast<double>(attribute<float>(drawn, "spatial_scale", 1));
    double ends[4];
    for (int k = 0; k < 4; ++k) ends[k] = tensor::elementAsDouble(drawn.inputs[1], r * 4 + k) * scale - (half ? 0.5 : 0);
    double height = ends[3] - ends[1], width = ends[2] - ends[0];
    if (!half) height = std::max(height, 1.0), width = std::max(width, 1.0);
    height /= static_cast<double>(attribute<std::int64_t>(drawn, "output_height", 1));
    width /= static_cast<double>(attribute<std::int64_t>(drawn, "output_width", 1));
    const std::int64_t ratio = attribute<std::int64_t>(drawn, "sampling_ratio", 0);
    const double rows = ratio > 0 ? static_cast<double>(ratio) : std::ceil(height),
                 columns = ratio > 0 ? static_cast<double>(ratio) : std::ceil(width);
    const std::int64_t plane = tensor::elementAsInt64(drawn.inputs[2], r) * x.shape()[1] + c;
    double sum = 0, best = -HUGE_VAL, corners[4];
    for (double i = 0; i < rows; ++i)
        for (double j = 0; j < columns; ++j) {
            sum += bilinear(x, plane, ends[1] + height * (static_cast<double>(bi) + (i + 0.5) / rows),
                            ends[0] + width * (static_cast<double>(bj) + (j + 0.5) / columns), corners);
            best = std::max({best, corners[0], corners[1], corners[2], corners[3]});
        }
    if (isMax) return rows * columns > 0 ? best : 0;
    return sum / std::max(rows * columns, 1.0);
}

Tensors alignedRegions(const Case& drawn) {
    const Shape shape{drawn.inputs[1].shape()[0], drawn.inputs[0].shape()[1], attribute<std::int64_t>(drawn, "output_height", 1),
                      attribute<std::int64_t>(drawn, "output_width", 1)};
    std::vector<double> bins;
    for (std::int64_t r = 0; r < shape[0]; ++r)
        for (std::int64_t c = 0; c < shape[1]; ++c)
            for (std::int64_t i = 0; i < shape[2] * shape[3]; ++i) bins.push_back(alignedBin(drawn, r, c, i / shape[3], i % shape[3]));
    return {*tensor::convert(Tensor::fromValues(DataType::Float64, shape, bins), drawn.inputs[0].type())};
}

/// Every element of the plane is asked in which bins it lies; regions include both rounded ends.
Tensors pooledRegions(const Case& drawn) {
    const Tensor& x = drawn.inputs[0];
    const Ints pooled = std::get<Ints>(drawn.attributes.at("pooled_shape"));
    const auto scale = static_cast<double>(attribute<float>(drawn, "spatial_scale", 1));
    const std::int64_t regions = drawn.inputs[1].shape()[0], channels = x.shape()[1];
    std::vector<double> bins;
    for (std::int64_t r = 0; r < regions; ++r)
        for (std::int64_t c = 0; c < channels; ++c)
            for (std::int64_t bin = 0; bin < pooled[0] * pooled[1]; ++bin) {
                const auto value = [&](int k) { return tensor::elementAsDouble(drawn.inputs[1], r * 5 + k); };
                const auto end = [&](int k) { return std::round(value(k) * scale); };
                const auto holds = [](double place, double first, double last, double at, double count) {
                    const double size = std::max(last - first + 1, 1.0) / count;
                    return place >= first + std::floor(at * size) && place < first + std::ceil((at + 1) * size);
                };
                double best = 0;
                bool any = false;
                for (std::int64_t i = 0; i < x.shape()[2] * x.shape()[3]; ++i) {
                    const auto row = static_cast<double>(i / x.shape()[3]), column = static_cast<double>(i % x.shape()[3]);
                    if (!holds(row, end(2), end(4), static_cast<double>(bin / pooled[1]), static_cast<double>(pooled[0]))) continue;
                    if (!holds(column, end(1), end(3), static_cast<double>(bin % pooled[1]), static_cast<double>(pooled[1]))) continue;
                    const std::int64_t plane = static_cast<std::int64_t>(value(0)) * channels + c;
                    const double here = tensor::elementAsDouble(x, plane * x.shape()[2] * x.shape()[3] + i);
                    best = any ? std::max(best, here) : here;
                    any = true;
                }
                bins.push_back(best);
            }
    const Shape shape{regions, channels, pooled[0], pooled[1]};
    return {*tensor::convert(Tensor::fromValues(DataType::Float64, shape, bins), x.type())};
}

/// X and its regions narrowed to a type that opset 22 takes and ONNX Runtime does not.
Case narrowed(Draw& draw, Case made) {
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::BFloat16});
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) made.inputs[i] = *tensor::convert(made.inputs[i], type);
    return made;
}

Case roiAlign22(Draw& draw, int index) { return narrowed(draw, roiAlign16(draw, index)); }
Case maxRoiPool22(Draw& draw, int index) { return narrowed(draw, maxRoiPool(draw, index)); }

}  // namespace

std::vector<Suite> visionRegionSuites() {
    return {
        {.op = "RoiAlign", .version = 10, .draw = roiAlign10, .cases = 40},
        {.op = "RoiAlign", .version = 16, .draw = roiAlign16, .cases = 60},
        {.op = "RoiAlign", .version = 22, .draw = roiAlign22, .cases = 40, .statement = alignedRegions, .why = kNoKernel},
        {.op = "MaxRoiPool", .version = 1, .draw = maxRoiPool, .cases = 40},
        {.op = "MaxRoiPool", .version = 22, .draw = maxRoiPool22, .cases = 40, .statement = pooledRegions, .why = kNoKernel},
        {.op = "NonMaxSuppression", .version = 10, .draw = nonMaxSuppression, .cases = 60},
        {.op = "NonMaxSuppression", .version = 11, .draw = nonMaxSuppression, .cases = 60},
        {.op = "CenterCropPad", .version = 18, .draw = centerCropPad, .cases = 40},
    };
}

}  // namespace trimtab::operators
