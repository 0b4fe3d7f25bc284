// Products and convolutions of 8-bit codes of the standard domain, and DynamicQuantizeLinear.
#include <algorithm>
#include <cmath>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"
#include "tests/operators/suites/quantized_draws.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;

struct Geometry {
    Shape x, w;
    std::int64_t outputs = 0;
    std::map<std::string, graph::Attribute> attributes;
};

Ints several(Draw& draw, std::size_t count, std::int64_t low, std::int64_t high) {
    Ints values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(draw.integer(low, high));
    return values;
}

/// A convolution over one to three spatial axes with every attribute drawn.
Geometry geometry(Draw& draw, int index, bool automatic) {
    Geometry made;
    const auto spatial = static_cast<std::size_t>(draw.integer(1, 3));
    const std::int64_t group = draw.integer(1, 3), channels = draw.integer(1, 3);
    made.outputs = group * draw.integer(1, 3);
    const Ints kernel = several(draw, spatial, 1, 3);
    Ints x{index == 0 ? 0 : draw.integer(1, 2), group * channels}, w{made.outputs, channels};
    for (const std::int64_t k : kernel) {
        x.push_back(draw.integer(2 * k + 1, 8));
        w.push_back(k);
    }
    made.x = Shape(std::move(x));
    made.w = Shape(std::move(w));
    made.attributes["group"] = group;
    made.attributes["strides"] = several(draw, spatial, 1, 3);
    made.attributes["dilations"] = several(draw, spatial, 1, 2);
    const auto padding = automatic && draw.coin(0.5) ? draw.pick<std::string>({"SAME_UPPER", "SAME_LOWER", "VALID"}) : "";
    if (padding.empty()) made.attributes["pads"] = several(draw, 2 * spatial, 0, 2);
    else made.attributes["auto_pad"] = padding;
    // ONNX Runtime dilates no window that SAME pads.
    if (padding.starts_with("SAME")) made.attributes["dilations"] = Ints(spatial, 1);
    if (draw.coin()) made.attributes["kernel_shape"] = kernel;
    return made;
}

std::set<std::size_t> sometimes(Draw& draw, std::set<std::size_t> inputs) { return draw.coin() ? inputs : std::set<std::size_t>(); }

/// ONNX Runtime takes one zero point for the whole weight.
Case convInteger(Draw& draw, int index) {
    const Geometry g = geometry(draw, index, true);
    const DataType input = byteCode(draw), weight = input == DataType::Int8 ? DataType::Int8 : byteCode(draw);
    Case made{.attributes = g.attributes, .inputs = {codes(draw, input, g.x), factors(draw, weight, g.w)}};
    made.initializers = sometimes(draw, {1});
    if (draw.coin(0.7)) made.inputs.push_back(zeros(draw, input, Shape{}));
    if (draw.coin(0.5)) {
        made.inputs.resize(4);
        made.inputs[3] = zeros(draw, weight, Shape{});
    }
    return made;
}

Case convIntegerPerChannel(Draw& draw, int index) {
    const Geometry g = geometry(draw, index, false);
    const DataType input = byteCode(draw), weight = byteCode(draw);
    return {.attributes = g.attributes,
            .inputs = {codes(draw, input, g.x), factors(draw, weight, g.w), draw.coin() ? zeros(draw, input, Shape{}) : Tensor(),
                       zeros(draw, weight, Shape{g.outputs})}};
}

std::int64_t zeroAt(const Case& drawn, std::size_t input, std::int64_t index) {
    if (input >= drawn.inputs.size() || !drawn.inputs[input].defined()) return 0;
    const Tensor& zero = drawn.inputs[input];
    return tensor::elementAsInt64(zero, zero.elementCount() == 1 ? 0 : index);
}

const Ints& list(const Case& drawn, const std::string& key) { return std::get<Ints>(drawn.attributes.at(key)); }

/// The place of flat index `i` on each axis of `dims`.
Ints placeOf(std::int64_t i, const Ints& dims) {
    Ints place(dims.size());
    for (std::size_t d = dims.size(); d-- > 0; i /= dims[d]) place[d] = i % dims[d];
    return place;
}

struct Sums {
    Ints dims;
    std::vector<std::int64_t> values;
};

/// Σ (x − zx)(w − zw) over every window of a convolution with explicit pads.
Sums convolved(const Case& drawn, std::size_t xZero, std::size_t wInput, std::size_t wZero) {
    const Tensor& x = drawn.inputs[0];
    const Tensor& w = drawn.inputs[wInput];
    const Ints &strides = list(drawn, "strides"), &dilations = list(drawn, "dilations"), &pads = list(drawn, "pads");
    const std::int64_t group = std::get<std::int64_t>(drawn.attributes.at("group")), outputs = w.shape()[0], inGroup = w.shape()[1];
    const auto spatial = static_cast<std::int64_t>(strides.size());
    Sums sums{{x.shape()[0], outputs}, {}};
    const Ints kernel(w.shape().begin() + 2, w.shape().end());
    std::int64_t taps = 1, count = x.shape()[0] * outputs;
    for (std::int64_t d = 0; d < spatial; ++d) {
        const auto i = static_cast<std::size_t>(d);
        const std::int64_t room =
            x.shape()[static_cast<int>(d) + 2] + pads[i] + pads[i + strides.size()] - dilations[i] * (kernel[i] - 1) - 1;
        sums.dims.push_back(room / strides[i] + 1);
        taps *= kernel[i];
        count *= sums.dims.back();
    }
    for (std::int64_t o = 0; o < count; ++o) {
        const Ints at = placeOf(o, sums.dims);
        std::int64_t sum = 0;
        for (std::int64_t c = 0; c < inGroup; ++c) {
            for (std::int64_t t = 0; t < taps; ++t) {
                const Ints k = placeOf(t, kernel);
                std::int64_t from = at[0] * x.shape()[1] + at[1] / (outputs / group) * inGroup + c;
                bool inside = true;
                for (std::size_t d = 0; d < kernel.size(); ++d) {
                    const std::int64_t extent = x.shape()[static_cast<int>(d) + 2],
                                       position = at[d + 2] * strides[d] + k[d] * dilations[d] - pads[d];
                    inside = inside && position >= 0 && position < extent;
                    from = from * extent + position;
                }
                if (!inside) continue;
                const std::int64_t weight = tensor::elementAsInt64(w, (at[1] * inGroup + c) * taps + t) - zeroAt(drawn, wZero, at[1]);
                sum += (tensor::elementAsInt64(x, from) - zeroAt(drawn, xZero, 0)) * weight;
            }
        }
        sums.values.push_back(sum);
    }
    return sums;
}

Tensor asType(DataType type, const Ints& dims, const std::vector<double>& values) {
    return *tensor::convert(Tensor::fromValues(DataType::Float64, Shape(dims), values), type);
}

Tensors convIntegerStatement(const Case& drawn) {
    const Sums sums = convolved(drawn, 2, 1, 3);
    return {asType(DataType::Int32, sums.dims, {sums.values.begin(), sums.values.end()})};
}

/// x, w and their parameters, scale and zero point of the result.
Case qLinearConv(Draw& draw, const Geometry& g, DataType input, DataType weight, bool perChannel, Tensor weightZero) {
    Case made{.attributes = g.attributes};
    const double reach = 40.0 * static_cast<double>(g.w.elementCount() / std::max<std::int64_t>(g.outputs, 1));
    made.inputs = {codes(draw, input, g.x),
                   scales(draw, Shape{}),
                   zeros(draw, input, Shape{}),
                   factors(draw, weight, g.w),
                   scales(draw, perChannel ? Shape{g.outputs} : Shape{}),
                   std::move(weightZero),
                   scales(draw, Shape{}, 0.003 * reach, 0.01 * reach),
                   zeros(draw, input, Shape{})};
    if (draw.coin()) made.inputs.push_back(draw.tensor(DataType::Int32, Shape{g.outputs}, -3000, 3000));
    return made;
}

Case qLinearConvAsRun(Draw& draw, int index) {
    const Geometry g = geometry(draw, index, true);
    const DataType input = byteCode(draw), weight = input == DataType::Int8 ? DataType::Int8 : byteCode(draw);
    const bool perChannel = draw.coin();
    Case made = qLinearConv(draw, g, input, weight, perChannel, zeros(draw, weight, perChannel ? Shape{g.outputs} : Shape{}));
    made.initializers = sometimes(draw, {3, 4, 5});
    return made;
}

Case qLinearConvMixed(Draw& draw, int index) {
    const Geometry g = geometry(draw, index, false);
    return qLinearConv(draw, g, DataType::Int8, DataType::UInt8, true, zeros(draw, DataType::UInt8, Shape{g.outputs}));
}

double rounded(double x) { return std::nearbyint(x); }

double saturated(double code, DataType type) {
    return type == DataType::Int8 ? std::clamp(code, -128.0, 127.0) : std::clamp(code, 0.0, 255.0);
}

double scaleAt(const Case& drawn, std::size_t input, std::int64_t index) {
    const Tensor& scale = drawn.inputs[input];
    return tensor::elementAsDouble(scale, scale.elementCount() == 1 ? 0 : index);
}

Tensors qLinearConvStatement(const Case& drawn) {
    const Sums sums = convolved(drawn, 2, 3, 5);
    const DataType type = drawn.inputs[7].type();
    std::vector<double> out;
    for (std::size_t i = 0; i < sums.values.size(); ++i) {
        const std::int64_t channel = placeOf(static_cast<std::int64_t>(i), sums.dims)[1];
        const std::int64_t bias = drawn.inputs.size() > 8 ? tensor::elementAsInt64(drawn.inputs[8], channel) : 0;
        const double value = static_cast<double>(sums.values[i] + bias) * scaleAt(drawn, 1, 0) * scaleAt(drawn, 4, channel);
        out.push_back(saturated(rounded(value / scaleAt(drawn, 6, 0)) + static_cast<double>(zeroAt(drawn, 7, 0)), type));
    }
    return {asType(type, sums.dims, out)};
}

struct Factors {
    Shape a, b;
    std::int64_t rows = 1, columns = 1, inner = 1;
    Shape batch;
};

/// Matrices whose batches broadcast; index 0 has no rows, index 1 one of everything.
Factors factors(Draw& draw, int index) {
    Factors made;
    made.rows = index == 0 ? 0 : index == 1 ? 1 : draw.integer(1, 6);
    made.columns = index == 1 ? 1 : draw.integer(1, 6);
    made.inner = index == 1 ? 1 : draw.integer(1, 20);
    made.batch = draw.shape(static_cast<int>(draw.integer(0, 2)), 1, 3);
    Ints a(made.batch.begin(), made.batch.end()), b = a;
    for (std::int64_t& extent : a)
        if (draw.coin(0.2)) extent = 1;
    if (draw.coin()) b.clear();
    for (const std::int64_t extent : {made.rows, made.inner}) a.push_back(extent);
    for (const std::int64_t extent : {made.inner, made.columns}) b.push_back(extent);
    made.a = Shape(std::move(a));
    made.b = Shape(std::move(b));
    return made;
}

/// One value or one for each column of `shape`: a list for a matrix, else [batch…, 1, columns].
Shape perColumn(Draw& draw, const Shape& shape) {
    if (draw.coin(0.3)) return Shape{};
    if (shape.rank() == 2) return Shape{shape[1]};
    Ints dims = shape.dims();
    dims[dims.size() - 2] = 1;
    return Shape(std::move(dims));
}

/// One for each row: a list for a matrix, else [batch…, rows, 1].
Shape perRow(const Shape& shape) {
    if (shape.rank() == 2) return Shape{shape[0]};
    Ints dims = shape.dims();
    dims.back() = 1;
    return Shape(std::move(dims));
}

Case matMulInteger(Draw& draw, int index) {
    const Factors f = factors(draw, index);
    const DataType a = byteCode(draw), b = byteCode(draw);
    Case made{.inputs = {codes(draw, a, f.a), factors(draw, b, f.b)}};
    made.initializers = sometimes(draw, {1});
    if (draw.coin(0.7)) made.inputs.push_back(zeros(draw, a, Shape{}));
    if (draw.coin(0.7)) {
        made.inputs.resize(4);
        made.inputs[3] = zeros(draw, b, perColumn(draw, f.b));
    }
    return made;
}

Case matMulIntegerPerRow(Draw& draw, int index) {
    const Factors f = factors(draw, index);
    const DataType a = byteCode(draw), b = byteCode(draw);
    return {.inputs = {codes(draw, a, f.a), factors(draw, b, f.b), zeros(draw, a, perRow(f.a)),
                       draw.coin(0.7) ? zeros(draw, b, perColumn(draw, f.b)) : Tensor()}};
}

/// The element of a parameter that belongs to row `row` or column `column` of matrix `matrix`.
double parameter(const Tensor& given, std::int64_t matrix, std::int64_t along, std::int64_t extent) {
    if (!given.defined()) return 0;
    if (given.elementCount() == 1) return tensor::elementAsDouble(given, 0);
    return tensor::elementAsDouble(given, given.shape().rank() == 1 ? along : matrix * extent + along);
}

/// Index of the matrix of `own` that stands for matrix `index` of the broadcast batch.
std::int64_t matrixOf(std::int64_t index, const Ints& batch, const Shape& own) {
    const Ints place = placeOf(index, batch);
    const std::size_t ownBatch = own.dims().size() - 2, skipped = batch.size() - ownBatch;
    std::int64_t result = 0;
    for (std::size_t d = 0; d < ownBatch; ++d) result = result * own.dims()[d] + (own.dims()[d] == 1 ? 0 : place[skipped + d]);
    return result;
}

struct Operand {
    std::size_t codes, scale, zero;  // scale 99: none
};

/// Σ (a − za)·sa · (b − zb)·sb with every factor's own row's or column's parameters.
std::pair<Ints, std::vector<double>> multiplied(const Case& drawn, Operand left, Operand right) {
    const auto input = [&](std::size_t i) { return i < drawn.inputs.size() ? drawn.inputs[i] : Tensor(); };
    const Tensor &a = drawn.inputs[left.codes], &b = drawn.inputs[right.codes];
    const int ra = a.shape().rank(), rb = b.shape().rank();
    const std::int64_t rows = a.shape()[ra - 2], inner = a.shape()[ra - 1], columns = b.shape()[rb - 1];
    Ints batch(a.shape().begin(), a.shape().end() - 2);
    const Ints batchB(b.shape().begin(), b.shape().end() - 2);
    for (std::size_t d = 0; d < batchB.size(); ++d)
        batch[batch.size() - batchB.size() + d] = std::max(batch[batch.size() - batchB.size() + d], batchB[d]);
    std::int64_t matrices = 1;
    for (const std::int64_t extent : batch) matrices *= extent;
    std::vector<double> out;
    for (std::int64_t i = 0; i < matrices * rows * columns; ++i) {
        const std::int64_t row = i / columns % rows, column = i % columns;
        const std::int64_t ma = matrixOf(i / (rows * columns), batch, a.shape()), mb = matrixOf(i / (rows * columns), batch, b.shape());
        const double zeroA = parameter(input(left.zero), ma, row, rows), zeroB = parameter(input(right.zero), mb, column, columns);
        double sum = 0;
        for (std::int64_t k = 0; k < inner; ++k)
            sum += (tensor::elementAsDouble(a, (ma * rows + row) * inner + k) - zeroA) *
                   (tensor::elementAsDouble(b, (mb * inner + k) * columns + column) - zeroB);
        if (left.scale != 99) sum *= parameter(input(left.scale), ma, row, rows) * parameter(input(right.scale), mb, column, columns);
        out.push_back(sum);
    }
    batch.push_back(rows);
    batch.push_back(columns);
    return {batch, out};
}

Tensors matMulIntegerStatement(const Case& drawn) {
    const auto [dims, sums] = multiplied(drawn, {0, 99, 2}, {1, 99, 3});
    return {asType(DataType::Int32, dims, sums)};
}

/// ONNX Runtime takes one scale and zero point for a, and the result's type is a's.
Case qLinearMatMul(Draw& draw, int index) {
    const Factors f = factors(draw, index);
    const DataType a = byteCode(draw), b = a == DataType::Int8 ? DataType::Int8 : byteCode(draw);
    const Shape columns = perColumn(draw, f.b);
    Case made{.inputs = {codes(draw, a, f.a), scales(draw, Shape{}), zeros(draw, a, Shape{}), factors(draw, b, f.b), scales(draw, columns),
                         zeros(draw, b, columns), scales(draw, Shape{}, 0.1, 0.9), zeros(draw, a, Shape{})}};
    made.initializers = sometimes(draw, {3, 4, 5});
    return made;
}

Case qLinearMatMulPerRow(Draw& draw, int index) {
    const Factors f = factors(draw, index);
    const DataType a = byteCode(draw), b = byteCode(draw), y = byteCode(draw);
    const DataType scale = draw.pick({DataType::Float32, DataType::Float16, DataType::BFloat16});
    const Shape rows = draw.coin(0.7) ? perRow(f.a) : Shape{}, columns = perColumn(draw, f.b);
    return {.inputs = {codes(draw, a, f.a), draw.tensor(scale, rows, 0.01, 0.05), zeros(draw, a, rows), factors(draw, b, f.b),
                       draw.tensor(scale, columns, 0.01, 0.05), zeros(draw, b, columns), draw.tensor(scale, Shape{}, 0.1, 0.9),
                       zeros(draw, y, Shape{})}};
}

Tensors qLinearMatMulStatement(const Case& drawn) {
    const auto [dims, sums] = multiplied(drawn, {0, 1, 2}, {3, 4, 5});
    const DataType type = drawn.inputs[7].type();
    std::vector<double> out;
    for (const double sum : sums)
        out.push_back(saturated(rounded(sum / scaleAt(drawn, 6, 0)) + static_cast<double>(zeroAt(drawn, 7, 0)), type));
    return {asType(type, dims, out)};
}

Case dynamicQuantizeLinear(Draw& draw, int index) {
    const double low = draw.pick({-3.0, 0.0, 0.5, -0.1}), high = draw.pick({-0.05, 1.0, 700.0, 2.0});
    Tensor x = draw.floats(draw.shape(static_cast<int>(draw.integer(0, 4)), 1, 6), std::min(low, high), std::max(low, high));
    if (index == 1) x = Tensor::fromFloats(Shape{3}, {0, 0, 0});
    return {.inputs = {std::move(x)}, .outputs = {true, true, true}};
}

}  // namespace

std::vector<Suite> quantizedSuites() {
    const std::string perChannel = "ONNX Runtime takes one zero point for the whole weight";
    const std::string mixed = "ONNX Runtime has no kernel of an int8 input and a uint8 weight";
    const std::string perRow = "ONNX Runtime takes one zero point for all rows of a";
    const std::string types = "ONNX Runtime takes one scale for all rows of a, in float32, and no result of another type";
    return {
        {.op = "ConvInteger", .version = 10, .draw = convInteger, .relative = 0, .absolute = 0},
        {.op = "ConvInteger",
         .version = 11,
         .draw = convIntegerPerChannel,
         .relative = 0,
         .absolute = 0,
         .statement = convIntegerStatement,
         .why = perChannel},
        {.op = "QLinearConv", .version = 10, .draw = qLinearConvAsRun, .relative = 0, .absolute = 0, .cases = 40},
        {.op = "QLinearConv",
         .version = 11,
         .draw = qLinearConvMixed,
         .relative = 0,
         .absolute = 0,
         .statement = qLinearConvStatement,
         .why = mixed},
        {.op = "MatMulInteger", .version = 10, .draw = matMulInteger, .relative = 0, .absolute = 0, .cases = 40},
        {.op = "MatMulInteger",
         .version = 11,
         .draw = matMulIntegerPerRow,
         .relative = 0,
         .absolute = 0,
         .statement = matMulIntegerStatement,
         .why = perRow},
        {.op = "QLinearMatMul", .version = 10, .draw = qLinearMatMul, .relative = 0, .absolute = 0, .cases = 40},
        {.op = "QLinearMatMul",
         .version = 21,
         .draw = qLinearMatMulPerRow,
         .relative = 0,
         .absolute = 0,
         .statement = qLinearMatMulStatement,
         .why = types},
        {.op = "DynamicQuantizeLinear", .version = 11, .draw = dynamicQuantizeLinear, .relative = 1e-6, .absolute = 0},
    };
}

}  // namespace trimtab::operators
