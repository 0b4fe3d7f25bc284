#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/compress/compress.h"
#include "core/compress/layer_weight.h"
#include "core/tensor/convert.h"
#include "tests/core/compress/model.h"
#include "tests/core/recipe/random_recipe.h"

namespace trimtab::compress {
namespace {

using graph::ComputeType;

std::vector<float> weightOf(const Graph& graph, const std::string& name) {
    const graph::Value& value = graph.value(nodeOf(graph, name).input(1));
    return tensor::toFloats(value.quantized ? *value.quantized->dequantize() : *value.constant);
}

TEST(Compress, TheIdentityChangesNothing) {
    const Model model = smallModel();
    const auto compressed = compress(model.graph, {});
    ASSERT_TRUE(compressed) << compressed.error().text();
    EXPECT_EQ(compressed->originalBytes, (8 * 36 + 360) * 4);
    EXPECT_EQ(compressed->storedBytes, compressed->originalBytes);
    ASSERT_EQ(compressed->layers.size(), 2U);
    EXPECT_EQ(compressed->layers[0].node, "/blocks.0/conv");
    EXPECT_EQ(compressed->layers[0].parameters, 288);
    EXPECT_FALSE(compressed->layers[0].sqnrDb);
    EXPECT_EQ(compressed->layers[0].density, 1);
    for (const graph::Node& node : compressed->graph.nodes) EXPECT_EQ(node.treatment, graph::Treatment{});
    EXPECT_EQ(weightOf(compressed->graph, "/head/fc"), weightOf(model.graph, "/head/fc"));
}

TEST(Compress, TheGivenGraphStaysAsItWas) {
    const Model model = smallModel();
    const auto before = weightOf(model.graph, "/head/fc");
    ASSERT_TRUE(compress(model.graph, recipeOf(R"({"prune": {"ratio": 0.5}, "weights": {"bits": 4}})")));
    EXPECT_EQ(weightOf(model.graph, "/head/fc"), before);
    EXPECT_EQ(nodeOf(model.graph, "/head/fc").treatment, graph::Treatment{});
}

TEST(Compress, PrunesEachLayerToTheRatioAndKeepsTheOthersValues) {
    const Model model = smallModel();
    const auto compressed = compress(model.graph, recipeOf(R"({"prune": {"ratio": 0.75}})"));
    ASSERT_TRUE(compressed);
    for (const char* name : {"/blocks.0/conv", "/head/fc"}) {
        const auto before = weightOf(model.graph, name);
        const auto after = weightOf(compressed->graph, name);
        EXPECT_EQ(std::count(after.begin(), after.end(), 0.0F), static_cast<std::ptrdiff_t>(before.size() * 3 / 4));
        for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(after[i] == 0 || after[i] == before[i]);
        EXPECT_TRUE(nodeOf(compressed->graph, name).treatment.pruned);
        EXPECT_DOUBLE_EQ(nodeOf(compressed->graph, name).treatment.density, 0.25);
        EXPECT_EQ(nodeOf(compressed->graph, name).treatment.weightBits, 32);
    }
    EXPECT_EQ(compressed->layers[1].density, 0.25);
    EXPECT_EQ(compressed->storedBytes, compressed->originalBytes) << "masked weights are stored dense";
}

TEST(Compress, GlobalPruningHoldsTheRatioOverAllLayers) {
    Model model = smallModel();
    auto& fc = model.graph.value(nodeOf(model.graph, "/head/fc").input(1));
    std::vector<float> small = tensor::toFloats(*fc.constant);
    for (float& value : small) value *= 0.01F;
    fc.constant = Tensor::fromFloats({36, 10}, small);
    const auto compressed = compress(model.graph, recipeOf(R"({"prune": {"ratio": 0.5, "scope": "global"}})"));
    ASSERT_TRUE(compressed);
    const auto conv = weightOf(compressed->graph, "/blocks.0/conv");
    const auto head = weightOf(compressed->graph, "/head/fc");
    EXPECT_EQ(std::count(conv.begin(), conv.end(), 0.0F) + std::count(head.begin(), head.end(), 0.0F), (288 + 360) / 2);
    EXPECT_GT(std::count(head.begin(), head.end(), 0.0F), std::count(conv.begin(), conv.end(), 0.0F) * 10);
}

TEST(Compress, QuantisesByRowsWhateverTheLayoutOfTheTensor) {
    const Model model = smallModel();
    const auto compressed = compress(model.graph, recipeOf(R"({"weights": {"bits": 4, "group": 16}})"));
    ASSERT_TRUE(compressed);
    const graph::Value& fc = compressed->graph.value(nodeOf(compressed->graph, "/head/fc").input(1));
    ASSERT_TRUE(fc.quantized && !fc.constant);
    EXPECT_EQ(fc.quantized->rows, 10);
    EXPECT_EQ(fc.quantized->columns, 36);
    EXPECT_EQ(fc.quantized->groups(), 3) << "16 + 16 + 4 columns";
    const auto before = weightOf(model.graph, "/head/fc");
    const auto after = weightOf(compressed->graph, "/head/fc");
    double signal = 0;
    double noise = 0;
    for (std::int64_t k = 0; k < 36; ++k) {
        for (std::int64_t n = 0; n < 10; ++n) {
            const auto at = static_cast<std::size_t>(k * 10 + n);
            EXPECT_LE(std::abs(before[at] - after[at]), fc.quantized->scales[static_cast<std::size_t>(n * 3 + k / 16)] * 0.5001F);
            signal += std::pow(before[at], 2.0);
            noise += std::pow(static_cast<double>(before[at]) - after[at], 2.0);
        }
    }
    EXPECT_NEAR(compressed->layers[1].sqnrDb.value(), 10 * std::log10(signal / noise), 1e-9);
    EXPECT_EQ(compressed->layers[1].storedBytes, 360 / 2 + 30 * 4);
    EXPECT_EQ(compressed->layers[1].group, 16);
    EXPECT_EQ(nodeOf(compressed->graph, "/head/fc").treatment.weightBits, 4);
    EXPECT_EQ(nodeOf(compressed->graph, "/head/fc").treatment.compute, ComputeType::Float32);
}

TEST(Compress, MoreBitsNeverMakeALayerWorse) {
    const Model model = smallModel();
    double last = 0;
    for (int bits = 2; bits <= 8; ++bits) {
        recipe::Recipe recipe;
        ASSERT_TRUE(recipe::setAxis(recipe, "weights.bits", bits));
        const auto compressed = compress(model.graph, recipe);
        ASSERT_TRUE(compressed);
        EXPECT_GT(compressed->layers[0].sqnrDb, last);
        last = compressed->layers[0].sqnrDb.value();
    }
    EXPECT_GT(last, 40);
}

TEST(Compress, EveryFormatReachesTheGraphAndTheReport) {
    struct Case {
        const char* weights;
        const char* format;
        int bits;
        std::int64_t group;
        double leastSqnr;
    };
    const Model model = smallModel();
    for (const Case& c :
         {Case{R"("bits": 8, "format": "fp8_e4m3")", "fp8_e4m3", 8, 0, 29},
          Case{R"("bits": 8, "format": "fp8_e5m2")", "fp8_e5m2", 8, 0, 23},
          Case{R"("bits": 4, "format": "nf4", "group": 12)", "nf4", 4, 12, 18},
          Case{R"("bits": 4, "format": "fp4", "group": 12)", "fp4", 4, 12, 17}, Case{R"("bits": 4, "format": "mxfp4")", "mxfp4", 4, 32, 15},
          Case{R"("bits": 4, "format": "nvfp4")", "nvfp4", 4, 16, 17},
          Case{R"("bits": 8, "format": "fixed", "group": -1)", "fixed Q2.5", 8, -1, 34}}) {
        const auto made = compress(model.graph, recipeOf((std::string(R"({"weights": {)") + c.weights + "}}").c_str()));
        ASSERT_TRUE(made) << made.error().text();
        for (const LayerCompression& layer : made->layers) {
            EXPECT_EQ(layer.format, c.format);
            EXPECT_EQ(layer.bits, c.bits);
            EXPECT_EQ(layer.group, c.group);
            EXPECT_GT(layer.sqnrDb, c.leastSqnr) << c.format;
        }
        const auto& codes = made->graph.value(nodeOf(made->graph, "/head/fc").input(1)).quantized;
        ASSERT_TRUE(codes);
        EXPECT_EQ(made->layers[1].storedBytes, codes->storedBytes());
        EXPECT_LT(made->layers[1].storedBytes, made->layers[1].originalBytes * (c.bits + 4) / 32);
    }
    const auto half = compress(model.graph, recipeOf(R"({"rules": [{"match": {"op": "Conv"}, "weights": {"bits": 16}}]})"));
    ASSERT_TRUE(half);
    EXPECT_EQ(half->layers[0].format, "bf16");
    EXPECT_EQ(half->layers[1].format, "fp32");
}

TEST(Compress, PrunedWeightsStayZeroWhenQuantised) {
    const Model model = smallModel();
    for (const char* recipe : {R"({"prune": {"ratio": 0.5}, "weights": {"bits": 3}})",
                               R"({"prune": {"ratio": 0.5}, "weights": {"bits": 3, "scheme": "asymmetric"}})"}) {
        const auto masked = compress(model.graph, recipeOf(R"({"prune": {"ratio": 0.5}})"));
        const auto both = compress(model.graph, recipeOf(recipe));
        ASSERT_TRUE(masked && both);
        const auto zeros = weightOf(masked->graph, "/head/fc");
        const auto coded = weightOf(both->graph, "/head/fc");
        for (std::size_t i = 0; i < zeros.size(); ++i) EXPECT_TRUE(zeros[i] != 0 || coded[i] == 0);
        EXPECT_EQ(nodeOf(both->graph, "/head/fc").treatment.density, 0.5) << "of the pruning; how codes were rounded does not matter";
        EXPECT_LE(both->layers[1].density, 0.5);
    }
}

TEST(Compress, SixteenBitWeightsAreRoundedAndNamed) {
    const Model model = smallModel();
    for (const char* format : {"bf16", "fp16"}) {
        const auto compressed =
            compress(model.graph, recipeOf(("{\"weights\": {\"bits\": 16, \"format\": \"" + std::string(format) + "\"}}").c_str()));
        ASSERT_TRUE(compressed);
        const graph::Node& node = nodeOf(compressed->graph, "/head/fc");
        EXPECT_EQ(node.treatment.weightBits, 16);
        EXPECT_EQ(node.treatment.weightsBfloat, std::string(format) == "bf16");
        EXPECT_EQ(compressed->graph.value(node.input(1)).constant->type(), DataType::Float32);
        const auto before = weightOf(model.graph, "/head/fc");
        const auto after = weightOf(compressed->graph, "/head/fc");
        const float relative = node.treatment.weightsBfloat ? 0x1p-8F : 0x1p-11F;
        for (std::size_t i = 0; i < before.size(); ++i) EXPECT_LE(std::abs(before[i] - after[i]), std::abs(before[i]) * relative);
        EXPECT_EQ(compressed->storedBytes * 2, compressed->originalBytes);
    }
}

TEST(Compress, WeightsKeepTheTypeOfTheModel) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16, DataType::Float64}) {
        Model model;
        model.node("fc", "MatMul", {model.input, model.weight("w", *tensor::convert(randomWeight({8, 4}, 3), type))});
        const auto compressed = compress(model.graph, recipeOf(R"({"prune": {"ratio": 0.5}})"));
        ASSERT_TRUE(compressed) << compressed.error().text();
        const Tensor& weight = *compressed->graph.value(compressed->graph.nodes[0].input(1)).constant;
        EXPECT_EQ(weight.type(), type);
        const auto before = weightOf(model.graph, "fc");
        const auto after = tensor::toFloats(weight);
        EXPECT_EQ(std::count(after.begin(), after.end(), 0.0F), 16);
        for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(after[i] == 0 || after[i] == before[i]);
    }
}

TEST(Compress, ComputeReachesProductsWithAndWithoutWeights) {
    const Model model = smallModel();
    const auto bfloat = compress(model.graph, recipeOf(R"({"compute": "bf16"})"));
    ASSERT_TRUE(bfloat);
    EXPECT_EQ(nodeOf(bfloat->graph, "/blocks.0/conv").treatment.compute, ComputeType::BFloat16);
    EXPECT_EQ(nodeOf(bfloat->graph, "/scores").treatment.compute, ComputeType::BFloat16);
    EXPECT_EQ(nodeOf(bfloat->graph, "/blocks.0/relu").treatment, graph::Treatment{});
    EXPECT_FALSE(bfloat->layers[0].sqnrDb);

    for (const auto& [text, type] :
         {std::pair(R"({"compute": "tf32"})", ComputeType::Tf32), std::pair(R"({"compute": "fp8"})", ComputeType::Float8)}) {
        const auto narrow = compress(model.graph, recipeOf(text));
        ASSERT_TRUE(narrow);
        EXPECT_EQ(nodeOf(narrow->graph, "/blocks.0/conv").treatment.compute, type);
        EXPECT_EQ(nodeOf(narrow->graph, "/scores").treatment.compute, type) << "its scales come from the run, so no weight is needed";
    }

    const auto integer = compress(model.graph, recipeOf(R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8}})"));
    ASSERT_TRUE(integer);
    const graph::Treatment& conv = nodeOf(integer->graph, "/blocks.0/conv").treatment;
    EXPECT_EQ(conv.compute, ComputeType::Int8);
    EXPECT_EQ(conv.weightBits, 8);
    EXPECT_EQ(conv.activationBits, 8);
    EXPECT_EQ(nodeOf(integer->graph, "/scores").treatment, graph::Treatment{}) << "products of two activations stay as they are";
}

TEST(Compress, RulesTreatTheirLayersApart) {
    const Model model = smallModel();
    const auto compressed =
        compress(model.graph, recipeOf(R"({"weights": {"bits": 4}, "rules": [{"match": {"name": "/head/*"}, "weights": {"bits": 32}},
                                                                             {"match": {"block": 0}, "weights": {"bits": 6}}]})"));
    ASSERT_TRUE(compressed) << compressed.error().text();
    EXPECT_EQ(compressed->layers[0].bits, 6);
    EXPECT_EQ(compressed->layers[1].bits, 32);
    EXPECT_FALSE(compressed->layers[1].sqnrDb);
}

TEST(Compress, AnErrorAboveTheSignalIsNoUntouchedWeight) {
    const std::vector<float> before{1, -2}, after{3, -2};
    EXPECT_NEAR(signalToNoiseDb(before, after).value(), 10 * std::log10(5.0 / 4), 1e-12);
    EXPECT_NEAR(signalToNoiseDb(std::vector<float>{1}, std::vector<float>{3}).value(), 10 * std::log10(0.25), 1e-12);
    EXPECT_FALSE(signalToNoiseDb(before, before));
}

TEST(Compress, ALostInfinityLeavesNoSignal) {
    Model model;
    model.node("fc", "MatMul", {model.input, model.weight("w", Tensor::fromFloats({2, 2}, {INFINITY, INFINITY, INFINITY, 1}))});
    const auto compressed = compress(model.graph, recipeOf(R"({"prune": {"ratio": 0.5}})"));
    ASSERT_TRUE(compressed);
    EXPECT_EQ(compressed->layers[0].sqnrDb, 0);
}

TEST(Compress, AnEmbeddingTiedToTheHeadKeepsItsValues) {
    Model model;
    const auto table = model.weight("table", randomWeight({6, 4}, 9));
    model.node("embed", "Gather", {table, model.input});
    model.node("head", "MatMul", {model.input, table});
    const auto compressed = compress(model.graph, recipeOf(R"({"weights": {"bits": 2}})"));
    ASSERT_TRUE(compressed);
    EXPECT_EQ(tensor::toFloats(*compressed->graph.constantOf(compressed->graph.nodes[0].input(0))), weightOf(model.graph, "head"));
    EXPECT_TRUE(compressed->graph.value(compressed->graph.nodes[1].input(1)).quantized);
    EXPECT_TRUE(compressed->graph.validate());
    EXPECT_EQ(compressed->storedBytes, compressed->originalBytes + compressed->layers[0].storedBytes) << "both stand in the model";
}

TEST(Compress, LayersThatShareAWeightAreTreatedAlike) {
    Model model;
    const auto shared = model.weight("w", randomWeight({4, 4}, 9));
    const auto first = model.node("first", "MatMul", {model.input, shared});
    model.node("second", "MatMul", {first, shared});
    const auto compressed = compress(
        model.graph, recipeOf(R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8", "prune": {"ratio": 0.5}})"));
    ASSERT_TRUE(compressed);
    EXPECT_EQ(compressed->graph.nodes[0].input(1), compressed->graph.nodes[1].input(1));
    EXPECT_EQ(compressed->graph.nodes[0].treatment, compressed->graph.nodes[1].treatment);
    EXPECT_EQ(compressed->graph.nodes[1].treatment.compute, ComputeType::Int8);
    EXPECT_EQ(compressed->layers.size(), 1U);
}

TEST(Compress, StopsBetweenLayersWhenCancelled) {
    const Model model = smallModel();
    int polls = 0;
    Tools tools;
    tools.cancelled = [&] { return ++polls == 2; };
    const auto compressed = compress(model.graph, recipeOf(R"({"weights": {"bits": 4}})"), tools);
    ASSERT_FALSE(compressed);
    EXPECT_EQ(compressed.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(polls, 2);
}

TEST(Compress, AnyRecipeThatIsTakenGivesAValidGraphTwiceTheSame) {
    const Model model = smallModel();
    int taken = 0;
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        recipe::Recipe recipe = recipe::randomRecipe(seed);
        if (recipe.needsCalibration()) continue;  // tests/profiler/calibration_test.cpp
        for (recipe::Rule& rule : recipe.rules) rule.match.name.reset();
        const auto compressed = compress(model.graph, recipe);
        if (!compressed) {
            EXPECT_EQ(compressed.error().code, ErrorCode::Refused) << recipe::canonical(recipe);
            const bool asksForUnits = recipe.base.prune && recipe::removesUnits(*recipe.base.prune);  // of which this model has none
            EXPECT_TRUE(asksForUnits || !recipe.rules.empty()) << "only rules and units can miss: " << compressed.error().text();
            continue;
        }
        ++taken;
        EXPECT_TRUE(compressed->graph.validate());
        std::int64_t stored = compressed->originalBytes;
        for (const LayerCompression& layer : compressed->layers) stored += layer.storedBytes - layer.originalBytes;
        EXPECT_EQ(compressed->storedBytes, stored);
        const auto again = compress(model.graph, recipe);
        EXPECT_EQ(weightOf(again->graph, "/head/fc"), weightOf(compressed->graph, "/head/fc"));
    }
    EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace trimtab::compress
