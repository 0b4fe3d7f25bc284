// What units are worth, held against the outputs of products that really went without them.
#include <cmath>
#include <numeric>

#include "core/compress/structure/shrink.h"
#include "core/compress/structure/unit_importance.h"
#include "tests/core/compress/calibration_by_reference.h"
#include "tests/core/compress/plain_math.h"
#include "tests/core/compress/structure_graphs.h"

namespace trimtab::compress {
namespace {

struct Calibrated {
    explicit Calibrated(const Graph& graph) : source({sampleFor(graph, 31), sampleFor(graph, 32)}) {
        tools.activations = &source;
        tools.math = &math;
    }
    CalibrationByReference source;
    PlainMath math;
    Tools tools;
};

/// The results of node `index` on all batches.
std::vector<float> resultsOf(const Graph& graph, int index, ActivationSource& source) {
    std::vector<float> all;
    const ValueId value = graph.nodes[static_cast<std::size_t>(index)].output(0);
    EXPECT_TRUE(source.forEach(graph, std::span(&value, 1), [&](std::size_t, const Tensor& tensor) -> Status {
        const auto values = tensor::toFloats(tensor);
        all.insert(all.end(), values.begin(), values.end());
        return {};
    }));
    return all;
}

/// The graph with the biases of its products at zero, so that results are products alone.
Graph withoutBiases(Graph graph) {
    for (graph::Node& node : graph.nodes) {
        const Tensor* bias = node.is("Conv") || node.is("Gemm") ? graph.constantOf(node.input(2)) : nullptr;
        if (bias) node.inputs[2] = graph.addConstant("no_bias", *Tensor::zeros(DataType::Float32, bias->shape()));
    }
    return graph;
}

/// ‖y − ŷ‖² / ‖y‖², summed over the products that read the unit, ŷ with the unit's columns alone zeroed.
double measuredShare(const Graph& graph, const UnitGroups& found, int unit, ActivationSource& source) {
    std::vector<bool> leaves(static_cast<std::size_t>(found.unitCount), false);
    leaves[static_cast<std::size_t>(unit)] = true;
    double shares = 0;
    for (const Part& part : found.parts) {
        if (part.role != Part::Role::Reads || std::ranges::find(part.labels, unit) == part.labels.end()) continue;
        UnitGroups columnsAlone = found;
        columnsAlone.parts = {part};
        const auto lacking = masked(graph, columnsAlone, leaves);
        EXPECT_TRUE(lacking);
        const auto whole = resultsOf(graph, part.node, source), rest = resultsOf(*lacking, part.node, source);
        double lost = 0, all = 0;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            lost += std::pow(static_cast<double>(whole[i]) - rest[i], 2);
            all += std::pow(static_cast<double>(whole[i]), 2);
        }
        shares += lost / all;
    }
    return shares;
}

void expectMeasuredShares(const Graph& graph) {
    const UnitGroups found = findUnits(graph);
    Calibrated calibrated(graph);
    std::vector<bool> wanted(static_cast<std::size_t>(found.unitCount), false);
    for (const UnitGroup& group : found.groups)
        for (const int unit : group.units) wanted[static_cast<std::size_t>(unit)] = group.reason.empty();
    const auto shares = outputShares(graph, found, wanted, calibrated.tools);
    ASSERT_TRUE(shares) << shares.error().text();
    int checked = 0;
    for (const UnitGroup& group : found.groups) {
        if (!group.reason.empty()) continue;
        for (const int unit : {group.units.front(), group.units.back()}) {
            const double measured = measuredShare(graph, found, unit, calibrated.source);
            EXPECT_NEAR((*shares)[static_cast<std::size_t>(unit)], measured, 1e-4 * measured + 1e-7);
            checked += measured > 0 ? 1 : 0;  // some units behind a Relu are never active
        }
    }
    EXPECT_GT(checked, 1);
}

TEST(OutputShare, IsTheErrorThatTheReadersMakeWithoutTheUnit) {
    expectMeasuredShares(decoder(5, {AttentionForm::Repeat::Expand, false, false, true}));
    expectMeasuredShares(feedForward(6));
    for (std::uint64_t seed = 1; seed <= 6; ++seed) expectMeasuredShares(withoutBiases(convolutional(seed)));
}

TEST(OutputShare, WantsCalibrationData) {
    const Graph graph = feedForward(1);
    const UnitGroups found = findUnits(graph);
    EXPECT_FALSE(outputShares(graph, found, std::vector<bool>(static_cast<std::size_t>(found.unitCount), true), {}));
}

/// x (4 columns) → 3 hidden neurons → Relu → 2: the first neuron is never active, the second always, the third where x₀ > 0.
Graph threeNeurons() {
    RandomLayers net(1);
    const ValueId x = net.input("x", dims({"batch", 4}));
    std::vector<float> weights(12, 0.0F);
    weights[2] = 1;
    const ValueId hidden = net.add("Gemm", {x, net.floats({4, 3}, weights), net.floats({3}, {-1, 1, 0})});
    return net.finish(net.add("MatMul", {net.add("Relu", {hidden}), net.normals({3, 2})}));
}

TEST(ActiveShare, CountsTheRowsInWhichAUnitIsAboveATenthOfTheMean) {
    const Graph graph = threeNeurons();
    const UnitGroups found = findUnits(graph);
    CalibrationByReference source({Tensor::fromFloats({4, 4}, {5, 0, 0, 0, -5, 0, 0, 0, 5, 0, 0, 0, 0.01F, 0, 0, 0})});
    PlainMath math;
    Tools tools;
    tools.activations = &source;
    tools.math = &math;
    const auto shares = activeShares(graph, found, std::vector<bool>(static_cast<std::size_t>(found.unitCount), true), tools);
    ASSERT_TRUE(shares) << shares.error().text();
    const auto& units = found.groups[0].units;
    EXPECT_EQ((*shares)[static_cast<std::size_t>(units[0])], 0);
    EXPECT_EQ((*shares)[static_cast<std::size_t>(units[1])], 1);
    EXPECT_EQ((*shares)[static_cast<std::size_t>(units[2])], 0.5) << "0.01 is below a tenth of the mean";
}

TEST(Magnitude, IsTheNormOfAllThatLeavesWithTheUnit) {
    const Graph graph = threeNeurons();
    const UnitGroups found = findUnits(graph);
    const auto magnitudes = unitMagnitudes(graph, found);
    const auto read = tensor::toFloats(*graph.constantOf(graph.nodes.back().input(1)));
    const double made[] = {1, 1, 1};  // biases −1 and 1; weight 1
    for (std::size_t u = 0; u < 3; ++u)
        EXPECT_NEAR(
            magnitudes[static_cast<std::size_t>(found.groups[0].units[u])],
            std::sqrt(made[u] + static_cast<double>(read[2 * u]) * read[2 * u] + static_cast<double>(read[2 * u + 1]) * read[2 * u + 1]),
            1e-6);
}

TEST(BlockChange, IsWhatTheBlockAddsToItsStream) {
    const Graph graph = decoder(7, {}, 2, 1, 2);
    Calibrated calibrated(graph);
    const auto blocks = findBlocks(graph);
    ASSERT_EQ(blocks.size(), 2U);
    for (const ResidualBlock& block : blocks) {
        const auto change = changeBy(graph, block, calibrated.tools);
        ASSERT_TRUE(change) << change.error().text();
        const auto after = resultsOf(graph, block.residuals.back().sum, calibrated.source);
        const auto without = withoutBlocks(graph, {&block});
        ASSERT_TRUE(without);
        std::vector<float> before;
        const ValueId input = block.input();
        ASSERT_TRUE(calibrated.source.forEach(graph, std::span(&input, 1), [&](std::size_t, const Tensor& tensor) -> Status {
            const auto values = tensor::toFloats(tensor);
            before.insert(before.end(), values.begin(), values.end());
            return {};
        }));
        double lost = 0, all = 0;
        for (std::size_t i = 0; i < after.size(); ++i) {
            lost += std::pow(static_cast<double>(after[i]) - before[i], 2);
            all += std::pow(static_cast<double>(after[i]), 2);
        }
        EXPECT_NEAR(change->share, lost / all, 1e-6);
        EXPECT_GT(change->active, 0);
        EXPECT_LE(change->active, 1);
    }
}

}  // namespace
}  // namespace trimtab::compress
