// Recipes that take units out, as a whole.
#include <algorithm>

#include <gmock/gmock.h>

#include "core/compress/compress.h"
#include "core/compress/structure/residual_blocks.h"
#include "core/compress/structure/shrink.h"
#include "core/compress/structure/unit_groups.h"
#include "tests/core/compress/calibration_by_reference.h"
#include "tests/core/compress/plain_math.h"
#include "tests/core/compress/structure_graphs.h"

namespace trimtab::compress {
namespace {

using testing::HasSubstr;

Result<Compressed> compressed(const Graph& graph, const std::string& recipe) {
    CalibrationByReference source({sampleFor(graph, 3), sampleFor(graph, 4)});
    PlainMath math;
    Tools tools;
    tools.activations = &source;
    tools.math = &math;
    const auto parsed = recipe::parse(recipe);
    if (!parsed) return fail(parsed.error());
    return compress(graph, *parsed, tools);
}

std::string refusal(const Graph& graph, const std::string& recipe) {
    const auto made = compressed(graph, recipe);
    return made ? "accepted" : made.error().text();
}

Shape shapeAt(const Graph& graph, const std::string& node) {
    const auto found = std::ranges::find(graph.nodes, node, &graph::Node::name);
    return graph.constantOf(found->input(1))->shape();
}

std::vector<std::size_t> unitsLeft(const Graph& graph, UnitKind kind) {
    std::vector<std::size_t> counts;
    for (const UnitGroup& group : findUnits(graph).groups)
        if (group.kind == kind && group.reason.empty()) counts.push_back(group.units.size());
    return counts;
}

TEST(CompressUnits, TakesTheShareOfEachGroupByEveryMethod) {
    const Graph graph = decoder(1, {AttentionForm::Repeat::Expand, false, false, true}, 4, 2);
    for (const std::string method : {"magnitude", "taylor", "frequency", "random"}) {
        const auto neurons = compressed(graph, R"({"prune": {"pattern": "neurons", "ratio": 0.3, "method": ")" + method + "\"}}");
        ASSERT_TRUE(neurons) << neurons.error().text();
        EXPECT_THAT(unitsLeft(neurons->graph, UnitKind::Neurons), testing::ElementsAre(7U, 7U)) << method;
        EXPECT_THAT(unitsLeft(neurons->graph, UnitKind::Heads), testing::ElementsAre(4U, 4U)) << method;
        const auto heads = compressed(graph, R"({"prune": {"pattern": "heads", "ratio": 0.5, "method": ")" + method + "\"}}");
        ASSERT_TRUE(heads) << heads.error().text();
        EXPECT_THAT(unitsLeft(heads->graph, UnitKind::Heads), testing::ElementsAre(2U, 2U)) << method;
        EXPECT_EQ(outputsOf(heads->graph, sampleFor(graph, 1)).size(), outputsOf(graph, sampleFor(graph, 1)).size());
    }
}

/// Calibration that counts how often it is looked at.
class CountedCalibration final : public ActivationSource {
public:
    explicit CountedCalibration(const Graph& graph) : m_source({sampleFor(graph, 3), sampleFor(graph, 4)}) {}
    Status forEach(const Graph& graph, std::span<const graph::ValueId> values, const Take& take) override {
        ++looks;
        return m_source.forEach(graph, values, take);
    }
    void restart() override { m_source.restart(); }

    int looks = 0;

private:
    CalibrationByReference m_source;
};

/// What compression is handed where it keeps importances from one recipe to the next.
struct Remembering {
    explicit Remembering(ActivationSource& source) {
        tools.activations = &source;
        tools.math = &math;
        tools.knownScores = &known;
    }
    PlainMath math;
    KnownScores known;
    Tools tools;
};

TEST(CompressUnits, LooksAtActivationsOnceForAllRatiosOfASweep) {
    const Graph graph = decoder(1, {AttentionForm::Repeat::Expand, false, false, true}, 4, 2);
    const auto recipeOf = [](const std::string& method, const std::string& pattern, const std::string& ratio) {
        return recipe::parse(R"({"prune": {"pattern": ")" + pattern + R"(", "method": ")" + method + R"(", "ratio": )" + ratio + "}}")
            .value();
    };
    for (const std::string method : {"taylor", "frequency"}) {
        CountedCalibration source(graph);
        Remembering remembering(source);
        const Tools& tools = remembering.tools;
        ASSERT_TRUE(compress(graph, recipeOf(method, "neurons", "0.3"), tools));
        const int looks = source.looks;
        EXPECT_GT(looks, 0) << method;
        const auto more = compress(graph, recipeOf(method, "neurons", "0.6"), tools);
        ASSERT_TRUE(more) << more.error().text();
        EXPECT_EQ(source.looks, looks) << method;
        const auto alone = compressed(graph, recipe::canonical(recipeOf(method, "neurons", "0.6")));
        ASSERT_TRUE(alone);
        EXPECT_EQ(outputsOf(more->graph, sampleFor(graph, 1)), outputsOf(alone->graph, sampleFor(graph, 1))) << method;
        ASSERT_TRUE(compress(graph, recipeOf(method, "heads", "0.5"), tools));
        EXPECT_GT(source.looks, looks) << "of heads nothing was known by " << method;
    }
}

TEST(CompressUnits, MeasuresAnewWhereBlocksHaveLeftTheModel) {
    const Graph graph = decoder(7, {}, 2, 1, 3);
    const std::string neurons = R"({"prune": {"pattern": "neurons", "method": "taylor", "ratio": 0.4}})";
    CalibrationByReference source({sampleFor(graph, 3), sampleFor(graph, 4)});
    Remembering remembering(source);
    const Tools& tools = remembering.tools;
    const KnownScores& known = remembering.known;
    ASSERT_TRUE(compress(graph, recipe::parse(neurons).value(), tools));
    ASSERT_EQ(known.size(), 1U);
    // The same model less a block, as it is when neurons are looked at.
    const auto blocks = findBlocks(graph);
    const auto shorter = withoutBlocks(graph, {&blocks.front()}).value();
    const auto kept = compress(shorter, recipe::parse(neurons).value(), tools);
    ASSERT_TRUE(kept) << kept.error().text();
    const auto fresh = compressed(shorter, neurons);
    ASSERT_TRUE(fresh);
    EXPECT_EQ(outputsOf(kept->graph, sampleFor(graph, 1)), outputsOf(fresh->graph, sampleFor(graph, 1)));
    EXPECT_EQ(known.size(), 2U);
    // Another way to look at the same units is another score.
    const std::string repaired = R"({"prune": {"pattern": "neurons", "method": "taylor", "ratio": 0.4, "reconstruct": true}})";
    const auto fitted = compress(graph, recipe::parse(repaired).value(), tools), alone = compressed(graph, repaired);
    ASSERT_TRUE(fitted && alone);
    EXPECT_EQ(outputsOf(fitted->graph, sampleFor(graph, 1)), outputsOf(alone->graph, sampleFor(graph, 1)));
    EXPECT_EQ(known.size(), 3U);
}

TEST(CompressUnits, TellsWhatLayersWereAndWhatTheyAre) {
    const Graph graph = feedForward(2);
    const auto made = compressed(graph, R"({"prune": {"pattern": "neurons", "ratio": 0.5}})");
    ASSERT_TRUE(made) << made.error().text();
    std::int64_t before = 0, after = 0;
    for (const LayerCompression& layer : made->layers) {
        const Shape original = shapeAt(graph, layer.node), left = shapeAt(made->graph, layer.node);
        EXPECT_EQ(layer.originalBytes, original.elementCount() * 4);
        EXPECT_EQ(layer.storedBytes, left.elementCount() * 4);
        EXPECT_EQ(layer.parameters, left.elementCount());
        EXPECT_EQ(layer.density, 1);
        before += layer.originalBytes;
        after += layer.storedBytes;
    }
    EXPECT_LT(after, before);
    EXPECT_LT(made->storedBytes, made->originalBytes - (before - after) + 1);
}

TEST(CompressUnits, FollowsNeuronsThroughTheGelusOfOnnxRuntime) {
    for (const std::string op : {"FastGelu", "BiasGelu", "Gelu"}) {
        RandomLayers net(5);
        const ValueId wide = net.product(net.input("x", dims({"batch", "tokens", 6})), 6, 8, true);
        const auto inputs = op == "Gelu" ? std::vector{wide} : std::vector{wide, net.normals({8})};
        const Graph graph = net.finish(net.product(net.add(op, inputs, {}, "com.microsoft"), 8, 6, true));
        const auto made = compressed(graph, R"({"prune": {"pattern": "neurons", "ratio": 0.5, "method": "magnitude"}})");
        ASSERT_TRUE(made) << made.error().text();
        EXPECT_THAT(unitsLeft(made->graph, UnitKind::Neurons), testing::ElementsAre(4U)) << op;
        EXPECT_EQ(outputsOf(made->graph, sampleFor(graph, 1)).size(), outputsOf(graph, sampleFor(graph, 1)).size());
    }
}

TEST(CompressUnits, QuantisesWhatIsLeft) {
    const auto made = compressed(feedForward(3), R"({"prune": {"pattern": "neurons", "ratio": 0.5}, "weights": {"bits": 8}})");
    ASSERT_TRUE(made) << made.error().text();
    for (const LayerCompression& layer : made->layers) {
        EXPECT_EQ(layer.bits, 8);
        EXPECT_GT(layer.sqnrDb, 30);
    }
    for (const graph::Node& node : made->graph.nodes) EXPECT_FALSE(node.treatment.pruned) << "nothing is zero";
}

TEST(CompressUnits, KeepsTheBlockThatChangesItsStreamMost) {
    const Graph graph = decoder(4, {}, 2, 1, 3);
    const auto made = compressed(graph, R"({"prune": {"pattern": "blocks", "ratio": 0.34, "method": "taylor"}})");
    ASSERT_TRUE(made) << made.error().text();
    const auto rows = std::ranges::count_if(made->layers, [](const LayerCompression& layer) { return layer.storedBytes == 0; });
    EXPECT_EQ(rows, 7) << "queries, keys, values, output, gate, up and down of one block";
    EXPECT_EQ(made->layers.size(), compress(graph, {})->layers.size());
}

TEST(CompressUnits, FollowsRulesByTheLayersThatMakeThem) {
    const Graph graph = decoder(5, {}, 4, 1);
    std::vector<std::string> gates;
    for (const UnitGroup& group : findUnits(graph).groups)
        if (group.kind == UnitKind::Neurons && group.reason.empty())
            for (const int maker : group.makers) gates.push_back(graph.nodes[static_cast<std::size_t>(maker)].name);
    ASSERT_EQ(gates.size(), 4U);
    const auto rule = [](const std::string& name, const char* ratio) {
        return R"({"match": {"name": ")" + name + R"("}, "prune": {"pattern": "neurons", "ratio": )" + ratio + "}}";
    };
    const auto first = compressed(graph, R"({"rules": [)" + rule(gates[0], "0.5") + "," + rule(gates[1], "0.5") + "]}");
    ASSERT_TRUE(first) << first.error().text();
    EXPECT_THAT(unitsLeft(first->graph, UnitKind::Neurons), testing::ElementsAre(5U, 10U));
    const std::string torn = refusal(graph, R"({"rules": [)" + rule(gates[0], "0.5") + "," + rule(gates[1], "0.4") + "]}");
    EXPECT_THAT(torn, HasSubstr("prune"));
    EXPECT_THAT(torn, HasSubstr(gates[0]));
    EXPECT_THAT(torn, HasSubstr(gates[1]));
}

TEST(CompressUnits, RefusesAPatternThatFindsNothing) {
    EXPECT_THAT(refusal(feedForward(1), R"({"prune": {"pattern": "heads", "ratio": 0.5}})"), HasSubstr("prune.pattern \"heads\""));
    EXPECT_THAT(refusal(feedForward(1), R"({"prune": {"pattern": "channels", "ratio": 0.5}})"), HasSubstr("channels"));
    EXPECT_THAT(refusal(decoder(1, {}, 1, 1, 1), R"({"prune": {"pattern": "heads", "ratio": 0.5}})"), HasSubstr("heads"))
        << "one head is none";
}

TEST(CompressUnits, NamesWhatStaysAndWhy) {
    RandomLayers net(6);
    const ValueId x = net.input("x", dims({"batch", 4}));
    const ValueId normed = net.norm(net.product(x, 4, 6, false), 6);
    const ValueId hidden = net.add("Relu", {net.product(normed, 6, 8, false)});
    const auto made = compressed(net.finish(net.product(hidden, 8, 3, false)), R"({"prune": {"pattern": "neurons", "ratio": 0.5}})");
    ASSERT_TRUE(made) << made.error().text();
    ASSERT_EQ(made->leftAlone.size(), 2U);
    EXPECT_EQ(made->leftAlone[0].layer, "MatMul_0");
    EXPECT_THAT(made->leftAlone[0].reason, HasSubstr("LayerNormalization"));
    EXPECT_THAT(made->leftAlone[1].reason, HasSubstr("output"));
}

TEST(CompressUnits, OneThresholdTakesTheShareOfAllUnitsTogether) {
    const Graph graph = feedForward(7);
    std::size_t all = 0, left = 0;
    for (const std::size_t units : unitsLeft(graph, UnitKind::Neurons)) all += units;
    const auto made = compressed(graph, R"({"prune": {"pattern": "neurons", "ratio": 0.5, "scope": "global", "method": "taylor"}})");
    ASSERT_TRUE(made) << made.error().text();
    for (const std::size_t units : unitsLeft(made->graph, UnitKind::Neurons)) left += units;
    EXPECT_EQ(left, all - all / 2);
}

TEST(CompressUnits, BySensitivityHoldsTheMeanOverAllWeights) {
    const Graph graph = feedForward(8);
    for (const std::string method : {"magnitude", "wanda"}) {
        const auto made = compressed(graph, R"({"prune": {"ratio": 0.5, "scope": "sensitivity", "method": ")" + method + "\"}}");
        ASSERT_TRUE(made) << made.error().text();
        double zeros = 0, weights = 0, rounded = 0;
        bool differ = false;
        for (const LayerCompression& layer : made->layers) {
            zeros += (1 - layer.density) * static_cast<double>(layer.parameters);
            weights += static_cast<double>(layer.parameters);
            const Shape shape = shapeAt(graph, layer.node);  // [columns, rows]
            rounded += method == "wanda" ? static_cast<double>(shape[1]) : 1;
            differ = differ || std::abs(layer.density - made->layers.front().density) > 0.05;
        }
        EXPECT_LE(zeros, 0.5 * weights) << method;
        EXPECT_GT(zeros, 0.5 * weights - rounded) << method << ": rounded down in every row, or layer";
        EXPECT_TRUE(differ);
    }
}

TEST(CompressUnits, LeavesOutWhatTheReaderCannotMean) {
    const Graph graph = feedForward(9);
    EXPECT_THAT(refusal(graph, R"({"prune": {"pattern": "neurons", "ratio": 0.5, "method": "sparsegpt"}})"), HasSubstr("prune.method"));
    EXPECT_THAT(refusal(graph, R"({"prune": {"pattern": "neurons", "ratio": 0.5, "scope": "sensitivity"}})"), HasSubstr("prune.scope"));
    EXPECT_THAT(refusal(graph, R"({"prune": {"pattern": "2:4", "scope": "sensitivity"}})"), HasSubstr("prune.scope"));
    EXPECT_THAT(refusal(graph, R"({"prune": {"pattern": "neurons", "ratio": 0.5, "scope": "global", "method": "random"}})"),
                HasSubstr("prune.scope"));
}

}  // namespace
}  // namespace trimtab::compress
