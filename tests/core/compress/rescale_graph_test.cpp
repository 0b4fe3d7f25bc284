// Rescaling on graphs whose layers that share an input stand among others: whichever node reads it, the model means the same.
#include <cmath>

#include <gtest/gtest.h>

#include "core/compress/rescale/divide_input.h"
#include "core/compress/rescale/rescale_graph.h"
#include "tests/core/compress/calibration_by_reference.h"
#include "tests/core/compress/plain_math.h"
#include "tests/core/compress/structure_graphs.h"

namespace trimtab::compress {
namespace {

constexpr std::int64_t kWidth = 32;

class Transformer : public RandomLayers {
public:
    using RandomLayers::RandomLayers;

    ValueId tokens() { return input("x", dims({"batch", "tokens", static_cast<int>(kWidth)})); }
    /// A column or two of it are far larger than the others.
    ValueId unevenNorm(ValueId x) {
        std::vector<float> gains(static_cast<std::size_t>(kWidth), 1.0F);
        gains[static_cast<std::size_t>(below(16))] = 40;
        gains[static_cast<std::size_t>(16 + below(16))] = 15;
        return add("LayerNormalization", {x, floats({kWidth}, gains), normals({kWidth})}, {{"axis", std::int64_t{-1}}});
    }
    ValueId layer(const std::string& name, ValueId x) {
        const ValueId y = add("MatMul", {x, normals({kWidth, kWidth})});
        graph.nodes.back().name = name;
        graph.nodes.back().origins = {name};
        return y;
    }
    /// In place of attention: what matters is who reads what.
    ValueId mixed(ValueId q, ValueId k, ValueId v) { return add("Add", {q, add("Mul", {add("Tanh", {k}), v})}); }
};

Graph attention() {
    Transformer net(11);
    const ValueId x = net.tokens();
    const ValueId normed = net.unevenNorm(x);
    const ValueId q = net.layer("/0/q_proj", normed), k = net.layer("/0/k_proj", normed), v = net.layer("/0/v_proj", normed);
    return net.finish(net.add("Add", {x, net.layer("/0/o_proj", net.unevenNorm(net.mixed(q, k, v)))}));
}

/// Attention and feed-forward read one value; o_proj stands between q and fc1.
Graph parallelBlocks() {
    Transformer net(12);
    ValueId x = net.tokens();
    for (const std::string block : {"/0", "/1"}) {
        const ValueId shifted = net.add("Add", {net.unevenNorm(x), net.normals({kWidth})});  // which takes no division into itself
        const ValueId q = net.layer(block + "/q_proj", shifted), k = net.layer(block + "/k_proj", shifted);
        const ValueId v = net.layer(block + "/v_proj", shifted);
        const ValueId attended = net.layer(block + "/o_proj", net.mixed(q, k, v));
        const ValueId inner = net.add("Relu", {net.layer(block + "/fc1", shifted)});
        x = net.add("Add", {x, net.add("Add", {attended, net.layer(block + "/fc2", inner)})});
    }
    return net.finish(x);
}

/// K and V of every layer read what the encoder gave, which is an output as well.
Graph crossAttention() {
    Transformer net(13);
    ValueId x = net.tokens();
    const ValueId encoded = net.unevenNorm(net.layer("/encoder/fc", x));
    for (const std::string block : {"/decoder/0", "/decoder/1", "/decoder/2"}) {
        const ValueId normed = net.unevenNorm(x);
        const ValueId q = net.layer(block + "/q_proj", normed);
        const ValueId k = net.layer(block + "/k_proj", encoded), v = net.layer(block + "/v_proj", encoded);
        x = net.add("Add", {x, net.layer(block + "/o_proj", net.mixed(q, k, v))});
    }
    net.output(encoded);
    return net.finish(x);
}

Tensor batch(std::uint64_t seed) {
    base::Random random(seed);
    std::vector<float> values(2 * 6 * kWidth);
    for (float& value : values) value = static_cast<float>(random.normal());
    return Tensor::fromFloats({2, 6, kWidth}, values);
}

std::vector<float> outputsOf(const Graph& graph) {
    std::vector<float> all;
    const auto outputs = ref::evaluateGraph(graph, {batch(99)});
    EXPECT_TRUE(outputs) << outputs.error().text();
    for (const auto& output : *outputs) {
        const std::vector<float> values = tensor::toFloats(std::get<Tensor>(output));
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

void expectSameOutputs(const Graph& graph, const Graph& changed) {
    const auto wanted = outputsOf(graph), got = outputsOf(changed);
    ASSERT_EQ(got.size(), wanted.size());
    double error = 0, norm = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        error += std::pow(static_cast<double>(wanted[i]) - got[i], 2);
        norm += std::pow(static_cast<double>(wanted[i]), 2);
    }
    EXPECT_LT(std::sqrt(error / norm), 1e-5);
}

/// The graph by rescaling alone, checked to mean the same.
Graph rescaledBy(const Graph& graph, const std::string& recipe) {
    CalibrationByReference source({batch(1), batch(2)});
    PlainMath math;
    Tools tools;
    tools.activations = &source;
    tools.math = &math;
    const auto made = rescaled(graph, recipe::parse(recipe).value(), tools);
    EXPECT_TRUE(made) << recipe << ": " << made.error().text();
    if (!made) return graph;
    EXPECT_TRUE(made->validate()) << recipe;
    expectSameOutputs(graph, *made);
    return *made;
}

/// The same network with every float a double.
Graph inDouble(Graph graph) {
    for (graph::Value& value : graph.values) {
        if (value.type.type != DataType::Float32) continue;
        value.type.type = DataType::Float64;
        if (value.constant) value.constant = tensor::convert(*value.constant, DataType::Float64).value();
    }
    EXPECT_TRUE(graph.validate());
    return graph;
}

std::vector<double> doublesOf(const Graph& graph) {
    std::vector<double> all;
    const auto outputs = ref::evaluateGraph(graph, {tensor::convert(batch(99), DataType::Float64).value()});
    EXPECT_TRUE(outputs) << outputs.error().text();
    for (const auto& output : *outputs) {
        const auto& tensor = std::get<Tensor>(output);
        EXPECT_EQ(tensor.type(), DataType::Float64);
        for (std::int64_t i = 0; i < tensor.elementCount(); ++i) all.push_back(tensor::elementAsDouble(tensor, i));
    }
    return all;
}

const graph::Node& named(const Graph& graph, const std::string& name) {
    const auto found = std::ranges::find(graph.nodes, name, &graph::Node::name);
    EXPECT_NE(found, graph.nodes.end()) << name;
    return *found;
}

std::string allBy(const std::string& method, const std::string& rules = "") {
    const std::string tail = rules.empty() ? "" : R"(, "rules": [)" + rules + "]";
    return R"({"weights": {"bits": 4, "group": 32, "method": ")" + method + "\"}" + tail + "}";
}

TEST(Rescaling, MeansTheSameWhereARuleTakesALayerOutOfTheMiddleOfItsGroup) {
    for (const char* method : {"awq", "smoothquant"}) {
        const Graph graph = attention();
        const std::string weights = R"({"bits": 8, "group": 32, "method": ")" + std::string(method) + "\"}";
        const Graph made = rescaledBy(graph, allBy(method, R"({"match": {"name": "*k_proj*"}, "weights": )" + weights + "}"));
        EXPECT_EQ(named(made, "/0/q_proj").input(0), named(made, "/0/v_proj").input(0));
        EXPECT_NE(named(made, "/0/k_proj").input(0), named(made, "/0/q_proj").input(0)) << "scales of its own";
    }
}

TEST(Rescaling, MeansTheSameWhereARuleLeavesALayerOfAGroupAlone) {
    const Graph graph = attention();
    const Graph made = rescaledBy(graph, allBy("smoothquant", R"({"match": {"name": "*k_proj*"}, "weights": {"bits": 8}})"));
    EXPECT_EQ(named(made, "/0/k_proj").input(0), named(graph, "/0/k_proj").input(0));
}

TEST(Rescaling, MeansTheSameInParallelBlocks) {
    for (const char* method : {"awq", "smoothquant"}) {
        const Graph made = rescaledBy(parallelBlocks(), allBy(method));
        EXPECT_EQ(named(made, "/1/q_proj").input(0), named(made, "/1/fc1").input(0));
    }
}

TEST(Rescaling, MeansTheSameWhereEveryLayerReadsWhatTheEncoderGave) {
    for (const char* method : {"awq", "smoothquant"}) {
        const Graph made = rescaledBy(crossAttention(), allBy(method));
        for (const char* layer : {"/decoder/0/v_proj", "/decoder/1/k_proj", "/decoder/2/v_proj"})
            EXPECT_EQ(named(made, layer).input(0), named(made, "/decoder/0/k_proj").input(0)) << layer;
    }
}

// What rescaling does to weights and to what makes their inputs cancels to the last digits of a double; only rounding may cost accuracy.
TEST(Rescaling, IsExactInDoubleUntilWeightsAreRounded) {
    for (const Graph& graph : {inDouble(attention()), inDouble(parallelBlocks()), inDouble(crossAttention())}) {
        const std::vector<double> wanted = doublesOf(graph);
        for (const char* method : {"awq", "smoothquant"}) {
            CalibrationByReference source({tensor::convert(batch(1), DataType::Float64).value()});
            PlainMath math;
            Tools tools;
            tools.activations = &source;
            tools.math = &math;
            const auto made = rescaled(graph, recipe::parse(allBy(method)).value(), tools);
            ASSERT_TRUE(made) << made.error().text();
            const std::size_t scaled = static_cast<std::size_t>(std::ranges::count_if(
                made->values, [](const graph::Value& value) { return value.name.ends_with("_scaled"); }));
            EXPECT_GE(scaled, 4U) << method;
            const std::vector<double> got = doublesOf(*made);
            ASSERT_EQ(got.size(), wanted.size());
            double error = 0, norm = 0;
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                error = std::max(error, std::abs(got[i] - wanted[i]));
                norm = std::max(norm, std::abs(wanted[i]));
            }
            EXPECT_LT(error, 1e-13 * norm) << method;
        }
    }
}

TEST(DivideInputs, RewiresReadersThatInterleaveAndLeavesTheSharedProducerAlone) {
    Transformer net(14);
    const ValueId normed = net.unevenNorm(net.tokens());
    const ValueId q = net.layer("q", normed), k = net.layer("k", normed), v = net.layer("v", normed), w = net.layer("w", normed);
    Graph graph = net.finish(net.add("Add", {net.mixed(q, k, v), w}));
    const Graph before = graph;
    const auto place = [&](const char* name) { return static_cast<std::size_t>(&named(before, name) - before.nodes.data()); };
    const std::vector<float> halves(static_cast<std::size_t>(kWidth), 2.0F), quarters(static_cast<std::size_t>(kWidth), 4.0F);
    const std::vector<Division> divisions{{normed, {place("q"), place("v")}, halves}, {normed, {place("k"), place("w")}, quarters}};
    ASSERT_TRUE(divideInputs(graph, divisions));
    ASSERT_TRUE(graph.validate());
    EXPECT_EQ(graph.nodes.size(), before.nodes.size() + 2);
    const auto divisor = [&](const char* name) {
        const ValueId read = named(graph, name).input(0);
        const auto node = std::ranges::find_if(graph.nodes, [&](const graph::Node& each) { return each.output(0) == read; });
        EXPECT_EQ(node->op, "Mul") << name;
        EXPECT_EQ(node->input(0), normed) << name;
        return 1 / tensor::toFloats(*graph.constantOf(node->input(1)))[0];
    };
    EXPECT_EQ(divisor("q"), 2);
    EXPECT_EQ(divisor("v"), 2);
    EXPECT_EQ(divisor("k"), 4);
    EXPECT_EQ(divisor("w"), 4);
    EXPECT_EQ(named(graph, "q").origins, std::vector<std::string>{"q"});
}

}  // namespace
}  // namespace trimtab::compress
