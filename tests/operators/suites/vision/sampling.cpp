// Operators that read an input at fractional places: GridSample, AffineGrid, Resize, Upsample.
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor integers(const Ints& values) { return Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values); }
Tensor reals(const std::vector<float>& values) { return Tensor::fromFloats(Shape{static_cast<std::int64_t>(values.size())}, values); }

/// Locations mostly inside, some exactly on corners and centres.
Tensor gridOf(Draw& draw, DataType type, const Shape& shape) {
    if (draw.coin(0.2)) return draw.tensor(type, shape, -1, 1);
    return draw.tensor(type, shape, -1.6, 1.6);
}

Case gridSampleOf(Draw& draw, int index, int spatial, const std::string& mode, DataType type) {
    Case made;
    const bool alignCorners = draw.coin();
    Ints x{draw.integer(1, 3), draw.integer(1, 3)}, grid{x[0]};
    for (int d = 0; d < spatial; ++d) {
        x.push_back(index == 1 && !alignCorners ? 1 : draw.integer(2, 6));
        grid.push_back(index == 0 && d == 0 ? 0 : draw.integer(1, 4));
    }
    grid.push_back(spatial);
    made.attributes["mode"] = mode;
    if (draw.coin(0.8)) made.attributes["padding_mode"] = draw.pick<std::string>({"zeros", "border", "reflection"});
    if (alignCorners || draw.coin()) made.attributes["align_corners"] = std::int64_t{alignCorners};
    made.inputs = {draw.tensor(type, Shape(x)), gridOf(draw, type, Shape(grid))};
    return made;
}

Case gridSample16(Draw& draw, int index) {
    return gridSampleOf(draw, index, 2, draw.pick<std::string>({"bilinear", "nearest", "bicubic"}), DataType::Float32);
}

/// ONNX Runtime interpolates cubically over two axes only.
Case gridSample20(Draw& draw, int index) {
    const int spatial = static_cast<int>(draw.integer(2, 3));
    const std::string mode =
        spatial == 2 ? draw.pick<std::string>({"linear", "nearest", "cubic"}) : draw.pick<std::string>({"linear", "nearest"});
    return gridSampleOf(draw, index, spatial, mode, draw.pick({DataType::Float32, DataType::Float32, DataType::Float64}));
}

Case affineGrid(Draw& draw, int index) {
    Case made;
    const bool alignCorners = draw.coin();
    const std::int64_t spatial = draw.integer(2, 3);
    Ints size{draw.integer(1, 3), draw.integer(1, 3)};
    for (std::int64_t d = 0; d < spatial; ++d) size.push_back(index == 0 && !alignCorners ? 1 : draw.integer(2, 5));
    if (alignCorners || draw.coin()) made.attributes["align_corners"] = std::int64_t{alignCorners};
    made.inputs = {draw.tensor(draw.pick({DataType::Float32, DataType::Float64}), Shape{size[0], spatial, spatial + 1}), integers(size)};
    if (draw.coin()) made.initializers = {1};
    return made;
}

/// What ONNX Runtime resizes: any axes by nearest; two (or, linearly and not antialiased, three) trailing ones otherwise.
struct Layout {
    Shape shape;
    int resized = 2;  // trailing axes
};

Layout layoutOf(Draw& draw, const std::string& mode, bool antialias) {
    if (mode == "nearest") {
        const int rank = static_cast<int>(draw.integer(1, 4));
        return {draw.shape(rank, 1, 6), static_cast<int>(draw.integer(1, rank))};
    }
    if (mode == "linear" && !antialias && draw.coin(0.25)) return {draw.shape(5, 1, 4), 3};
    return draw.coin(0.3) ? Layout{draw.shape(2, 2, 7), 2}
                          : Layout{Shape{draw.integer(1, 2), draw.integer(1, 2), draw.integer(2, 7), draw.integer(2, 7)}, 2};
}

/// Scales or sizes of the trailing axes; the others keep theirs, or are not named in `axes`.
void drawTarget(Draw& draw, Case& made, const Layout& layout, bool fractional) {
    const int rank = layout.shape.rank(), kept = rank - layout.resized;
    const bool named = draw.coin(0.6), bySizes = draw.coin(), keepsRatio = fractional && named && bySizes && draw.coin(0.4);
    std::vector<float> scales;
    Ints sizes, axes;
    for (int d = named ? kept : 0; d < rank; ++d) {
        const bool resized = d >= kept;
        axes.push_back(!keepsRatio && draw.coin(0.3) ? d - rank : d);  // ONNX Runtime passes over negative axes there
        scales.push_back(!resized     ? 1.0F
                         : fractional ? draw.pick({0.5F, 0.6F, 0.8F, 1.0F, 1.3F, 2.0F, 2.5F, 3.0F})
                                      : draw.pick({1.0F, 2.0F, 3.0F}));
        if (static_cast<float>(layout.shape[d]) * scales.back() < 1) scales.back() = 1;
        sizes.push_back(resized ? draw.integer(1, 8) : layout.shape[d]);
    }
    if (named) made.attributes["axes"] = axes;
    if (keepsRatio) made.attributes["keep_aspect_ratio_policy"] = draw.pick<std::string>({"not_larger", "not_smaller", "stretch"});
    made.inputs.resize(bySizes ? 4 : 3);
    made.inputs[bySizes ? 3 : 2] = bySizes ? integers(sizes) : reals(scales);
    if (draw.coin()) made.initializers = {bySizes ? std::size_t{3} : std::size_t{2}};
}

Case cropAndResize(Draw& draw) {
    Case made;
    const Shape shape{1, draw.integer(1, 2), draw.integer(3, 6), draw.integer(3, 6)};
    made.attributes["coordinate_transformation_mode"] = std::string("tf_crop_and_resize");
    made.attributes["mode"] = draw.pick<std::string>({"linear", "nearest"});
    made.attributes["extrapolation_value"] = 7.5F;
    std::vector<float> region{0, 0, 0, 0, 1, 1, 1, 1};
    for (std::size_t d = 2; d < 4; ++d) {
        region[d] = static_cast<float>(draw.real(-0.3, 0.5));
        region[d + 4] = static_cast<float>(draw.real(0.55, 1.3));
    }
    Ints sizes{1, shape[1], draw.integer(1, 6), draw.integer(1, 6)};
    for (const std::size_t d : {std::size_t{2}, std::size_t{3}})  // ONNX Runtime does not crop an axis that keeps its extent
        if (sizes[d] == shape[static_cast<int>(d)]) ++sizes[d];
    made.inputs = {draw.floats(shape), reals(region), Tensor(), integers(sizes)};
    return made;
}

Case resizeOf(Draw& draw, int index, int version) {
    if (index % 8 == 7) return cropAndResize(draw);
    Case made;
    const std::string mode = draw.pick<std::string>({"nearest", "linear", "cubic"});
    const bool antialias = mode != "nearest" && draw.coin(0.35);
    std::string how = draw.pick<std::string>({"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"});
    if (version < 19 && how == "half_pixel_symmetric") how = "half_pixel";
    Layout layout = layoutOf(draw, mode, antialias);
    if (index == 0) layout = {Shape{1, 1, 1, 1}, 2};
    made.attributes["mode"] = mode;
    made.attributes["coordinate_transformation_mode"] = how;
    if (antialias) made.attributes["antialias"] = std::int64_t{1};
    if (mode == "nearest")
        made.attributes["nearest_mode"] = draw.pick<std::string>({"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
    if (mode == "cubic" && draw.coin()) made.attributes["cubic_coeff_a"] = -0.5F;
    if (mode == "cubic" && draw.coin()) made.attributes["exclude_outside"] = std::int64_t{1};
    made.inputs.resize(1);
    drawTarget(draw, made, layout, how != "align_corners");
    const DataType type =
        mode == "nearest" ? draw.pick({DataType::Float32, DataType::Int32, DataType::UInt8, DataType::Int8}) : DataType::Float32;
    made.inputs[0] = draw.tensor(type, layout.shape, isInteger(type) ? 0 : -2, isInteger(type) ? 100 : 2);
    return made;
}

Case resize18(Draw& draw, int index) { return resizeOf(draw, index, 18); }
Case resize19(Draw& draw, int index) { return resizeOf(draw, index, 19); }

Case upsample(Draw& draw, int index) {
    Case made;
    const bool linear = draw.coin();
    const Shape shape = linear ? Shape{draw.integer(1, 2), draw.integer(1, 3), draw.integer(1, 5), draw.integer(1, 5)}
                               : draw.shape(4, 1, index == 0 ? 1 : 4);
    std::vector<float> scales{1, 1};
    for (int d = 0; d < 2; ++d) scales.push_back(draw.pick({1.0F, 1.5F, 2.0F, 3.0F}));
    made.attributes["mode"] = std::string(linear ? "linear" : "nearest");
    made.inputs = {draw.floats(shape), reals(scales)};
    made.initializers = {1};
    return made;
}

}  // namespace

std::vector<Suite> visionSamplingSuites() {
    return {
        {.op = "GridSample", .version = 16, .draw = gridSample16, .cases = 40},
        {.op = "GridSample", .version = 20, .draw = gridSample20, .cases = 60},
        {.op = "AffineGrid", .version = 20, .draw = affineGrid},
        {.op = "Resize", .version = 18, .draw = resize18, .cases = 120},
        {.op = "Resize", .version = 19, .draw = resize19, .cases = 120},
        {.op = "Upsample", .version = 9, .draw = upsample},
    };
}

}  // namespace trimtab::operators
