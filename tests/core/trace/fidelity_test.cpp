#include "core/trace/fidelity.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace trimtab::trace {
namespace {

NodeFidelity node(const std::string& name, double in, double out, bool treated) {
    NodeFidelity made;
    made.node = name;
    made.op = "MatMul";
    made.origins = {name, name + "/bias"};
    made.isTreated = treated;
    made.inputSqnrDb = in;
    made.sqnrDb = out;
    made.cosine = 0.9;
    made.maxError = 0.25;
    return made;
}

TEST(FidelityProfile, AddsPowersOfNoiseNotDecibels) {
    FidelityProfile profile;
    profile.nodes = {node("first", kMostDecibels, 50, true), node("second", 30, 25, true)};
    // 150 → 50 dB is a hundred decibels and a hundred-thousandth of the signal; 30 → 25 dB is a five-hundredth.
    EXPECT_NEAR(profile.nodes[0].noiseMade(), 1e-5, 1e-10);
    EXPECT_NEAR(profile.nodes[1].noiseMade(), std::pow(10, -2.5) - 1e-3, 1e-10);
    EXPECT_EQ(profile.mostNoise(), 1U);
}

TEST(FidelityProfile, BlamesNoNodeThatNothingWasDoneTo) {
    FidelityProfile profile;
    profile.nodes = {node("treated", 45, 44, true), node("amplifies", 44, 10, false)};
    EXPECT_EQ(profile.mostNoise(), 0U);
    EXPECT_EQ(profile.firstDeparture(), 1U);
    profile.nodes[0].isTreated = false;
    EXPECT_FALSE(profile.mostNoise());
}

TEST(FidelityProfile, DepartsAtTheFirstNodeBelowTheThresholdThatWasCompared) {
    FidelityProfile profile;
    profile.nodes = {node("a", 150, 39, true), node("b", 39, 39, false), node("c", 39, 12, true)};
    EXPECT_EQ(profile.firstDeparture(), 0U);
    profile.nodes[0].skipped = "another shape";
    EXPECT_EQ(profile.firstDeparture(), 1U);
    EXPECT_EQ(profile.comparedNodes(), 2U);
    profile.thresholdDb = 20;
    EXPECT_EQ(profile.firstDeparture(), 2U);
    profile.thresholdDb = 10;
    EXPECT_FALSE(profile.firstDeparture());
}

TEST(FidelityProfile, ComesBackFromJson) {
    FidelityProfile profile;
    profile.nodes = {node("a", 150, 39, true), node("b", 39, 12, false)};
    profile.nodes[1].maxError = std::numeric_limits<double>::infinity();
    profile.nodes.push_back(node("c", 12, 12, false));
    profile.nodes[2].skipped = "its shape is [2], the reference's [3]";
    profile.thresholdDb = 30;
    profile.samples = 16;
    profile.inputs = "drawn from seed 1";
    const Json json = toJson(profile);
    EXPECT_EQ(json["first_departure"], "b");
    EXPECT_EQ(json["most_error"], "a");
    const auto back = fidelityProfileFromJson(base::parseJson(base::dumpJson(json), "test").value());
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(toJson(*back), json);
    EXPECT_TRUE(std::isinf(back->nodes[1].maxError));
    EXPECT_EQ(back->nodes[0].origins, profile.nodes[0].origins);
    EXPECT_FALSE(fidelityProfileFromJson(Json::object()));
    Json wrong = json;
    wrong["nodes"][0]["sqnr_db"] = "much";
    const auto refused = fidelityProfileFromJson(wrong);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text().find("sqnr_db"), std::string::npos);
}

}  // namespace
}  // namespace trimtab::trace
