// Convolutions with groups: each group meets inputs of its own, and yet the layer is one weight.
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "core/compress/compress.h"
#include "core/tensor/code_values.h"
#include "tests/core/compress/calibration_by_reference.h"
#include "tests/core/compress/plain_math.h"
#include "tests/core/compress/structure_graphs.h"

namespace trimtab::compress {
namespace {

constexpr std::int64_t kGroups = 4;
constexpr std::int64_t kOutputs = 16;
constexpr std::int64_t kColumns = 2 * 3 * 3;
constexpr std::int64_t kInFirstGroup = kOutputs / kGroups * kColumns;

/// One convolution; the weights of its first group are ten times those of the others.
Graph groupedConvolution() {
    RandomLayers net(21);
    std::vector<float> weights(static_cast<std::size_t>(kOutputs * kColumns));
    for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] = static_cast<float>(net.random.normal() * (i < static_cast<std::size_t>(kInFirstGroup) ? 1 : 0.1));
    const ValueId x = net.input("x", dims({"batch", 8, 6, 6}));
    return net.finish(net.add("Conv", {x, net.floats({kOutputs, 2, 3, 3}, weights)}, {{"pads", Ints{1, 1, 1, 1}}, {"group", kGroups}}));
}

Tensor images(std::uint64_t seed) {
    base::Random random(seed);
    std::vector<float> values(8 * 8 * 6 * 6);
    for (float& value : values) value = static_cast<float>(random.normal());
    return Tensor::fromFloats({8, 8, 6, 6}, values);
}

Compressed madeOf(const Graph& graph, const std::string& recipe) {
    CalibrationByReference source({images(1), images(2)});
    PlainMath math;
    Tools tools;
    tools.activations = &source;
    tools.math = &math;
    auto made = compress(graph, recipe::parse(recipe).value(), tools);
    EXPECT_TRUE(made) << recipe << ": " << made.error().text();
    return made ? std::move(*made) : Compressed{};
}

Graph compressed(const Graph& graph, const std::string& recipe) { return madeOf(graph, recipe).graph; }

const graph::Value& weightOf(const Graph& graph) { return graph.value(graph.nodes[0].input(1)); }

std::vector<float> valuesOf(const Graph& graph) {
    const graph::Value& weight = weightOf(graph);
    return weight.quantized ? tensor::decodedRows(*weight.quantized) : tensor::toFloats(*weight.constant);
}

/// Σ of squares by which the outputs on inputs that calibration did not see differ.
double loss(const Graph& graph, const Graph& changed) {
    const auto wanted = ref::evaluateGraph(graph, {images(9)}), got = ref::evaluateGraph(changed, {images(9)});
    const std::vector<float> a = tensor::toFloats(std::get<Tensor>((*wanted)[0])), b = tensor::toFloats(std::get<Tensor>((*got)[0]));
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
    return sum;
}

std::string weights(const std::string& method, const std::string& more) {
    return R"({"weights": {"bits": 8, "method": ")" + method + "\"" + more + "}}";
}

TEST(GroupedConvolution, HasOneStepPerTensorWhateverTheMethod) {
    const Graph graph = groupedConvolution();
    const std::vector<float> values = valuesOf(graph);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    for (const std::string method : {"rtn", "mse", "hqq", "gptq"}) {
        for (const std::string scheme : {"symmetric", "asymmetric"}) {
            const Graph made = compressed(graph, weights(method, R"(, "group": -1, "scheme": ")" + scheme + "\""));
            const tensor::QuantizedWeight& codes = *weightOf(made).quantized;
            EXPECT_EQ(std::set<float>(codes.scales.begin(), codes.scales.end()).size(), 1U) << method << scheme;
            EXPECT_LE(std::set<int>(codes.zeroPoints.begin(), codes.zeroPoints.end()).size(), 1U) << method << scheme;
            if (method == "mse" || method == "hqq") continue;
            const float range = scheme == "symmetric" ? std::max(-*least, *most) / 127 : (*most - *least) / 255;
            EXPECT_NEAR(codes.scales[0], range, 1e-6 * range) << method << scheme << ": of the whole weight's range";
        }
    }
}

TEST(GroupedConvolution, HasAStepEachChannelWithoutAGroup) {
    const Graph graph = groupedConvolution();
    for (const std::string method : {"rtn", "gptq"}) {
        const Graph made = compressed(graph, weights(method, ""));
        const tensor::QuantizedWeight& codes = *weightOf(made).quantized;
        const std::vector<float> values = valuesOf(graph);
        for (std::size_t row = 0; row < codes.scales.size(); ++row) {
            float largest = 0;
            for (std::size_t j = 0; j < kColumns; ++j) largest = std::max(largest, std::abs(values[row * kColumns + j]));
            EXPECT_FLOAT_EQ(codes.scales[row], largest / 127) << method << row;
        }
    }
}

TEST(GroupedConvolution, IsPrunedToTheRatioAsAWholeByEveryMethodThatRanksALayer) {
    const Graph graph = groupedConvolution();
    for (const std::string method : {"magnitude", "sparsegpt"}) {
        const Graph made = compressed(graph, R"({"prune": {"ratio": 0.2, "method": ")" + method + "\"}}");
        const std::vector<float> values = valuesOf(made);
        EXPECT_EQ(std::count(values.begin(), values.end(), 0.0F), 57) << method << ": 0.2 · 288";
        EXPECT_LE(std::count(values.begin(), values.begin() + kInFirstGroup, 0.0F), 5)
            << method << ": a weight of the first group is small one time in ten";
    }
    const double magnitude = loss(graph, compressed(graph, R"({"prune": {"ratio": 0.2}})"));
    EXPECT_LE(loss(graph, compressed(graph, R"({"prune": {"ratio": 0.2, "method": "sparsegpt"}})")), 1.02 * magnitude);
}

TEST(GroupedConvolution, TellsHowManyRowsOfInputSpokeForItsColumns) {
    const Graph graph = groupedConvolution();
    constexpr std::int64_t kRows = 2 * 8 * 6 * 6;  // batches, images, positions
    for (const std::string& recipe : {weights("gptq", ""), std::string(R"({"prune": {"ratio": 0.2, "method": "sparsegpt"}})")}) {
        const LayerCompression layer = madeOf(graph, recipe).layers.at(0);
        EXPECT_EQ(layer.inputColumns, kColumns) << recipe;
        EXPECT_EQ(layer.calibrationRows, kRows) << recipe;
    }
    EXPECT_EQ(madeOf(graph, weights("rtn", "")).layers.at(0).inputColumns, 0) << "asks nobody";
}

TEST(GroupedConvolution, CountsOneScalePerTensorAndSaysSo) {
    const Graph graph = groupedConvolution();
    constexpr std::int64_t kCodes = kOutputs * kColumns;
    const LayerCompression one = madeOf(graph, weights("gptq", R"(, "group": -1)")).layers.at(0);
    EXPECT_EQ(one.storedBytes, kCodes + 4);
    EXPECT_EQ(one.group, -1);
    EXPECT_EQ(madeOf(graph, weights("rtn", R"(, "group": -1, "scheme": "asymmetric")")).layers.at(0).storedBytes, kCodes + 4 + 1);
    const LayerCompression each = madeOf(graph, weights("rtn", "")).layers.at(0);
    EXPECT_EQ(each.storedBytes, kCodes + 4 * kOutputs);
    EXPECT_EQ(each.group, 0);
    const Compressed again = madeOf(compressed(graph, weights("rtn", R"(, "group": -1)")), "{}");
    EXPECT_EQ(again.layers.at(0).group, -1) << "of codes that a model arrives with";
    EXPECT_EQ(again.layers.at(0).storedBytes, kCodes + 4);
}

}  // namespace
}  // namespace trimtab::compress
