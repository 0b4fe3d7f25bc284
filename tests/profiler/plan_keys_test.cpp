#include "profiler/worker/plan_keys.h"

#include <gtest/gtest.h>

namespace trimtab::worker {
namespace {

struct Plan {
    std::vector<trace::LayerRecord> layers{1};
    trial::Environment environment{"cpu", "0.1.0", "avx2", 2, "device", "host", "system"};
    std::vector<NamedTensor> inputs{{"x", Tensor::zeros(DataType::Float32, {1, 4}).value()}};

    Plan() {
        layers[0].node = "product";
        layers[0].kernel = "onednn";
        layers[0].parameters = 100;
    }
    std::string speed() const { return planKey(layers, environment, inputs); }
    std::string numerics() const { return numericsKey(layers, environment, calibration); }
    std::string calibration;
};

TEST(PlanKey, DoesNotCareHowWeightsWereRoundedOrTimed) {
    Plan a;
    Plan b;
    b.layers[0].sqnrDb = 20;
    b.layers[0].medianNs = 5;
    b.layers[0].reason = "another reason";
    EXPECT_EQ(a.speed(), b.speed());
}

TEST(PlanKey, StandsWhenTheCacheOfADeviceBecomesKnown) {
    Plan a;
    Plan b;
    b.environment.lastLevelCacheBytes = 32 << 20;
    EXPECT_EQ(a.speed(), b.speed());
}

TEST(PlanKey, TellsApartWhatRunsDifferently) {
    const Plan plan;
    const auto differs = [&](auto change) {
        Plan other;
        change(other);
        return other.speed() != plan.speed();
    };
    EXPECT_TRUE(differs([](Plan& p) { p.layers[0].kernel = "csr"; }));
    EXPECT_TRUE(differs([](Plan& p) { p.layers[0].weightBits = 8; }));
    EXPECT_TRUE(differs([](Plan& p) { p.layers[0].activationBits = 8; }));
    EXPECT_TRUE(differs([](Plan& p) { p.layers[0].group = 32; }));
    EXPECT_TRUE(differs([](Plan& p) { p.layers[0].compute = "bf16"; }));
    EXPECT_TRUE(differs([](Plan& p) { p.layers[0].density = 0.5; }));
    EXPECT_TRUE(differs([](Plan& p) { p.inputs[0].tensor = Tensor::zeros(DataType::Float32, {2, 4}).value(); }));
    EXPECT_TRUE(differs([](Plan& p) { p.environment.threads = 1; }));
}

TEST(NumericsKey, CaresForTheTypesOfProductsOnly) {
    const Plan plan;
    Plan other;
    other.environment.threads = 1;
    other.inputs.clear();
    other.layers[0].weightBits = 4;
    EXPECT_EQ(plan.numerics(), other.numerics());
    other.layers[0].compute = "bf16";
    EXPECT_NE(plan.numerics(), other.numerics());
    other = Plan();
    other.calibration = "other data";
    EXPECT_NE(plan.numerics(), other.numerics());
    other = Plan();
    other.environment.instructionSet = "avx512";
    EXPECT_NE(plan.numerics(), other.numerics());
}

TEST(ScalesPerBatch, AreThoseTakenOverAWholeTensorWhileItRuns) {
    Graph graph;
    graph.nodes.resize(1);
    graph::Treatment& treatment = graph.nodes[0].treatment;
    EXPECT_FALSE(scalesPerBatch(graph));
    treatment.activationBits = 8;
    EXPECT_TRUE(scalesPerBatch(graph));
    treatment.activationPerToken = true;
    EXPECT_FALSE(scalesPerBatch(graph)) << "each token has its own";
    treatment.activationPerToken = false;
    treatment.activationGroup = 32;
    EXPECT_FALSE(scalesPerBatch(graph)) << "so has each group of a token's columns";
    treatment.activationGroup = 0;
    treatment.activationStep = graph::ActivationStep{0.1F, 3};
    EXPECT_FALSE(scalesPerBatch(graph)) << "known before";
    treatment = {};
    treatment.compute = graph::ComputeType::Float8;
    EXPECT_TRUE(scalesPerBatch(graph));
    treatment = {};
    graph.nodes[0].op = "DynamicQuantizeLinear";
    EXPECT_TRUE(scalesPerBatch(graph)) << "the file's own";
}

}  // namespace
}  // namespace trimtab::worker
