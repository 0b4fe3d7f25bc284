// com.microsoft's older names of standard operators, and small operators beside them.
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;

Case fusedGemm(Draw& draw, int index) {
    const std::int64_t rows = index == 1 ? 1 : draw.integer(1, 5), inner = draw.integer(1, 8),
                       columns = index == 1 ? 1 : draw.integer(1, 5);
    const std::int64_t transA = draw.integer(0, 1), transB = draw.integer(0, 1);
    Case made{.attributes = {{"transA", transA}, {"transB", transB}, {"alpha", static_cast<float>(draw.real(0.3, 2))}}};
    const auto activation = draw.pick<std::string>(
        {"Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "HardSigmoid", "Softplus", "Softsign", "Selu", "ThresholdedRelu"});
    made.attributes["activation"] = activation;
    if (activation == "LeakyRelu" || activation == "Elu" || activation == "HardSigmoid" || activation == "Selu" ||
        activation == "ThresholdedRelu")
        made.attributes["activation_alpha"] = static_cast<float>(draw.real(0.1, 0.9));
    if (activation == "HardSigmoid") made.attributes["activation_beta"] = static_cast<float>(draw.real(0.1, 0.9));
    if (activation == "Selu") made.attributes["activation_gamma"] = static_cast<float>(draw.real(1, 1.5));
    made.inputs = {draw.floats(transA != 0 ? Shape{inner, rows} : Shape{rows, inner}),
                   draw.floats(transB != 0 ? Shape{columns, inner} : Shape{inner, columns})};
    if (draw.coin(0.7)) {
        made.inputs.push_back(draw.floats(draw.pick<Shape>({Shape{rows, columns}, Shape{columns}, Shape{rows, 1}, Shape{1}})));
        made.attributes["beta"] = static_cast<float>(draw.real(0.3, 2));
    }
    return made;
}

Case transposeMatMul(Draw& draw, int index) {
    const std::int64_t rows = index == 0 ? 0 : draw.integer(1, 5), inner = draw.integer(1, 8), columns = draw.integer(1, 5);
    const std::int64_t transA = draw.integer(0, 1), transB = draw.integer(0, 1);
    Case made{.attributes = {{"transA", transA}, {"transB", transB}}};
    if (draw.coin()) made.attributes["alpha"] = static_cast<float>(draw.real(0.3, 2));
    const Shape batch = draw.shape(static_cast<int>(draw.integer(0, 2)), 1, 3);
    Ints a(batch.begin(), batch.end()), b = draw.coin() ? a : Ints();
    for (const std::int64_t extent : transA != 0 ? Ints{inner, rows} : Ints{rows, inner}) a.push_back(extent);
    for (const std::int64_t extent : transB != 0 ? Ints{columns, inner} : Ints{inner, columns}) b.push_back(extent);
    made.inputs = {draw.floats(Shape(std::move(a))), draw.floats(Shape(std::move(b)))};
    return made;
}

DataType anyType(Draw& draw) {
    return draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::Int8, DataType::UInt8, DataType::Int16,
                      DataType::Int32, DataType::Int64, DataType::Bool});
}

Case expandDims(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(0, 4)));
    Case made{.inputs = {draw.tensor(anyType(draw), shape, 0, 5),
                         draw.tensor(DataType::Int32, Shape{}, static_cast<double>(-shape.rank() - 1), static_cast<double>(shape.rank()))}};
    if (draw.coin()) made.initializers = {1};
    return made;
}

Case range(Draw& draw, int index) {
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int16, DataType::Int32, DataType::Int64});
    const Shape shape = draw.coin() ? Shape{} : Shape{1};
    const bool down = draw.coin() && index != 1;
    Case made{.inputs = {draw.tensor(type, shape, down ? 5 : -9, down ? 20 : -3), draw.tensor(type, shape, -2, 4)}};
    if (down || draw.coin()) made.inputs.push_back(draw.tensor(type, shape, down ? -3 : 1, down ? -1 : 3));
    if (draw.coin()) made.initializers = {0, 1, 2};
    return made;
}

Case pad(Draw& draw, int index) {
    const Shape shape = draw.shape(static_cast<int>(draw.integer(1, 4)), 3, 5);
    const auto mode = draw.pick<std::string>({"constant", "reflect", "edge"});
    Ints pads;
    for (int i = 0; i < 2 * shape.rank(); ++i) pads.push_back(mode == "constant" && draw.coin(0.2) ? -1 : draw.integer(0, 2));
    Case made{.attributes = {{"mode", mode}}};
    const auto count = static_cast<std::int64_t>(pads.size());
    made.inputs = {draw.floats(shape), Tensor::fromInt64s(draw.coin() ? Shape{count} : Shape{1, count}, pads)};
    if (mode == "constant" && index % 3 != 0) made.inputs.push_back(draw.floats(draw.coin() ? Shape{} : Shape{1}));
    if (draw.coin()) made.initializers = {1};
    return made;
}

Case trilu(Draw& draw, int index) {
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int64});
    Case made{.inputs = {draw.tensor(type, index == 0 ? Shape{0, 3} : draw.shape(static_cast<int>(draw.integer(2, 4)), 1, 6), -9, 9)}};
    if (draw.coin(0.7)) made.inputs.push_back(Tensor::fromInt64s(Shape{}, {draw.integer(-7, 7)}));
    if (draw.coin(0.7)) made.attributes["upper"] = draw.integer(0, 1);
    return made;
}

Case gatherNd(Draw& draw, int index) {
    const Shape data = draw.shape(static_cast<int>(draw.integer(1, 4)));
    const std::int64_t depth = draw.integer(1, data.rank());
    const Shape places = index == 1 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(0, 2)), 1, 4);
    std::int64_t count = 1;
    for (const std::int64_t extent : places) count *= extent;
    Ints indices;
    for (std::int64_t i = 0; i < count * depth; ++i) {
        const std::int64_t extent = data[static_cast<int>(i % depth)];
        indices.push_back(draw.integer(-extent, extent - 1));
    }
    Ints dims = places.dims();
    dims.push_back(depth);
    return {.inputs = {draw.tensor(anyType(draw), data, 0, 9), Tensor::fromInt64s(Shape(std::move(dims)), indices)}};
}

Case distances(Draw& draw, int index) {
    const std::int64_t length = index == 1 ? 1 : draw.integer(1, 20);
    const DataType type = draw.pick({DataType::Float32, DataType::Float64});
    return {.attributes = {{"metric", draw.pick<std::string>({"euclidean", "sqeuclidean"})}},
            .inputs = {draw.tensor(type, Shape{draw.integer(1, 6), length}), draw.tensor(type, Shape{draw.integer(1, 6), length})}};
}

/// The diagonal outweighs the rest, so that the inverse is well determined.
Case inverse(Draw& draw, int index) {
    const std::int64_t size = index == 1 ? 1 : draw.integer(1, 5);
    const Shape batch = draw.shape(static_cast<int>(draw.integer(0, 2)), 1, 3);
    Ints dims = batch.dims();
    dims.push_back(size);
    dims.push_back(size);
    std::int64_t count = size * size;
    for (const std::int64_t extent : batch) count *= extent;
    std::vector<double> values;
    for (std::int64_t i = 0; i < count; ++i) {
        const bool diagonal = i % (size * size) % (size + 1) == 0;
        values.push_back(diagonal ? (draw.coin() ? 1 : -1) * draw.real(4, 8) : draw.real(-0.7, 0.7));
    }
    const Tensor matrix = Tensor::fromValues(DataType::Float64, Shape(std::move(dims)), values);
    if (draw.coin()) return {.inputs = {matrix}};
    std::vector<float> narrow(values.begin(), values.end());
    return {.inputs = {Tensor::fromFloats(matrix.shape(), narrow)}};
}

Case unique(Draw& draw, int index) {
    std::vector<float> values;
    for (std::int64_t i = index == 0 ? 0 : draw.integer(1, 30); i > 0; --i) values.push_back(static_cast<float>(draw.integer(-4, 4)));
    return {.inputs = {Tensor::fromFloats(Shape{static_cast<std::int64_t>(values.size())}, values)}, .outputs = {true, true, true}};
}

Suite microsoft(std::string op, Case (*draw)(Draw&, int)) {
    return {.op = std::move(op), .domain = "com.microsoft", .version = 1, .draw = draw};
}

}  // namespace

std::vector<Suite> microsoftOlderNameSuites() {
    return {
        microsoft("FusedGemm", fusedGemm), microsoft("TransposeMatMul", transposeMatMul), microsoft("ExpandDims", expandDims),
        microsoft("Range", range),         microsoft("Pad", pad),                         microsoft("Trilu", trilu),
        microsoft("GatherND", gatherNd),   microsoft("CDist", distances),                 microsoft("Inverse", inverse),
        microsoft("Unique", unique),
    };
}

}  // namespace trimtab::operators
