#include "tests/bench/engines/network.h"

#include <cmath>

namespace trimtab::engines {

using support::Attr;

Network::Network(std::uint64_t seed, int opset) : m_random(seed) { m_model.opset(opset); }

std::string Network::input(const std::string& name, const std::vector<support::DimSpec>& dims, DataType type) {
    m_model.input(name, type, dims);
    return name;
}

std::string Network::add(const std::string& op, const std::vector<std::string>& inputs, const std::vector<Attr>& attributes) {
    const std::string name = op + "_" + std::to_string(m_count++);
    m_model.node(op, inputs, {name}, attributes, name + "_node");
    return name;
}

std::string Network::constant(const Tensor& tensor) {
    const std::string name = "constant_" + std::to_string(m_count++);
    m_model.constant(name, tensor);
    return name;
}

std::string Network::ints(const std::vector<std::int64_t>& values) {
    return constant(Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values));
}

std::string Network::weights(const Shape& shape, double deviation, double mean) {
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
    for (float& value : values) value = static_cast<float>(mean + deviation * m_random.normal());
    return constant(Tensor::fromFloats(shape, values));
}

std::string Network::conv(const std::string& x, std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                          std::int64_t groups, double gain) {
    const std::int64_t parts = groups == 0 ? in : groups, each = in / parts, pad = kernel / 2;
    const std::string w = weights(Shape{out, each, kernel, kernel}, gain * std::sqrt(2.0 / static_cast<double>(each * kernel * kernel)));
    const std::string b = weights(Shape{out}, 0.05);
    return add("Conv", {x, w, b},
               {{"kernel_shape", std::vector<std::int64_t>{kernel, kernel}}, {"strides", std::vector<std::int64_t>{stride, stride}},
                {"pads", std::vector<std::int64_t>{pad, pad, pad, pad}}, {"group", parts}});
}

std::string Network::linear(const std::string& x, std::int64_t in, std::int64_t out) {
    const std::string product = add("MatMul", {x, weights(Shape{in, out}, 1 / std::sqrt(static_cast<double>(in)))});
    return add("Add", {product, weights(Shape{out}, 0.02)});
}

std::string Network::layerNorm(const std::string& x, std::int64_t width) {
    return add("LayerNormalization", {x, weights(Shape{width}, 0.05, 1), weights(Shape{width}, 0.05)}, {{"axis", -1}, {"epsilon", 1e-6F}});
}

std::string Network::attention(const std::string& x, std::int64_t width, std::int64_t heads) {
    const std::int64_t size = width / heads;
    const std::string split = ints({0, 0, heads, size});
    const auto part = [&](std::initializer_list<int> order) {
        return add("Transpose", {add("Reshape", {linear(x, width, width), split})}, {{"perm", order}});
    };
    const std::string q = part({0, 2, 1, 3}), k = part({0, 2, 3, 1}), v = part({0, 2, 1, 3});
    const std::string scale = constant(Tensor::scalar(std::sqrt(static_cast<float>(size))));
    const std::string scores = add("Softmax", {add("Div", {add("MatMul", {q, k}), scale})}, {{"axis", -1}});
    const std::string joined = add("Transpose", {add("MatMul", {scores, v})}, {{"perm", {0, 2, 1, 3}}});
    return linear(add("Reshape", {joined, ints({0, 0, width})}), width, width);
}

std::string Network::gelu(const std::string& x) {
    const std::string root = constant(Tensor::scalar(std::sqrt(2.0F))), one = constant(Tensor::scalar(1)),
                      half = constant(Tensor::scalar(0.5F));
    return add("Mul", {add("Mul", {x, add("Add", {add("Erf", {add("Div", {x, root})}), one})}), half});
}

void Network::output(const std::string& name) { m_model.output(name); }

}  // namespace trimtab::engines
