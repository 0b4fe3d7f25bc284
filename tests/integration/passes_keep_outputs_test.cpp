// Random small networks give the same outputs before and after simplify() and fuse(), run by the reference kernels. The networks
// mix what passes look for (normalisation chains, residuals, no-ops, shape arithmetic) with what must stop them: values that are
// read twice or are outputs themselves.
#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"
#include "kernels/ref/reference.h"
#include "tests/core/graph/graph_builder.h"
#include "tests/integration/fused_meaning.h"

namespace trimtab {
namespace {

using graph::kNoValue;
using graph::ValueId;
using graph::testing::dims;
using graph::testing::GraphBuilder;
using graph::testing::Ints;

/// Grows a network layer by layer from its last value.
class RandomNetwork {
public:
    explicit RandomNetwork(std::uint64_t seed) : m_random(seed) {}

    GraphBuilder builder;

    Graph build() {
        const bool image = chance(2);
        m_last = builder.input("x", image ? dims({"batch", 4, 6, 6}) : dims({"batch", "sequence", 8}));
        m_seen = {m_last};
        for (std::uint64_t i = 0, layers = 3 + m_random.below(8); i < layers; ++i) {
            grow(image ? imageLayer() : tokenLayer());
            if (m_random.below(8) == 0 && m_last != builder.graph.inputs[0]) builder.output(m_last);
        }
        if (!builder.graph.isOutput(m_last)) builder.output(builder.add(chance(2) ? "Identity" : "Relu", {m_last}));
        return builder.graph;
    }

private:
    bool chance(std::uint64_t of) { return m_random.below(of) == 0; }
    void grow(ValueId value) {
        m_last = value;
        m_seen.push_back(value);
    }
    ValueId earlier() { return m_seen[m_random.below(m_seen.size())]; }
    ValueId weights(const Shape& shape, double low = -0.6, double high = 0.6) {
        std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
        for (float& value : values) value = static_cast<float>(m_random.uniform(low, high));
        return builder.floats(shape, values);
    }
    ValueId scalar(float value) { return builder.floats(Shape{}, {value}); }
    ValueId op(const char* name, std::vector<ValueId> inputs, std::map<std::string, graph::Attribute> attributes = {}) {
        return builder.add(name, std::move(inputs), std::move(attributes));
    }

    ValueId nothing(std::int64_t rank) {
        switch (m_random.below(6)) {
            case 0: return op("Identity", {m_last});
            case 1: return op("Dropout", {m_last});
            case 2: return op("Cast", {m_last}, {{"to", std::int64_t{1}}});
            case 3: return op("Reshape", {m_last, op("Shape", {m_last})});
            case 4: return op("Pad", {m_last, builder.ints(Ints(static_cast<std::size_t>(2 * rank), 0))});
            default: return op("Slice", {m_last, builder.ints({0}), builder.ints({INT64_MAX}), builder.ints({1})});
        }
    }

    ValueId activation() {
        switch (m_random.below(5)) {
            case 0: return op("Relu", {m_last});
            case 1: return op("Sigmoid", {m_last});
            case 2: return op("Clip", {m_last, scalar(-0.25F), scalar(0.5F)});
            case 3: return op("Clip", {m_last, kNoValue, scalar(0.5F)});
            default: return op("Mul", {m_last, op("Sigmoid", {m_last})});
        }
    }

    ValueId imageLayer() {
        switch (m_random.below(6)) {
            case 0: return nothing(4);
            case 1: return activation();
            case 2: return op("Add", chance(2) ? std::vector{m_last, earlier()} : std::vector{earlier(), m_last});
            case 3: return op("Mul", {m_last, op("Sqrt", {op("Add", {weights(Shape{4, 1, 1}, 0.2, 1), scalar(0.5F)})})});
            default: {
                std::vector<ValueId> inputs = {m_last, weights(Shape{4, 2, 3, 3})};
                if (chance(2)) inputs.push_back(weights(Shape{4}));
                ValueId value = op("Conv", inputs, {{"pads", Ints{1, 1, 1, 1}}, {"group", std::int64_t{2}}});
                if (chance(2)) {
                    value = op("BatchNormalization",
                               {value, weights(Shape{4}, 0.5, 1.5), weights(Shape{4}), weights(Shape{4}), weights(Shape{4}, 0.5, 1.5)});
                }
                return value;
            }
        }
    }

    ValueId rootMeanSquare(ValueId x) {
        const ValueId square = chance(2) ? op("Pow", {x, scalar(2)}) : op("Mul", {x, x});
        const ValueId root = op("Sqrt", {op("Add", {op("ReduceMean", {square}, {{"axes", Ints{chance(4) ? -2 : -1}}}), scalar(1e-2F)})});
        const ValueId normal = chance(2) ? op("Div", {x, root}) : op("Mul", {op("Reciprocal", {root}), x});
        return op("Mul", {weights(Shape{8}), normal});
    }

    ValueId gelu() {
        const ValueId sum = op("Add", {op("Erf", {op("Div", {m_last, scalar(std::sqrt(2.0F))})}), scalar(1)});
        return op("Mul", {op("Mul", {m_last, sum}), scalar(0.5F)});
    }

    /// [batch, sequence, 8] → rows → Gemm → back, with the target computed from Shape.
    ValueId rowsThroughGemm() {
        const ValueId rows = op("Reshape", {m_last, builder.ints({-1, 8})});
        const bool transposed = chance(2);
        std::vector<ValueId> inputs = {rows, weights(Shape{8, 8})};
        if (chance(2)) inputs.push_back(chance(2) ? weights(Shape{8}) : weights(Shape{}));
        const ValueId product = op(
            "Gemm", inputs, {{"transB", std::int64_t{transposed}}, {"alpha", chance(2) ? 1.0F : 0.5F}, {"beta", chance(2) ? 1.0F : 2.0F}});
        return op("Reshape", {product, op("Shape", {m_last})});
    }

    ValueId tokenLayer() {
        switch (m_random.below(9)) {
            case 0: return nothing(3);
            case 1: return activation();
            case 2: return op("Add", {m_last, earlier()});
            case 3: return rootMeanSquare(m_last);
            case 4: {
                const ValueId normal = rootMeanSquare(op("Sub", {m_last, op("ReduceMean", {m_last}, {{"axes", Ints{-1}}})}));
                return chance(2) ? normal : op("Add", {normal, weights(Shape{8})});
            }
            case 5: return gelu();
            case 6: return rowsThroughGemm();
            case 7: return op("Softmax", {m_last});
            default: {
                const ValueId product = op("MatMul", {m_last, weights(Shape{8, 8})});
                return chance(2) ? product : op("Add", {weights(chance(2) ? Shape{8} : Shape{1, 8}), product});
            }
        }
    }

    base::Random m_random;
    ValueId m_last = kNoValue;
    std::vector<ValueId> m_seen;
};

Result<std::vector<Tensor>> run(const Graph& graph, const Tensor& input) {
    std::vector<ref::RunValue> values(graph.values.size());
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        if (graph.values[i].constant) values[i] = *graph.values[i].constant;
    }
    values[static_cast<std::size_t>(graph.inputs[0])] = input;
    for (const graph::Node& node : graph.nodes) {
        std::vector<ref::RunValue> inputs;
        for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? ref::RunValue() : values[static_cast<std::size_t>(id)]);
        if (node.domain == "trimtab") {
            std::vector<Tensor> tensors;
            for (const ref::RunValue& value : inputs) tensors.push_back(std::get<Tensor>(value));
            TRIMTAB_TRY(Tensor result, testing::runFused(node, tensors));
            values[static_cast<std::size_t>(node.outputs[0])] = result;
            continue;
        }
        TRIMTAB_TRY(auto results, ref::evaluate(node, inputs));
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            if (node.outputs[i] != kNoValue) values[static_cast<std::size_t>(node.outputs[i])] = results[i];
        }
    }
    std::vector<Tensor> outputs;
    for (const ValueId id : graph.outputs) outputs.push_back(std::get<Tensor>(values[static_cast<std::size_t>(id)]));
    return outputs;
}

void expectSame(const std::vector<Tensor>& expected, const std::vector<Tensor>& got, std::uint64_t seed) {
    ASSERT_EQ(expected.size(), got.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(expected[i].shape(), got[i].shape()) << "seed " << seed;
        const auto left = tensor::toFloats(expected[i]);
        const auto right = tensor::toFloats(got[i]);
        for (std::size_t e = 0; e < left.size(); ++e) {
            ASSERT_NEAR(left[e], right[e], 1e-4 * (1 + std::fabs(left[e]))) << "seed " << seed << ", output " << i << ", element " << e;
        }
    }
}

std::set<std::string> namesOf(const Graph& graph) {
    std::set<std::string> names;
    for (const graph::Node& node : graph.nodes) names.insert(node.name);
    return names;
}

TEST(Passes, KeepTheOutputsOfRandomNetworks) {
    int fused = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const Graph original = RandomNetwork(seed).build();
        const bool image = original.value(original.inputs[0]).type.dims->size() == 4;
        const auto input = tensor::randomTensor(DataType::Float32, image ? Shape{2, 4, 6, 6} : Shape{2, 5, 8}, seed);
        ASSERT_TRUE(input);
        const auto expected = run(original, *input);
        ASSERT_TRUE(expected) << "seed " << seed << ": " << expected.error().text();

        Graph simplified = original;
        ref::ReferenceEvaluator evaluator;
        const Status simple = graph::simplify(simplified, evaluator);
        ASSERT_TRUE(simple) << "seed " << seed << ": " << simple.error().text();
        EXPECT_LE(simplified.nodes.size(), original.nodes.size());
        const auto between = run(simplified, *input);
        ASSERT_TRUE(between) << "seed " << seed << ": " << between.error().text();
        expectSame(*expected, *between, seed);

        for (Graph* start : {&simplified, static_cast<Graph*>(nullptr)}) {
            Graph fusedGraph = start != nullptr ? *start : original;
            const std::set<std::string> before = namesOf(fusedGraph);
            const Status status = graph::fuse(fusedGraph);
            ASSERT_TRUE(status) << "seed " << seed << ": " << status.error().text();
            const auto after = run(fusedGraph, *input);
            ASSERT_TRUE(after) << "seed " << seed << ": " << after.error().text();
            expectSame(*expected, *after, seed);
            std::set<std::string> origins;
            for (const graph::Node& node : fusedGraph.nodes) {
                EXPECT_TRUE(before.contains(node.name)) << node.name;
                const std::set<std::string> own(node.origins.begin(), node.origins.end());
                EXPECT_EQ(own.size(), node.origins.size()) << "an origin stands twice";
                origins.insert(own.begin(), own.end());
                fused += node.domain == "trimtab";
            }
            for (const std::string& name : start != nullptr ? before : std::set<std::string>()) {
                EXPECT_TRUE(origins.contains(name)) << "seed " << seed << ": nobody tells where " << name << " went";
            }
        }
    }
    EXPECT_GT(fused, 800);
}

/// Element-wise operators with transposes strewn among them: some meet, others lead elsewhere.
Graph turnedAbout(std::uint64_t seed) {
    base::Random random(seed);
    GraphBuilder builder;
    std::vector<ValueId> seen{builder.input("x", dims({3, 3, 3}))};  // equal extents, so that every order goes with every other
    const auto any = [&] { return seen[seen.size() - 1 - random.below(std::min<std::size_t>(seen.size(), 3))]; };
    const std::vector<Ints> orders{{0, 2, 1}, {1, 0, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};
    for (std::uint64_t i = 0, nodes = 4 + random.below(14); i < nodes; ++i) {
        const auto kind = random.below(10);
        if (kind < 5) seen.push_back(builder.add("Transpose", {any()}, {{"perm", orders[random.below(orders.size())]}}));
        else if (kind == 5) seen.push_back(builder.add("Sub", {any(), any()}));
        else if (kind == 6) seen.push_back(builder.add("Mul", {builder.floats(Shape{3, 1}, {1, -2, 0.5F}), any()}));
        else if (kind == 7) seen.push_back(builder.add("Softmax", {any()}, {{"axis", static_cast<std::int64_t>(random.below(3))}}));
        else seen.push_back(builder.add(kind == 8 ? "Sigmoid" : "Neg", {any()}));
        if (random.below(8) == 0) builder.output(seen.back());
    }
    if (!builder.graph.isOutput(seen.back())) builder.output(seen.back());
    return builder.graph;
}

TEST(Passes, CancelledTransposesKeepTheOutputs) {
    std::size_t gone = 0;
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        Graph graph = turnedAbout(seed);
        ASSERT_TRUE(graph::inferShapes(graph));
        const auto input = tensor::randomTensor(DataType::Float32, Shape{3, 3, 3}, seed);
        const auto expected = run(graph, *input);
        ASSERT_TRUE(expected) << "seed " << seed << ": " << expected.error().text();
        const auto count = [](const Graph& of) { return std::ranges::count(of.nodes, "Transpose", &graph::Node::op); };
        const auto before = count(graph);
        const auto cancelled = graph::cancelTransposes(graph);
        ASSERT_TRUE(cancelled) << "seed " << seed << ": " << cancelled.error().text();
        ASSERT_TRUE(graph.validate()) << "seed " << seed;
        EXPECT_LE(count(graph), before);
        const auto after = run(graph, *input);
        ASSERT_TRUE(after) << "seed " << seed << ": " << after.error().text();
        expectSame(*expected, *after, seed);
        gone += cancelled->size();
    }
    EXPECT_GT(gone, 300U);
}

/// What inference says of a network with symbols bound is what running it gives.
TEST(Passes, InferredShapesAreThoseOfTheRun) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Graph graph = RandomNetwork(seed).build();
        const bool image = graph.value(graph.inputs[0]).type.dims->size() == 4;
        const Shape shape = image ? Shape{3, 4, 6, 6} : Shape{1, 7, 8};
        ASSERT_TRUE(graph::bindInputShapes(graph, {{"x", shape}}));
        const auto outputs = run(graph, *tensor::randomTensor(DataType::Float32, shape, seed));
        ASSERT_TRUE(outputs);
        for (std::size_t i = 0; i < outputs->size(); ++i) {
            EXPECT_EQ(graph.value(graph.outputs[i]).type.shape(), (*outputs)[i].shape()) << "seed " << seed;
        }
    }
}

}  // namespace
}  // namespace trimtab
