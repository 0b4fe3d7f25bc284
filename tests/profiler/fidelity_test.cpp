// Fidelity node by node, on the sample models and the engine that a worker uses.
#include <cmath>
#include <gtest/gtest.h>

#include "core/evaluate/score.h"
#include "core/ipc/messages_fidelity.h"
#include "core/runtime/inputs.h"
#include "kernels/cpu/cpu_engine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

using trace::FidelityProfile;
using trace::kMostDecibels;

class Fidelity : public testing::Test {
protected:
    static std::string sampleFile(const std::string& name) {
        return std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/" + name + "/" + name + ".onnx";
    }
    static ipc::FidelityRequest requestFor(const std::string& name, const std::string& recipe) {
        ipc::FidelityRequest request;
        request.model.model = sampleFile(name);
        request.model.recipe = recipe::parse(recipe).value();
        request.model.setting.threads = 2;
        if (name == "language") request.model.setting.symbols["sequence"] = 24;
        request.samples = 4;
        return request;
    }
    FidelityProfile profileOf(const ipc::FidelityRequest& request) {
        const auto answer = fidelity(ipc::toJson(request), m_bench, m_call);
        EXPECT_TRUE(answer) << answer.error().text();
        return answer ? trace::fidelityProfileFromJson(*answer).value() : FidelityProfile{};
    }
    static std::size_t indexOf(const FidelityProfile& profile, const std::string& node) {
        const auto found = std::ranges::find(profile.nodes, node, &trace::NodeFidelity::node);
        EXPECT_NE(found, profile.nodes.end()) << node;
        return static_cast<std::size_t>(found - profile.nodes.begin());
    }

    Workbench m_bench;
    Call m_call{[](double, const std::string&) {}, [] { return false; }};
};

TEST_F(Fidelity, OfTheUntouchedModelIsPerfectEverywhere) {
    for (const char* name : {"language", "classifier"}) {
        const FidelityProfile profile = profileOf(requestFor(name, "{}"));
        EXPECT_GT(profile.comparedNodes(), 5U);
        EXPECT_EQ(profile.samples, 4);
        EXPECT_FALSE(profile.firstDeparture() || profile.mostNoise());
        for (const auto& node : profile.nodes) {
            if (!node.skipped.empty()) continue;
            EXPECT_EQ(node.sqnrDb, kMostDecibels) << node.node;
            EXPECT_FALSE(node.isTreated) << node.node;
        }
    }
}

TEST_F(Fidelity, DepartsAtTheOneLayerThatWasTouched) {
    for (const auto& [name, layer] :
         {std::pair{"language", "/layers.3/feed/up/MatMul"}, std::pair{"language", "/layers.1/attention/key/MatMul"}}) {
        const FidelityProfile profile = profileOf(requestFor(
            name, R"({"rules": [{"match": {"name": ")" + std::string(layer) + R"("}, "weights": {"bits": 3}}]})"));
        const std::size_t touched = indexOf(profile, layer);
        for (std::size_t i = 0; i < touched; ++i)
            if (profile.nodes[i].skipped.empty()) { EXPECT_EQ(profile.nodes[i].sqnrDb, kMostDecibels) << profile.nodes[i].node; }
        EXPECT_EQ(profile.firstDeparture(), touched);
        EXPECT_EQ(profile.mostNoise(), touched);
        EXPECT_EQ(profile.nodes[touched].inputSqnrDb, kMostDecibels);
        EXPECT_LT(profile.nodes[touched].sqnrDb, 30) << "three bits";
        EXPECT_GT(profile.nodes[touched].sqnrDb, 3);
        EXPECT_EQ(std::ranges::count_if(profile.nodes, &trace::NodeFidelity::isTreated), 1);
    }
}

TEST_F(Fidelity, AtTheOutputIsWhatTwoWholeRunsGive) {
    for (const char* name : {"language", "classifier"}) {
        auto request = requestFor(name, R"({"weights": {"bits": 5}})");
        request.samples = 1;
        const FidelityProfile profile = profileOf(request);
        auto untouched = request.model;
        untouched.recipe = {};
        const auto reference = m_bench.compiled(untouched, m_call).value();
        const auto changed = m_bench.compiled(request.model, m_call).value();
        const auto inputs = runtime::makeInputs(reference->compressed->graph, request.model.setting).value();
        const auto wanted = reference->model->run(inputs).value();
        const auto got = changed->model->run(inputs).value();
        const auto& output = profile.nodes.back();
        ASSERT_EQ(profile.nodes.size(), reference->compressed->graph.nodes.size());
        EXPECT_NEAR(output.sqnrDb, evaluate::scoreFidelity("sqnr_db", got[0].tensor, wanted[0].tensor).value(), 0.5) << name;
        EXPECT_NEAR(output.cosine, evaluate::scoreFidelity("cosine", got[0].tensor, wanted[0].tensor).value(), 1e-3) << name;
        EXPECT_LT(output.sqnrDb, 60);
    }
}

TEST_F(Fidelity, MoreBitsAreNearerAtEveryTreatedNodeOnTheWhole) {
    double before = -kMostDecibels;
    for (const int bits : {2, 4, 6, 8}) {
        const FidelityProfile profile = profileOf(requestFor("language", R"({"weights": {"bits": )" + std::to_string(bits) + "}}"));
        double sum = 0;
        int count = 0;
        for (const auto& node : profile.nodes) {
            if (!node.isTreated) continue;
            sum += node.sqnrDb;
            ++count;
        }
        ASSERT_GT(count, 20);
        EXPECT_GT(sum / count, before + 6) << bits;
        before = sum / count;
    }
}

TEST_F(Fidelity, TakesNoRescalingForAnError) {
    auto request = requestFor("language", R"({"weights": {"bits": 8, "method": "smoothquant"}})");
    request.model.calibration.samples = 8;
    const FidelityProfile profile = profileOf(request);
    const std::size_t norm = indexOf(profile, "/layers.0/attention_norm/Mul_1");
    EXPECT_TRUE(profile.nodes[norm].isTreated) << "its row was divided, else this says nothing";
    EXPECT_GT(profile.nodes[norm].sqnrDb, 100);
    EXPECT_FALSE(profile.firstDeparture() && *profile.firstDeparture() <= norm);
}

TEST_F(Fidelity, StopsWhenItIsCancelled) {
    int looked = 0;
    m_call.cancelled = [&looked] { return ++looked > 8; };
    const auto answer = fidelity(ipc::toJson(requestFor("language", R"({"weights": {"bits": 4}})")), m_bench, m_call);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Cancelled);
}

TEST_F(Fidelity, RunsOnTheInputsOfADataset) {
    auto request = requestFor("classifier", R"({"weights": {"bits": 4}})");
    request.data = std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/classifier/data";
    request.samples = 12;
    const FidelityProfile profile = profileOf(request);
    EXPECT_EQ(profile.samples, 12);
    EXPECT_FALSE(profile.inputs.empty());
    EXPECT_EQ(profile.inputs.find("drawn"), std::string::npos);
    EXPECT_TRUE(profile.firstDeparture());
}

}  // namespace
}  // namespace trimtab::worker
