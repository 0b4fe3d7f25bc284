#include "tests/kernels/ref/harness.h"

#include <gtest/gtest.h>

#include "core/tensor/convert.h"

namespace trimtab::ref::testing {

graph::Node node(const std::string& op, int version, Attributes attributes, std::size_t outputs, const std::string& domain) {
    graph::Node made;
    made.name = op + " under test";
    made.op = op;
    made.domain = domain;
    made.version = version;
    made.attributes = std::move(attributes);
    for (std::size_t i = 0; i < outputs; ++i) made.outputs.push_back(static_cast<graph::ValueId>(100 + i));
    return made;
}

Result<std::vector<Tensor>> call(const graph::Node& node, const std::vector<Tensor>& inputs) {
    return ReferenceEvaluator().evaluate(node, inputs);
}

Tensor first(const graph::Node& node, const std::vector<Tensor>& inputs) {
    auto results = call(node, inputs);
    EXPECT_TRUE(results) << results.error().text();
    return results ? results->front() : Tensor();
}

ErrorCode refusal(const graph::Node& node, const std::vector<Tensor>& inputs) {
    const auto results = call(node, inputs);
    return results ? ErrorCode::Cancelled : results.error().code;
}

Tensor floats(Shape shape, std::vector<float> values) { return Tensor::fromFloats(std::move(shape), values); }
Tensor ints(Ints values) { return Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values); }

Tensor ramp(Shape shape, float start, float step) {
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = start + step * static_cast<float>(i);
    return Tensor::fromFloats(std::move(shape), values);
}

Tensor noise(Shape shape, std::uint64_t seed) { return *tensor::randomTensor(DataType::Float32, std::move(shape), seed); }

}  // namespace trimtab::ref::testing
