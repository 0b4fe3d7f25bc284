// Operators over sliding windows: pools, convolutions, MaxUnpool, Col2Im, DeformConv.
#include <algorithm>
#include <cmath>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;
constexpr char kNoKernel[] = "a statement: ONNX Runtime has no kernel of opset 22";

/// The geometry of a window over an input that it fits into.
struct Geometry {
    Ints in, kernel, strides, dilations, pads;

    std::size_t rank() const { return in.size(); }
    std::int64_t reach(std::size_t d) const { return (kernel[d] - 1) * dilations[d] + 1; }
    std::int64_t out(std::size_t d) const { return (in[d] + pads[d] + pads[d + rank()] - reach(d)) / strides[d] + 1; }
    Ints outs() const {
        Ints result;
        for (std::size_t d = 0; d < rank(); ++d) result.push_back(out(d));
        return result;
    }
    void write(Case& made, Draw& draw) const {
        const auto given = [&](const Ints& values, std::int64_t usual) {
            return std::any_of(values.begin(), values.end(), [usual](std::int64_t v) { return v != usual; }) || draw.coin(0.3);
        };
        if (given(strides, 1)) made.attributes["strides"] = strides;
        if (given(dilations, 1)) made.attributes["dilations"] = dilations;
        if (given(pads, 0)) made.attributes["pads"] = pads;
    }
};

/// Pads stay below the kernel, as ONNX Runtime wants them.
Geometry geometry(Draw& draw, int index, int rank, bool dilated) {
    Geometry g;
    Ints ends;
    for (int d = 0; d < rank; ++d) {
        g.kernel.push_back(index == 1 ? 1 : draw.integer(1, 3));
        g.strides.push_back(draw.integer(1, 3));
        g.dilations.push_back(dilated && draw.coin(0.4) ? draw.integer(1, 3) : 1);
        const auto axis = static_cast<std::size_t>(d);
        g.pads.push_back(draw.coin() ? 0 : draw.integer(0, g.kernel.back() - 1));
        ends.push_back(draw.coin() ? 0 : draw.integer(0, g.kernel.back() - 1));
        g.in.push_back(g.reach(axis) + (index == 1 ? 0 : draw.integer(0, 5)));
    }
    g.pads.insert(g.pads.end(), ends.begin(), ends.end());
    return g;
}

Shape shapeOf(std::int64_t batch, std::int64_t channels, const Ints& spatial) {
    Ints dims{batch, channels};
    dims.insert(dims.end(), spatial.begin(), spatial.end());
    return Shape(dims);
}

/// auto_pad in place of pads, now and then; ONNX Runtime pads no dilated window so.
void padAutomatically(Draw& draw, Case& made) {
    if (!draw.coin(0.25)) return;
    const std::string how = draw.pick<std::string>({"SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"});
    made.attributes.erase("pads");
    if (how.starts_with("SAME")) made.attributes.erase("dilations");
    made.attributes["auto_pad"] = how;
}

Case poolOf(Draw& draw, int index, bool dilated, DataType type) {
    Case made;
    const Geometry g = geometry(draw, index, static_cast<int>(draw.integer(1, 3)), dilated);
    made.attributes["kernel_shape"] = g.kernel;
    g.write(made, draw);
    padAutomatically(draw, made);
    if (!made.attributes.contains("auto_pad") && draw.coin()) made.attributes["ceil_mode"] = std::int64_t{1};
    made.inputs = {draw.tensor(type, shapeOf(index == 0 ? 0 : draw.integer(1, 2), draw.integer(1, 3), g.in), -50, 50)};
    return made;
}

Case averagePool(Draw& draw, int index) {
    Case made = poolOf(draw, index, true, DataType::Float32);
    if (draw.coin()) made.attributes["count_include_pad"] = std::int64_t{1};
    return made;
}

Case maxPool(Draw& draw, int index) {
    Case made =
        poolOf(draw, index, true, draw.pick({DataType::Float32, DataType::Float32, DataType::Float64, DataType::Int8, DataType::UInt8}));
    if (isFloatingPoint(made.inputs[0].type()) && draw.coin()) {
        made.outputs = {true, true};
        if (draw.coin()) made.attributes["storage_order"] = std::int64_t{1};
    }
    return made;
}

Case lpPool(Draw& draw, int index) {
    Case made = poolOf(draw, index, true, DataType::Float32);
    if (draw.coin(0.7)) made.attributes["p"] = draw.integer(1, 3);
    return made;
}

Case globalLpPool(Draw& draw, int) {
    Case made{.inputs = {draw.floats(draw.shape(static_cast<int>(draw.integer(3, 5))))}};
    if (draw.coin(0.7)) made.attributes["p"] = draw.integer(1, 3);
    return made;
}

/// (Σ |x|^p)^(1/p) over every plane, p = 2 unless given.
Tensors globalNorms(const Case& drawn) {
    const Tensor& x = drawn.inputs[0];
    const auto p = drawn.attributes.contains("p") ? static_cast<double>(std::get<std::int64_t>(drawn.attributes.at("p"))) : 2.0;
    const std::int64_t planes = x.shape()[0] * x.shape()[1], count = x.elementCount() / planes;
    std::vector<double> norms;
    for (std::int64_t i = 0; i < planes; ++i) {
        double sum = 0;
        for (std::int64_t k = 0; k < count; ++k) sum += std::pow(std::fabs(tensor::elementAsDouble(x, i * count + k)), p);
        norms.push_back(std::pow(sum, 1 / p));
    }
    Ints dims(static_cast<std::size_t>(x.shape().rank()), 1);
    dims[0] = x.shape()[0], dims[1] = x.shape()[1];
    return {*tensor::convert(Tensor::fromValues(DataType::Float64, Shape(dims), norms), x.type())};
}

Case globalLpPool22(Draw& draw, int index) {
    Case made = globalLpPool(draw, index);
    made.inputs[0] =
        draw.tensor(draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::BFloat16}), made.inputs[0].shape());
    return made;
}

Case conv(Draw& draw, int index) {
    Case made;
    const Geometry g = geometry(draw, index, static_cast<int>(draw.integer(1, 3)), true);
    const std::int64_t group = draw.integer(1, 3), channels = group * draw.integer(1, 2), outputs = group * draw.integer(1, 2);
    if (group > 1 || draw.coin()) made.attributes["group"] = group;
    if (draw.coin()) made.attributes["kernel_shape"] = g.kernel;
    g.write(made, draw);
    padAutomatically(draw, made);
    made.inputs = {draw.floats(shapeOf(index == 0 ? 0 : draw.integer(1, 2), channels, g.in)),
                   draw.floats(shapeOf(outputs, channels / group, g.kernel))};
    if (draw.coin()) made.inputs.push_back(draw.floats(Shape{outputs}));
    return made;
}

Case convTranspose(Draw& draw, int index) {
    Case made;
    Geometry g = geometry(draw, index, static_cast<int>(draw.integer(1, 3)), true);
    for (std::int64_t& extent : g.in) extent = index == 1 ? 1 : draw.integer(2, 5);
    const std::int64_t group = draw.integer(1, 3), channels = group * draw.integer(1, 2), outputs = draw.integer(1, 2);
    if (group > 1) made.attributes["group"] = group;
    const bool same = draw.coin(0.2);  // ONNX Runtime gives less than in · stride where the window is shorter than its stride
    for (std::size_t d = 0; d < g.rank() && same; ++d) g.strides[d] = std::min(g.strides[d], g.reach(d));
    g.write(made, draw);
    Ints extra, wanted;
    for (std::size_t d = 0; d < g.rank(); ++d) {
        extra.push_back(draw.integer(0, g.strides[d] - 1));
        wanted.push_back(std::max<std::int64_t>(g.strides[d] * (g.in[d] - 1) + g.reach(d) + extra[d] - draw.integer(0, 2), 1));
    }
    if (draw.coin()) made.attributes["output_padding"] = extra;
    else
        for (std::size_t d = 0; d < g.rank(); ++d) wanted[d] = std::max<std::int64_t>(wanted[d] - extra[d], 1);
    if (same) {
        made.attributes.erase("pads");
        made.attributes["auto_pad"] = draw.pick<std::string>({"SAME_UPPER", "SAME_LOWER"});
    }
    if (draw.coin(0.3)) {
        made.attributes.erase("pads");
        made.attributes["output_shape"] = wanted;
    }
    made.inputs = {draw.floats(shapeOf(draw.integer(1, 2), channels, g.in)), draw.floats(shapeOf(channels, outputs, g.kernel))};
    if (draw.coin()) made.inputs.push_back(draw.floats(Shape{outputs * group}));
    return made;
}

/// Every value's index lies in its window, as MaxPool's do; the output is sometimes larger than the windows imply.
Case maxUnpool(Draw& draw, int index) {
    Case made;
    const int rank = static_cast<int>(draw.integer(1, 3));
    const bool isGiven = draw.coin();
    Ints x{index == 0 ? 0 : draw.integer(1, 2), draw.integer(1, 3)}, out = x, kernel, strides;
    for (int d = 0; d < rank; ++d) {
        kernel.push_back(draw.integer(1, 3));
        strides.push_back(kernel.back());
        x.push_back(index == 1 ? 1 : draw.integer(1, 3));
        out.push_back((x.back() - 1) * strides.back() + kernel.back() + (isGiven ? draw.integer(0, 2) : 0));
    }
    const Shape shape(x);
    Ints indices, at(x.size(), 0);
    for (std::int64_t i = 0; i < shape.elementCount(); ++i) {
        std::int64_t place = 0;
        for (std::size_t d = 0; d < x.size(); ++d)
            place = place * out[d] + (d < 2 ? at[d] : at[d] * strides[d - 2] + draw.integer(0, kernel[d - 2] - 1));
        indices.push_back(place);
        for (std::size_t d = x.size(); d-- > 0 && ++at[d] == x[d];) at[d] = 0;
    }
    made.attributes["kernel_shape"] = kernel;
    made.attributes["strides"] = strides;
    made.inputs = {draw.floats(shape), Tensor::fromInt64s(shape, indices)};
    if (isGiven) made.inputs.push_back(Tensor::fromInt64s(Shape{static_cast<std::int64_t>(out.size())}, out));
    return made;
}

Case col2im(Draw& draw, int index) {
    Case made;
    const int rank = static_cast<int>(draw.integer(1, 3));
    const Geometry g = geometry(draw, index, rank, rank == 2);  // ONNX Runtime lays dilated blocks wrongly but over two axes
    std::int64_t rows = draw.integer(1, 3), positions = 1;
    for (std::size_t d = 0; d < g.rank(); ++d) rows *= g.kernel[d], positions *= g.out(d);
    g.write(made, draw);
    const Shape axes{rank};
    made.inputs = {draw.floats(Shape{index == 0 ? 1 : draw.integer(1, 3), rows, positions}), Tensor::fromInt64s(axes, g.in),
                   Tensor::fromInt64s(axes, g.kernel)};
    if (draw.coin()) made.initializers = {1, 2};
    return made;
}

Case deformConv(Draw& draw, int index) {
    Case made;
    const DataType type = draw.pick({DataType::Float32, DataType::Float32, DataType::Float64});
    const Geometry g = geometry(draw, index, 2, true);
    const std::int64_t group = draw.integer(1, 2), offsetGroup = draw.integer(1, 2), channels = group * offsetGroup * draw.integer(1, 2);
    const std::int64_t outputs = group * draw.integer(1, 3), batch = draw.integer(1, 2), taps = g.kernel[0] * g.kernel[1] * offsetGroup;
    if (group > 1) made.attributes["group"] = group;
    if (offsetGroup > 1) made.attributes["offset_group"] = offsetGroup;
    if (draw.coin()) made.attributes["kernel_shape"] = g.kernel;
    g.write(made, draw);
    made.inputs = {draw.tensor(type, shapeOf(batch, channels, g.in)), draw.tensor(type, shapeOf(outputs, channels / group, g.kernel)),
                   draw.tensor(type, shapeOf(batch, 2 * taps, g.outs()), -1.5, 1.5)};
    const bool biased = draw.coin(), masked = draw.coin();
    if (biased || masked) made.inputs.push_back(biased ? draw.tensor(type, Shape{outputs}) : Tensor());
    if (masked) made.inputs.push_back(draw.tensor(type, shapeOf(batch, taps, g.outs()), 0, 1));
    return made;
}

}  // namespace

std::vector<Suite> visionWindowSuites() {
    return {
        {.op = "AveragePool", .version = 19, .draw = averagePool, .cases = 60},
        {.op = "AveragePool", .version = 22, .draw = averagePool, .cases = 60},
        {.op = "MaxPool", .version = 12, .draw = maxPool, .cases = 60},
        {.op = "MaxPool", .version = 22, .draw = maxPool, .cases = 60},
        {.op = "LpPool", .version = 18, .draw = lpPool, .cases = 60},
        {.op = "LpPool", .version = 22, .draw = lpPool, .cases = 60},
        {.op = "GlobalLpPool", .version = 2, .draw = globalLpPool},
        {.op = "GlobalLpPool", .version = 22, .draw = globalLpPool22, .statement = globalNorms, .why = kNoKernel},
        {.op = "Conv", .version = 11, .draw = conv, .cases = 60},
        {.op = "Conv", .version = 22, .draw = conv, .cases = 60},
        {.op = "ConvTranspose", .version = 11, .draw = convTranspose, .cases = 60},
        {.op = "ConvTranspose", .version = 22, .draw = convTranspose, .cases = 60},
        {.op = "MaxUnpool", .version = 9, .draw = maxUnpool, .cases = 40},
        {.op = "MaxUnpool", .version = 11, .draw = maxUnpool, .cases = 40},
        {.op = "MaxUnpool", .version = 22, .draw = maxUnpool, .cases = 40},
        {.op = "Col2Im", .version = 18, .draw = col2im, .cases = 40},
        {.op = "DeformConv", .version = 19, .draw = deformConv, .cases = 40},
        {.op = "DeformConv", .version = 22, .draw = deformConv, .cases = 40},
    };
}

}  // namespace trimtab::operators
