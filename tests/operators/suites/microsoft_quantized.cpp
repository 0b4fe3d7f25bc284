// Quantised operators of com.microsoft.
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"
#include "tests/operators/suites/quantized_draws.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;

/// Two shapes that broadcast; index 0 is empty, index 1 all ones.
std::pair<Shape, Shape> broadcasting(Draw& draw, int index) {
    if (index == 0) return {Shape{0, 3}, Shape{1, 3}};
    if (index == 1) return {Shape{1, 1}, Shape{1}};
    const Shape whole = draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 6);
    Ints a(whole.begin(), whole.end()), b(whole.begin() + draw.integer(0, whole.rank() - 1), whole.end());
    for (std::int64_t& extent : a)
        if (draw.coin(0.2)) extent = 1;
    for (std::int64_t& extent : b)
        if (draw.coin(0.2)) extent = 1;
    return {Shape(std::move(a)), Shape(std::move(b))};
}

Shape anyShape(Draw& draw, int index) {
    return index == 0 ? Shape{0, 2} : index == 1 ? Shape{} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 6);
}

Case addition(Draw& draw, int index) {
    const auto [a, b] = broadcasting(draw, index);
    const DataType type = byteCode(draw);
    Case made;
    append(made, draw, type, a);
    append(made, draw, type, b);
    appendResult(made, draw, type, 0.02, 0.08);
    return made;
}

Case multiplication(Draw& draw, int index) {
    Case made = addition(draw, index);
    made.inputs[6] = scales(draw, Shape{}, 0.03, 0.12);
    return made;
}

Case sigmoid(Draw& draw, int index) {
    const DataType type = byteCode(draw);
    Case made;
    append(made, draw, type, anyShape(draw, index), 0.01, 0.05, true);
    appendResult(made, draw, type, 0.003, 0.006);
    return made;
}

Case leakyRelu(Draw& draw, int index) {
    const DataType type = byteCode(draw);
    Case made;
    append(made, draw, type, anyShape(draw, index), 0.01, 0.05, true);
    appendResult(made, draw, type, 0.01, 0.05);
    if (draw.coin(0.7)) made.attributes["alpha"] = static_cast<float>(draw.real(0.01, 0.9));
    return made;
}

Case where(Draw& draw, int index) {
    const auto [a, b] = broadcasting(draw, index);
    const DataType type = byteCode(draw);
    Case made{.inputs = {draw.tensor(DataType::Bool, draw.coin() ? a : b)}};
    append(made, draw, type, a);
    append(made, draw, type, b);
    appendResult(made, draw, type, 0.02, 0.08);
    return made;
}

Case concat(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{0, 3} : draw.shape(static_cast<int>(draw.integer(1, 4)));
    const auto axis = static_cast<int>(draw.integer(0, shape.rank() - 1));
    const DataType type = byteCode(draw);
    Case made{.attributes = {{"axis", std::int64_t{draw.coin() ? axis : axis - shape.rank()}}}};
    appendResult(made, draw, type, 0.02, 0.08);
    for (std::int64_t parts = draw.integer(1, 4); parts > 0; --parts) {
        Shape part = shape;
        part[axis] = draw.integer(index == 1 ? 0 : 1, 4);
        append(made, draw, type, std::move(part));
    }
    return made;
}

Case softmax(Draw& draw, int index) {
    const Shape shape = index == 1 ? Shape{1, 1} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 6);
    const std::int64_t version = draw.pick<std::int64_t>({11, 13, 17});
    const DataType type = byteCode(draw);
    Case made{.attributes = {{"opset", version}, {"axis", draw.integer(-shape.rank(), shape.rank() - 1)}}};
    append(made, draw, type, shape, 0.005, 0.03);
    made.inputs.push_back(scales(draw, Shape{}, 0.0035, 0.006));
    made.inputs.push_back(draw.tensor(type, Shape{}, type == DataType::Int8 ? -128 : 0, type == DataType::Int8 ? -120 : 8));
    return made;
}

Tensors softmaxStatement(const Case& drawn) {
    const Tensor& x = drawn.inputs[0];
    const auto attribute = [&](const char* key) { return std::get<std::int64_t>(drawn.attributes.at(key)); };
    const auto parameter = [&](std::size_t input) { return tensor::elementAsDouble(drawn.inputs[input], 0); };
    const int rank = x.shape().rank(), axis = static_cast<int>(attribute("axis") < 0 ? attribute("axis") + rank : attribute("axis"));
    std::int64_t length = x.shape()[axis], inner = 1;
    for (int d = axis + 1; d < rank; ++d) inner *= x.shape()[d];
    if (attribute("opset") < 13) length *= std::exchange(inner, 1);
    std::vector<double> out(static_cast<std::size_t>(x.elementCount()));
    for (std::int64_t i = 0; i < x.elementCount(); ++i) {
        const std::int64_t first = i / (length * inner) * (length * inner) + i % inner;
        double sum = 0;
        for (std::int64_t k = 0; k < length; ++k)
            sum += std::exp((tensor::elementAsDouble(x, first + k * inner) - tensor::elementAsDouble(x, i)) * parameter(1));
        const double low = x.type() == DataType::Int8 ? -128 : 0;
        out[static_cast<std::size_t>(i)] = std::clamp(std::nearbyint(1 / sum / parameter(3)) + parameter(4), low, low + 255);
    }
    return {*tensor::convert(Tensor::fromValues(DataType::Float64, x.shape(), out), x.type())};
}

Case averagePool(Draw& draw, int index) {
    const auto spatial = static_cast<std::size_t>(draw.integer(1, 3));
    const bool last = draw.coin(0.4);
    Ints dims, kernel, strides, pads(2 * spatial);
    for (std::size_t d = 0; d < spatial; ++d) {
        kernel.push_back(draw.integer(1, 3));
        strides.push_back(draw.integer(1, 3));
        dims.push_back(draw.integer(kernel[d], 8));
        pads[d] = draw.integer(0, kernel[d] - 1);
        pads[d + spatial] = draw.integer(0, kernel[d] - 1);
    }
    dims.insert(last ? dims.end() : dims.begin(), draw.integer(1, 4));
    dims.insert(dims.begin(), index == 0 ? 1 : draw.integer(1, 2));
    const DataType type = byteCode(draw);
    Case made{.attributes = {{"kernel_shape", kernel}, {"strides", strides}}};
    if (draw.coin(0.3)) made.attributes["auto_pad"] = draw.pick<std::string>({"SAME_UPPER", "SAME_LOWER", "VALID"});
    else made.attributes["pads"] = pads;
    if (draw.coin()) made.attributes["count_include_pad"] = draw.integer(0, 1);
    if (last) made.attributes["channels_last"] = std::int64_t{1};
    append(made, draw, type, Shape(std::move(dims)));
    appendResult(made, draw, type, 0.01, 0.05);
    return made;
}

Case globalAveragePool(Draw& draw, int) {
    const DataType type = byteCode(draw);
    Case made;
    if (draw.coin()) made.attributes["channels_last"] = draw.integer(0, 1);
    append(made, draw, type, draw.shape(static_cast<int>(draw.integer(3, 5)), 1, 6));
    appendResult(made, draw, type, 0.005, 0.02);
    return made;
}

/// x [N, C, d…] or, with channels_last, [N, d…, C].
Case convolution(Draw& draw, int) {
    const auto spatial = static_cast<std::size_t>(draw.integer(1, 2));
    const std::int64_t group = draw.integer(1, 2), channels = draw.integer(1, 3), outputs = group * draw.integer(1, 3);
    const bool last = draw.coin(0.6);
    Ints x, w{outputs, channels}, strides, pads(2 * spatial);
    for (std::size_t d = 0; d < spatial; ++d) {
        w.push_back(draw.integer(1, 3));
        x.push_back(draw.integer(w.back(), 7));
        strides.push_back(draw.integer(1, 2));
        pads[d] = draw.integer(0, 2);
        pads[d + spatial] = draw.integer(0, 2);
    }
    x.insert(last ? x.end() : x.begin(), group * channels);
    x.insert(x.begin(), draw.integer(1, 2));
    const DataType input = byteCode(draw), weight = input == DataType::Int8 ? DataType::Int8 : byteCode(draw);
    Case made{.attributes = {{"group", group}, {"strides", strides}, {"pads", pads}}, .initializers = {3, 4, 5}};
    if (last || draw.coin(0.3)) made.attributes["channels_last"] = std::int64_t{last};
    append(made, draw, input, Shape(std::move(x)));
    appendFactor(made, draw, weight, Shape(std::move(w)));
    if (draw.coin()) made.inputs[4] = scales(draw, Shape{outputs});
    appendResult(made, draw, input, 0.2, 0.9);
    if (draw.coin()) made.inputs.push_back(draw.tensor(DataType::Int32, Shape{outputs}, -3000, 3000));
    return made;
}

/// A and B of com.microsoft's products; index 0 has no rows.
std::pair<Shape, Shape> matrices(Draw& draw, int index) {
    const std::int64_t inner = draw.integer(1, 20);
    const Shape batch = draw.shape(static_cast<int>(draw.integer(0, 2)), 1, 3);
    Ints a(batch.begin(), batch.end()), b = draw.coin() ? a : Ints();
    a.push_back(index == 0 ? 0 : draw.integer(1, 5));
    a.push_back(inner);
    b.push_back(inner);
    b.push_back(draw.integer(1, 6));
    return {Shape(std::move(a)), Shape(std::move(b))};
}

Case dynamicQuantizeMatMul(Draw& draw, int index) {
    const auto [a, b] = matrices(draw, index == 0 ? 1 : index);
    const std::int64_t columns = b[b.rank() - 1];
    const DataType type = byteCode(draw);
    const Shape parameters = b.rank() == 2 && draw.coin() ? Shape{columns} : Shape{};
    Case made{.inputs = {draw.floats(a), factors(draw, type, b), scales(draw, parameters),
                         draw.coin(0.7) ? zeros(draw, type, parameters) : Tensor(), draw.coin() ? draw.floats(Shape{columns}) : Tensor()}};
    if (draw.coin()) made.initializers = {1, 2, 3};
    return made;
}

Case matMulIntegerToFloat(Draw& draw, int index) {
    const auto [a, b] = matrices(draw, index);
    const std::int64_t columns = b[b.rank() - 1];
    const DataType left = byteCode(draw), right = left == DataType::Int8 ? DataType::Int8 : byteCode(draw);
    const Shape parameters = b.rank() == 2 && draw.coin() ? Shape{columns} : Shape{};
    Case made{.inputs = {codes(draw, left, a), factors(draw, right, b), scales(draw, Shape{}), scales(draw, parameters),
                         draw.coin(0.7) ? zeros(draw, left, Shape{}) : Tensor(), draw.coin(0.7) ? zeros(draw, right, parameters) : Tensor(),
                         draw.coin() ? draw.floats(Shape{columns}) : Tensor()}};
    if (draw.coin()) made.initializers = {1, 3, 5};
    return made;
}

Case gemm(Draw& draw, int) {
    const std::int64_t rows = draw.integer(1, 6), inner = draw.integer(1, 16), columns = draw.integer(1, 6);
    const std::int64_t transA = draw.integer(0, 1), transB = draw.integer(0, 1);
    const DataType left = byteCode(draw), right = left == DataType::Int8 ? DataType::Int8 : byteCode(draw);
    const Shape parameters = draw.coin() ? Shape{columns} : Shape{};
    Case made{.attributes = {{"transA", transA}, {"transB", transB}}};
    if (draw.coin()) made.attributes["alpha"] = static_cast<float>(draw.real(0.3, 2));
    append(made, draw, left, transA != 0 ? Shape{inner, rows} : Shape{rows, inner});
    appendFactor(made, draw, right, transB != 0 ? Shape{columns, inner} : Shape{inner, columns});
    made.inputs[4] = scales(draw, parameters);
    made.inputs[5] = zeros(draw, right, parameters);
    made.initializers = {3, 4, 5};
    const Shape addend = draw.pick<Shape>({Shape{rows, columns}, Shape{1, columns}, Shape{columns}, Shape{rows, 1}});
    made.inputs.push_back(draw.coin(0.7) ? draw.tensor(DataType::Int32, addend, -5000, 5000) : Tensor());
    if (draw.coin()) appendResult(made, draw, left, 0.1, 0.9);
    return made;
}

/// B, scales and zero points stand in the model, as exporters write them.
Case matMulNBits(Draw& draw, int index) {
    const std::int64_t bits = draw.pick<std::int64_t>({2, 4, 4, 8}), block = draw.pick<std::int64_t>({16, 32, 64, 128});
    const std::int64_t n = draw.integer(1, 20), k = index == 1 ? 1 : draw.integer(1, 300), blocks = (k + block - 1) / block;
    Case made{.attributes = {{"K", k}, {"N", n}, {"bits", bits}, {"block_size", block}}, .initializers = {1, 2, 3, 4, 5}};
    if (draw.coin()) made.attributes["accuracy_level"] = draw.integer(0, 1);
    Ints a(draw.shape(static_cast<int>(draw.integer(1, 2)), 1, 4).dims());
    a.push_back(k);
    made.inputs = {draw.floats(Shape(std::move(a)), -1, 1), draw.tensor(DataType::UInt8, Shape{n, blocks, block * bits / 8}, 0, 255),
                   scales(draw, Shape{n, blocks})};
    // ONNX Runtime reads zero points in float32, and a group index, beside 4 bits only; with an index it misreads packed zero points (a
    // single block, to which every index points, gives another answer than no index).
    const double form = draw.real(0, bits == 4 ? 1 : 0.8);
    if (form < 0.4) made.inputs.emplace_back();
    else if (form < 0.8) made.inputs.push_back(draw.tensor(DataType::UInt8, Shape{n, (blocks * bits + 7) / 8}, 0, 255));
    else made.inputs.push_back(draw.floats(Shape{n, blocks}, 0, 16));
    const bool packed = made.inputs[3].defined() && made.inputs[3].type() == DataType::UInt8;
    if (bits == 4 && !packed && draw.coin(0.5))
        made.inputs.push_back(draw.tensor(DataType::Int32, Shape{k}, 0, static_cast<double>(blocks - 1)));
    if (draw.coin(0.3)) {
        made.inputs.resize(6);
        made.inputs[5] = draw.floats(Shape{n});
    }
    return made;
}

/// ONNX Runtime reads blocks that run on from row to row.
Case matMulBnb4(Draw& draw, int index) {
    const std::int64_t block = draw.pick<std::int64_t>({16, 32, 64});
    const std::int64_t n = draw.integer(1, 20), k = index == 1 ? 1 : draw.integer(1, 150), count = n * k;
    Case made{.attributes = {{"K", k}, {"N", n}, {"block_size", block}, {"quant_type", draw.integer(0, 1)}}, .initializers = {1, 2}};
    Ints a(draw.shape(static_cast<int>(draw.integer(1, 2)), 1, 4).dims());
    a.push_back(k);
    made.inputs = {draw.floats(Shape(std::move(a)), -1, 1), draw.tensor(DataType::UInt8, Shape{(count + 1) / 2}, 0, 255),
                   scales(draw, Shape{(count + block - 1) / block})};
    return made;
}

/// The table stands in the model; indices stay inside, since this ONNX Runtime refuses others.
Case gatherBlockQuantized(Draw& draw, int index) {
    const DataType type = draw.pick({DataType::UInt8, DataType::Int4, DataType::UInt4});
    const bool packed = type == DataType::UInt8;
    const std::int64_t bits = packed ? draw.pick<std::int64_t>({2, 4, 8}) : 4, inByte = packed ? 8 / bits : 1,
                       block = draw.pick<std::int64_t>({16, 32});
    const int rank = static_cast<int>(draw.integer(2, 3));
    const int gather = packed ? 0 : static_cast<int>(draw.integer(0, rank - 1));
    int quantized = rank - 1;
    if (!packed || gather == quantized) quantized = (gather + 1 + static_cast<int>(draw.integer(0, rank - 2))) % rank;
    Shape shape = draw.shape(rank, 1, 5);
    shape[quantized] = draw.integer(1, 80);
    shape[rank - 1] = (shape[rank - 1] + inByte - 1) / inByte * inByte;
    Shape data = shape, parameters = shape;
    data[rank - 1] /= inByte;
    parameters[quantized] = (shape[quantized] + block - 1) / block;
    Shape points = parameters;
    points[rank - 1] = (points[rank - 1] + inByte - 1) / inByte;
    const auto low = [&](DataType of) { return of == DataType::Int4 ? -8.0 : 0.0; };
    const auto high = [&](DataType of) { return of == DataType::Int4 ? 7.0 : of == DataType::UInt4 ? 15.0 : 255.0; };
    Case made{.attributes = {{"bits", bits},
                             {"block_size", block},
                             {"gather_axis", std::int64_t{gather}},
                             {"quantize_axis", std::int64_t{quantized - (draw.coin() ? rank : 0)}}},
              .initializers = {0, 2, 3}};
    const Shape indices = index == 0 ? Shape{0} : draw.shape(static_cast<int>(draw.integer(0, 2)), 1, 4);
    made.inputs = {draw.tensor(type, data, low(type), high(type)),
                   draw.tensor(draw.pick({DataType::Int64, DataType::Int32}), indices, static_cast<double>(-shape[gather]),
                               static_cast<double>(shape[gather] - 1)),
                   draw.tensor(DataType::Float32, parameters, 0.01, 0.1)};
    if (draw.coin()) made.inputs.push_back(draw.tensor(type, points, low(type), high(type)));
    return made;
}

std::pair<double, double> range(DataType type) {
    switch (type) {
        case DataType::Int4: return {-8, 7};
        case DataType::UInt4: return {0, 15};
        case DataType::Int8: return {-128, 127};
        case DataType::UInt8: return {0, 255};
        case DataType::Int16: return {-32768, 32767};
        case DataType::UInt16: return {0, 65535};
        default: return {-100000, 100000};
    }
}

/// The axis of per-axis parameters, and their extent; nullopt: one value for all.
std::optional<int> someAxis(Draw& draw, Case& made, const Shape& shape) {
    if (shape.rank() == 0 || draw.coin(0.4)) return std::nullopt;
    const auto axis = static_cast<int>(draw.integer(0, shape.rank() - 1));
    made.attributes["axis"] = std::int64_t{draw.coin() ? axis : axis - shape.rank()};
    return axis;
}

/// 4-bit tensors stand in the model.
Case quantize(Draw& draw, int index) {
    const Shape shape = anyShape(draw, index);
    const DataType type = draw.pick({DataType::Int8, DataType::UInt8, DataType::Int16, DataType::UInt16, DataType::Int4, DataType::UInt4});
    Case made;
    const auto axis = someAxis(draw, made, shape);
    const Shape parameters = axis ? Shape{shape[*axis]} : Shape{};
    const auto [low, high] = range(type);
    const double step = 4 / (high - low);
    made.inputs = {draw.floats(shape, -3, 3), scales(draw, parameters, step, 2 * step)};
    if (type != DataType::UInt8 || draw.coin(0.7)) made.inputs.push_back(draw.tensor(type, parameters, low / 2, high / 2));
    made.initializers = {2};
    return made;
}

Case dequantize(Draw& draw, int index) {
    const Shape shape = anyShape(draw, index);
    const DataType type =
        draw.pick({DataType::Int8, DataType::UInt8, DataType::Int16, DataType::UInt16, DataType::Int4, DataType::UInt4, DataType::Int32});
    Case made;
    const auto axis = someAxis(draw, made, shape);
    const Shape parameters = axis ? Shape{shape[*axis]} : Shape{};
    const auto [low, high] = range(type);
    made.inputs = {draw.tensor(type, shape, low, high), scales(draw, parameters)};
    if (type != DataType::Int32 && draw.coin(0.7)) made.inputs.push_back(draw.tensor(type, parameters, low / 2, high / 2));
    if (type == DataType::Int4 || type == DataType::UInt4) made.initializers = {0, 2};
    return made;
}

Suite exact(std::string op, Case (*draw)(Draw&, int), int cases = 24) {
    return {.op = std::move(op), .domain = "com.microsoft", .version = 1, .draw = draw, .relative = 0, .absolute = 0, .cases = cases};
}
Suite close(std::string op, Case (*draw)(Draw&, int), int cases = 24) {
    return {.op = std::move(op), .domain = "com.microsoft", .version = 1, .draw = draw, .cases = cases};
}

}  // namespace

std::vector<Suite> microsoftQuantizedSuites() {
    return {
        exact("QLinearAdd", addition),
        exact("QLinearMul", multiplication),
        exact("QLinearSigmoid", sigmoid),
        exact("QLinearLeakyRelu", leakyRelu),
        exact("QLinearWhere", where),
        exact("QLinearConcat", concat),
        {.op = "QLinearSoftmax",
         .domain = "com.microsoft",
         .version = 1,
         .draw = softmax,
         .relative = 0,
         .absolute = 0,
         .statement = softmaxStatement,
         .why = "ONNX Runtime's kernel works from tables of integers, and its codes are off by one and more"},
        exact("QLinearAveragePool", averagePool),
        exact("QLinearGlobalAveragePool", globalAveragePool),
        exact("QLinearConv", convolution),
        exact("QuantizeLinear", quantize, 40),
        close("DequantizeLinear", dequantize, 40),
        close("DynamicQuantizeMatMul", dynamicQuantizeMatMul),
        close("MatMulIntegerToFloat", matMulIntegerToFloat),
        close("QGemm", gemm, 40),
        close("MatMulNBits", matMulNBits, 60),
        close("MatMulBnb4", matMulBnb4, 40),
        close("GatherBlockQuantized", gatherBlockQuantized, 40),
    };
}

}  // namespace trimtab::operators
