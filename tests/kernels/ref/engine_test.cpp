#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/memory_budget.h"
#include "core/tensor/convert.h"
#include "kernels/ref/graph_run.h"
#include "kernels/ref/reference_engine.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using graph::ValueId;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tensor::toFloats;

/// x[rows, 6] · w[6, 3] → y, or a Conv of x[1, 2, 3, 3] with w[3, 2, 2, 2]: small enough to be followed by hand.
Graph product(const std::string& op, Shape xShape, const Tensor& w, std::shared_ptr<const tensor::QuantizedWeight> quantized = nullptr) {
    Graph graph;
    graph.opsets[""] = 13;
    const ValueId x = graph.addValue({.name = "x", .type = graph::ValueType::of(DataType::Float32, xShape)});
    const ValueId weight = graph.addValue({.name = "w", .type = graph::ValueType::of(DataType::Float32, w.shape())});
    if (quantized) graph.value(weight).quantized = std::move(quantized);
    else graph.value(weight).constant = w;
    const ValueId y = graph.addValue({.name = "y"});
    graph.value(y).type.type = DataType::Float32;
    graph.inputs = {x};
    graph.outputs = {y};
    graph::Node node;
    node.name = "layer";
    node.op = op;
    node.version = 13;
    node.inputs = {x, weight};
    node.outputs = {y};
    node.origins = {"layer"};
    graph.nodes = {node};
    return graph;
}

std::shared_ptr<tensor::QuantizedWeight> integerWeight(const Shape& shape, tensor::WeightLayout layout, std::int64_t rows,
                                                       std::int64_t columns, std::int64_t group) {
    auto weight = std::make_shared<tensor::QuantizedWeight>();
    weight->originalShape = shape;
    weight->layout = layout;
    weight->rows = rows;
    weight->columns = columns;
    weight->group = group;
    for (std::int64_t i = 0; i < rows * columns; ++i) weight->codes.push_back(static_cast<std::int8_t>((i * 37 + 11) % 255 - 127));
    for (std::int64_t i = 0; i < rows * weight->groups(); ++i) weight->scales.push_back(0.01F * static_cast<float>(i + 1));
    return weight;
}

Tensor run(const Graph& graph, const Tensor& x) {
    const auto model = makeReferenceEngine()->compile(graph, {});
    EXPECT_TRUE(model) << model.error().text();
    const std::vector<NamedTensor> inputs{{"x", x}};
    const auto outputs = (*model)->run(inputs);
    EXPECT_TRUE(outputs) << outputs.error().text();
    return outputs->front().tensor;
}

TEST(ReferenceEngine, FormsIntegerProductsOfDynamicallyQuantisedActivationsByGroup) {
    const auto weight = integerWeight({6, 3}, tensor::WeightLayout::OutputsLast, 3, 6, 4);
    Graph graph = product("MatMul", {2, 6}, Tensor::fromFloats({6, 3}, std::vector<float>(18, 0)), weight);
    graph.nodes[0].treatment = {.compute = graph::ComputeType::Int8, .weightBits = 8, .activationBits = 8};
    const Tensor x = noise({2, 6}, 7);
    float low = 0, high = 0;
    for (const float v : x.data<float>()) low = std::min(low, v), high = std::max(high, v);
    const float scale = (high - low) / 255.0F;
    const long zero = std::lrint(-low / scale);
    std::vector<float> expected;
    for (std::size_t m = 0; m < 2; ++m)
        for (std::size_t n = 0; n < 3; ++n) {
            double total = 0;
            for (std::size_t k = 0; k < 6; ++k) {
                const long q = std::min(255L, std::max(0L, std::lrint(x.data<float>()[m * 6 + k] / scale) + zero));
                total += double{weight->scales[n * 2 + k / 4]} * static_cast<double>((q - zero) * weight->codes[n * 6 + k]);
            }
            expected.push_back(static_cast<float>(total * double{scale}));
        }
    const Tensor y = run(graph, x);
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(y.data<float>()[i], expected[i]);
}

TEST(ReferenceEngine, GivesEachGroupOfARowsActivationsAScaleOfItsOwn) {
    const auto weight = integerWeight({6, 3}, tensor::WeightLayout::OutputsLast, 3, 6, 4);
    Graph graph = product("MatMul", {2, 6}, Tensor::fromFloats({6, 3}, std::vector<float>(18, 0)), weight);
    graph.nodes[0].treatment = {.compute = graph::ComputeType::Int8, .weightBits = 8, .activationBits = 8, .activationGroup = 4};
    const Tensor x = noise({2, 6}, 7);
    const auto values = x.data<float>();
    std::vector<float> expected;
    for (std::size_t m = 0; m < 2; ++m)
        for (std::size_t n = 0; n < 3; ++n) {
            double total = 0;
            for (std::size_t g = 0; g < 2; ++g) {
                const std::size_t begin = m * 6 + g * 4, count = g == 0 ? 4 : 2;
                float largest = 0;
                for (std::size_t k = 0; k < count; ++k) largest = std::max(largest, std::fabs(values[begin + k]));
                const float scale = largest / 127.0F;
                long sum = 0;
                for (std::size_t k = 0; k < count; ++k) sum += std::lrint(values[begin + k] / scale) * weight->codes[n * 6 + g * 4 + k];
                total += double{scale} * double{weight->scales[n * 2 + g]} * static_cast<double>(sum);
            }
            expected.push_back(static_cast<float>(total));
        }
    const Tensor y = run(graph, x);
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(y.data<float>()[i], expected[i]);
}

TEST(ReferenceEngine, ConvWithIntegersEqualsTheFloatConvOfQuantisedValuesIncludingPadding) {
    const auto weight = integerWeight({3, 2, 2, 2}, tensor::WeightLayout::OutputsFirst, 3, 8, 8);
    Graph graph = product("Conv", {1, 2, 3, 3}, Tensor::fromFloats({3, 2, 2, 2}, std::vector<float>(24, 0)), weight);
    graph.nodes[0].attributes["pads"] = Ints{1, 1, 0, 0};
    graph.nodes[0].treatment = {.compute = graph::ComputeType::Int8, .weightBits = 8, .activationBits = 8};
    const Tensor x = noise({1, 2, 3, 3}, 9);
    const auto quantized = call(node("DynamicQuantizeLinear", 11, {}, 3), {x});
    ASSERT_TRUE(quantized);
    const Tensor back = first(node("DequantizeLinear", 13), *quantized);
    const Tensor expected = first(node("Conv", 13, {{"pads", Ints{1, 1, 0, 0}}}), {back, *weight->dequantize()});
    const Tensor y = run(graph, x);
    ASSERT_EQ(y.shape(), expected.shape());
    for (std::size_t i = 0; i < 27; ++i)
        EXPECT_NEAR(y.data<float>()[i], expected.data<float>()[i], 1e-5 * (1 + std::fabs(expected.data<float>()[i])));
}

TEST(ReferenceEngine, DequantisesWeightsThatOnlyTheirStorageNarrows) {
    const auto weight = integerWeight({6, 3}, tensor::WeightLayout::OutputsLast, 3, 6, 6);
    Graph graph = product("MatMul", {2, 6}, Tensor::fromFloats({6, 3}, std::vector<float>(18, 0)), weight);
    graph.nodes[0].treatment.weightBits = 8;
    const Tensor x = noise({2, 6}, 7);
    EXPECT_EQ(toFloats(run(graph, x)), toFloats(first(node("MatMul", 13), {x, *weight->dequantize()})));
}

TEST(ReferenceEngine, RoundsBothFactorsToBfloat16AndKeepsAFloat32Result) {
    const Tensor w = noise({6, 3}, 3), x = noise({2, 6}, 4);
    Graph graph = product("MatMul", {2, 6}, w);
    graph.nodes[0].treatment.compute = graph::ComputeType::BFloat16;
    const auto narrow = [](float v) { return tensor::bfloatToFloat(tensor::floatToBfloat(v)); };
    const Tensor y = run(graph, x);
    for (std::size_t m = 0; m < 2; ++m)
        for (std::size_t n = 0; n < 3; ++n) {
            float sum = 0;
            for (std::size_t k = 0; k < 6; ++k) sum += narrow(x.data<float>()[m * 6 + k]) * narrow(w.data<float>()[k * 3 + n]);
            EXPECT_EQ(y.data<float>()[m * 3 + n], sum);
        }
}

TEST(ReferenceEngine, RoundsBothFactorsToTenMantissaBitsForTf32) {
    const Tensor w = noise({6, 3}, 3), x = noise({2, 6}, 4);
    Graph graph = product("MatMul", {2, 6}, w);
    graph.nodes[0].treatment.compute = graph::ComputeType::Tf32;
    const auto narrow = [](float v) {
        int exponent = 0;
        const double fraction = std::frexp(double{v}, &exponent);
        return static_cast<float>(std::ldexp(std::nearbyint(fraction * 2048), exponent - 11));
    };
    const Tensor y = run(graph, x);
    for (std::size_t m = 0; m < 2; ++m)
        for (std::size_t n = 0; n < 3; ++n) {
            float sum = 0;
            for (std::size_t k = 0; k < 6; ++k) sum += narrow(x.data<float>()[m * 6 + k]) * narrow(w.data<float>()[k * 3 + n]);
            EXPECT_EQ(y.data<float>()[m * 3 + n], sum);
        }
}

/// The nearest of e4m3's finite values, by search over all of them; of two equally near the even code.
float nearestFloat8(double value) {
    double best = 0;
    for (int code = 0; code < 0x7f; ++code) {
        const double here = code < 8 ? std::ldexp(code / 8.0, -6) : std::ldexp(1 + code % 8 / 8.0, code / 8 - 7);
        const double closer = std::fabs(here - std::fabs(value)) - std::fabs(best - std::fabs(value));
        if (closer < 0 || (closer == 0 && code % 2 == 0)) best = here;
    }
    return static_cast<float>(value < 0 ? -best : best);
}

float float8ScaleOf(const Tensor& tensor) {
    float largest = 0;
    for (const float value : tensor.data<float>()) largest = std::max(largest, std::fabs(value));
    return largest / 448.0F;
}

TEST(ReferenceEngine, FormsFp8ProductsUnderOneScaleATensor) {
    const Tensor w = noise({6, 3}, 3), x = noise({2, 6}, 4);
    const float scaleX = float8ScaleOf(x), scaleW = float8ScaleOf(w);
    Graph graph = product("MatMul", {2, 6}, w);
    graph.nodes[0].treatment.compute = graph::ComputeType::Float8;
    const Tensor y = run(graph, x);
    for (std::size_t m = 0; m < 2; ++m)
        for (std::size_t n = 0; n < 3; ++n) {
            float sum = 0;
            for (std::size_t k = 0; k < 6; ++k)
                sum += nearestFloat8(x.data<float>()[m * 6 + k] / scaleX) * nearestFloat8(w.data<float>()[k * 3 + n] / scaleW);
            EXPECT_EQ(y.data<float>()[m * 3 + n], sum * scaleX * scaleW);
        }
}

TEST(ReferenceEngine, Fp8ReachesConvolutionsAndProductsOfTwoActivations) {
    const auto rounded = [](Tensor tensor) {
        const float scale = float8ScaleOf(tensor);
        for (float& value : tensor.mutableData<float>()) value = nearestFloat8(value / scale) * scale;
        return tensor;
    };
    const auto expectNear = [](const Tensor& y, const Tensor& expected) {
        ASSERT_EQ(y.shape(), expected.shape());
        for (std::int64_t i = 0; i < y.elementCount(); ++i)
            EXPECT_NEAR(toFloats(y)[static_cast<std::size_t>(i)], toFloats(expected)[static_cast<std::size_t>(i)], 1e-5);
    };
    const Tensor filter = noise({3, 2, 2, 2}, 3), image = noise({1, 2, 3, 3}, 4);
    Graph conv = product("Conv", {1, 2, 3, 3}, filter);
    conv.nodes[0].treatment.compute = graph::ComputeType::Float8;
    expectNear(run(conv, image), first(node("Conv", 13), {rounded(image), rounded(filter)}));

    const Tensor a = noise({2, 3, 6}, 5), b = noise({2, 6, 4}, 6);
    Graph batched = product("MatMul", {2, 3, 6}, b);
    batched.nodes[0].treatment.compute = graph::ComputeType::Float8;
    expectNear(run(batched, a), first(node("MatMul", 13), {rounded(a), rounded(b)}));
}

TEST(ReferenceEngine, LabelsEveryTreatmentEmulatedAndPlainNodesNative) {
    Graph graph = product("MatMul", {2, 6}, noise({6, 3}, 3));
    const auto engine = makeReferenceEngine();
    const auto plain = engine->compile(graph, {});
    ASSERT_TRUE(plain);
    EXPECT_EQ((*plain)->layers()[0].execution, trace::Execution::Native);
    EXPECT_EQ((*plain)->layers()[0].kernel, "reference");
    for (const graph::Treatment& treatment :
         {graph::Treatment{.compute = graph::ComputeType::BFloat16}, graph::Treatment{.compute = graph::ComputeType::Tf32},
          graph::Treatment{.compute = graph::ComputeType::Float8}, graph::Treatment{.weightBits = 4},
          graph::Treatment{.compute = graph::ComputeType::Int8, .weightBits = 8, .activationBits = 8}}) {
        graph.nodes[0].treatment = treatment;
        EXPECT_EQ(engine->supports(graph, graph.nodes[0]).level, runtime::Support::Level::Emulated);
        const auto model = engine->compile(graph, {});
        ASSERT_TRUE(model);
        EXPECT_EQ((*model)->layers()[0].execution, trace::Execution::Emulated);
        EXPECT_FALSE((*model)->layers()[0].reason.empty());
    }
}

TEST(ReferenceEngine, ChecksInputsByNameTypeAndShape) {
    const auto model = makeReferenceEngine()->compile(product("MatMul", {2, 6}, noise({6, 3}, 3)), {});
    ASSERT_TRUE(model);
    const auto refusedFor = [&](const std::vector<NamedTensor>& inputs, const std::string& name) {
        const auto outputs = (*model)->run(inputs);
        EXPECT_FALSE(outputs);
        EXPECT_EQ(outputs.error().code, ErrorCode::Refused);
        EXPECT_THAT(outputs.error().text(), HasSubstr(name));
    };
    refusedFor({}, "x");
    refusedFor({{"z", ramp({2, 6})}}, "z");
    refusedFor({{"x", ramp({2, 6})}, {"x", ramp({2, 6})}}, "x");
    refusedFor({{"x", ramp({2, 7})}}, "x");
    refusedFor({{"x", ramp({12})}}, "x");
    refusedFor({{"x", *tensor::convert(ramp({2, 6}), DataType::Float64)}}, "x");
}

TEST(ReferenceEngine, NamesEachUnknownOperatorOnceBeforeRunning) {
    Graph graph = product("MatMul", {2, 6}, noise({6, 3}, 3));
    graph.nodes.push_back(graph.nodes[0]);
    graph.nodes[0].op = graph.nodes[1].op = "Gradient";
    const auto model = makeReferenceEngine()->compile(graph, {});
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::Unsupported);
    const std::string text = model.error().text();
    EXPECT_EQ(text.find("Gradient"), text.rfind("Gradient"));
    EXPECT_NE(text.find("Gradient"), std::string::npos);
}

struct Scopes final : trace::NodeListener {
    void beginNode(std::int32_t layer) override { events.push_back(layer); }
    void endNode(std::int32_t layer) override { events.push_back(-layer - 1); }
    std::vector<std::int32_t> events;
};

/// `length` Relu nodes in a row.
Graph chain(std::size_t length, std::int64_t elements) {
    Graph graph;
    ValueId last = graph.addValue({.name = "x", .type = graph::ValueType::of(DataType::Float32, {elements})});
    graph.inputs = {last};
    for (std::size_t i = 0; i < length; ++i) {
        const std::string name = "relu" + std::to_string(i);
        graph::Node node;
        node.name = name;
        node.op = "Relu";
        node.version = 13;
        node.inputs = {last};
        last = graph.addValue({.name = name + "_y", .type = graph::ValueType::of(DataType::Float32, {elements})});
        node.outputs = {last};
        graph.nodes.push_back(node);
    }
    graph.outputs = {last};
    return graph;
}

TEST(ReferenceEngine, TellsTheListenerWhereItIs) {
    const auto model = makeReferenceEngine()->compile(chain(2, 4), {});
    ASSERT_TRUE(model);
    Scopes scopes;
    const std::vector<NamedTensor> inputs{{"x", ramp({4})}};
    ASSERT_TRUE((*model)->run(inputs, &scopes));
    EXPECT_THAT(scopes.events, ElementsAre(0, -1, 1, -2));
}

TEST(ReferenceEngine, LetsGoOfValuesAfterTheirLastReader) {
    const std::int64_t elements = 1 << 18;
    const Graph graph = chain(16, elements);
    auto& budget = base::MemoryBudget::process();
    const std::int64_t before = budget.limit();
    const Tensor x = ramp({elements});
    budget.setLimit(budget.used() + 3 * elements * 4);
    const auto result = evaluateGraph(graph, {RunValue(x)});
    budget.setLimit(before);
    EXPECT_TRUE(result) << result.error().text();
}

TEST(Recurrent, RunsBothDirectionsAsIfEachWereAlone) {
    const std::int64_t steps = 5, batch = 2, input = 3, hidden = 4;
    struct Case {
        const char* op;
        std::int64_t gates;
    };
    for (const Case& c : {Case{"RNN", 1}, Case{"GRU", 3}, Case{"LSTM", 4}}) {
        const std::int64_t rows = c.gates * hidden;
        const Tensor x = noise({steps, batch, input}, 1), w = noise({2, rows, input}, 2), r = noise({2, rows, hidden}, 3),
                     b = noise({2, 2 * rows}, 4);
        const auto half = [](const Tensor& t, std::int64_t d) { return first(node("Gather", 13), {t, ints({d})}); };
        const auto recurrent = [&](const char* direction) {
            return node(c.op, 14, {{"direction", std::string(direction)}, {"hidden_size", hidden}}, 2);
        };
        const Tensor both = first(recurrent("bidirectional"), {x, w, r, b});
        const Tensor forward = first(recurrent("forward"), {x, half(w, 0), half(r, 0), half(b, 0)});
        // Backwards is forwards over the sequence turned around.
        const Ints turned{4, 3, 2, 1, 0};
        const Tensor flipped = first(node("Gather", 13), {x, ints(turned)});
        const Tensor backward =
            first(node("Gather", 13), {first(recurrent("forward"), {flipped, half(w, 1), half(r, 1), half(b, 1)}), ints(turned)});
        const Tensor joined = first(node("Concat", 13, {{"axis", std::int64_t{1}}}), {forward, backward});
        EXPECT_EQ(toFloats(both), toFloats(joined)) << c.op;
    }
}

TEST(Recurrent, RefusesWeightsAndLengthsThatDoNotFit) {
    const Tensor x = ramp({2, 1, 3}), w = ramp({1, 4, 3}), r = ramp({1, 4, 4});
    EXPECT_EQ(refusal(node("RNN", 14, {{"hidden_size", std::int64_t{5}}}), {x, w, r}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("RNN", 14), {x, ramp({1, 4, 2}), r}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("RNN", 14), {x, w, r, Tensor(), Tensor::fromValues<std::int32_t>(DataType::Int32, {1}, {3})}),
              ErrorCode::Refused);
    EXPECT_EQ(refusal(node("LSTM", 14), {x, w, r}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("RNN", 14, {{"activations", std::vector<std::string>{"Tanh", "Tanh"}}}), {x, w, r}), ErrorCode::Refused);
}

}  // namespace
}  // namespace trimtab::ref::testing
