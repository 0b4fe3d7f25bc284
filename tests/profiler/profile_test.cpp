// Profiles of small models, on the engine that a worker uses.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/memory_budget.h"
#include "core/explain/diagnosis.h"
#include "core/ipc/profile_request.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"
#include "tests/support/model_builder.h"

namespace trimtab::worker {
namespace {

class Profile : public testing::Test {
protected:
    static void SetUpTestSuite() { s_bench = new Workbench; }
    static void TearDownTestSuite() {
        delete s_bench;
        s_bench = nullptr;
    }
    static std::string sampleFile(const std::string& name) {
        return std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/" + name + "/" + name + ".onnx";
    }
    static ipc::ProfileRequest requestFor(const std::string& model) {
        ipc::ProfileRequest request;
        request.model.model = model;
        request.model.setting.threads = 2;
        request.seconds = 0.2;
        return request;
    }
    ipc::ProfileAnswer profileOf(const ipc::ProfileRequest& request) {
        const auto answer = profile(ipc::toJson(request), *s_bench, m_call);
        EXPECT_TRUE(answer) << answer.error().text();
        return answer ? ipc::profileAnswerFromJson(*answer).value() : ipc::ProfileAnswer{};
    }

    static Workbench* s_bench;  // the ceilings are measured once
    Call m_call{[](double, const std::string&) {}, [] { return false; }};
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-profile").value();
};
Workbench* Profile::s_bench = nullptr;

TEST_F(Profile, AttributesARunToItsLayersAndNoMoreThanItTook) {
    auto request = requestFor(sampleFile("classifier"));
    request.model.setting.batch = 16;
    const ipc::ProfileAnswer answer = profileOf(request);
    EXPECT_EQ(answer.batch, 16);
    EXPECT_GT(answer.profile.runs, 0);
    EXPECT_GT(answer.profile.attributed, 0) << "the rest is inputs, outputs and the recording";
    EXPECT_LE(answer.profile.attributed, 1);
    EXPECT_GT(answer.profile.overhead.value, 0);
    EXPECT_FALSE(answer.profile.deviceTime);
    EXPECT_FALSE(answer.profile.device) << "the engine has no device of its own";
    EXPECT_TRUE(answer.profile.noActivity.empty()) << answer.profile.noActivity;
}

TEST_F(Profile, TheTraceHoldsEveryNodeOfEveryRunInsideIt) {
    const trace::Profile profile = profileOf(requestFor(sampleFile("classifier"))).profile;
    std::vector<std::int64_t> spans(profile.layers.size(), 0);
    for (const trace::Span& span : profile.trace.spans)
        if (span.kind == trace::SpanKind::Node) ++spans[static_cast<std::size_t>(span.layer)];
    std::int64_t ran = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (profile.layers[i].medianNs < 0) continue;
        ++ran;
        EXPECT_EQ(spans[i], profile.runs) << profile.layers[i].node;
    }
    EXPECT_GT(ran, 5);
    EXPECT_EQ(profile.trace.dropped, 0);
}

TEST_F(Profile, TellsHowManyThreadsTheLibrarysProductsHaveAtWork) {
    support::ModelBuilder model;
    model.input("x", DataType::Float32, {512, 512}).constant("w", Tensor::zeros(DataType::Float32, {512, 512}).value());
    model.node("MatMul", {"x", "w"}, {"y"}).output("y").save((m_folder.path() / "m.onnx").string());
    // A machine that is busy with something else lets one thread work at a time, and then that is told.
    constexpr int kTries = 20;
    double most = 0;
    for (int i = 0; i < kTries && most <= 1.2; ++i) {
        const trace::Profile profile = profileOf(requestFor((m_folder.path() / "m.onnx").string())).profile;
        ASSERT_EQ(profile.layers.size(), 1U);
        ASSERT_EQ(profile.threads, 2);
        const double atWork = profile.threadsAtWork(0).value();
        EXPECT_TRUE(atWork > 0 && atWork <= 2) << atWork;
        most = std::max(most, atWork);
        EXPECT_TRUE(std::ranges::any_of(profile.trace.tracks, [](const std::string& track) { return track.starts_with("thread 2"); }));
    }
    EXPECT_GT(most, 1.2);
}

TEST_F(Profile, MeasuresCeilingsThatNoLayerOfItsOwnExceedsByAUnit) {
    support::ModelBuilder model;
    model.input("x", DataType::Float32, {384, 384}).constant("w", Tensor::zeros(DataType::Float32, {384, 384}).value());
    model.node("MatMul", {"x", "w"}, {"y"}).output("y").save((m_folder.path() / "m.onnx").string());
    const ipc::ProfileAnswer answer = profileOf(requestFor((m_folder.path() / "m.onnx").string()));
    const trace::Ceilings& ceilings = answer.profile.ceilings;
    EXPECT_GT(ceilings.memoryBytesPerSecond, 1e8);
    EXPECT_GT(ceilings.launchNs, 0);
    ASSERT_TRUE(ceilings.operationsPerSecond.contains("fp32"));
    ASSERT_EQ(answer.profile.layers.size(), 1U);
    const auto point = explain::rooflineOf(answer.profile.layers[0], ceilings, false);
    EXPECT_LT(point.arithmeticNs, 100 * answer.profile.layers[0].medianNs) << "the same kernel tells the ceiling; a wrong unit is 1000 off";
}

TEST_F(Profile, OfARunThatTakesNextToNoTimeHasAsManyRunsAsAreEnough) {
    support::ModelBuilder model;
    model.input("x", DataType::Float32, {"n", 4}).node("Neg", {"x"}, {"y"}).output("y").save((m_folder.path() / "tiny.onnx").string());
    auto request = requestFor((m_folder.path() / "tiny.onnx").string());
    request.seconds = 60;  // longer than the thousand timings of each side take, so that the last turns are of one side alone
    request.model.setting.threads = 1;
    const ipc::ProfileAnswer answer = profileOf(request);
    EXPECT_EQ(answer.profile.runs, 200);
    EXPECT_GT(answer.profile.overhead.value, 0);
}

TEST_F(Profile, OfAStepBehindAPromptHasTheRowsOfTheStep) {
    auto request = requestFor(sampleFile("language"));
    request.model.setting.prompt = 12;
    const double prompt = profileOf(request).profile.layers.front().operations;
    request.model.setting.generate = 4;
    const ipc::ProfileAnswer step = profileOf(request);
    double operations = 0;
    for (const auto& layer : step.profile.layers) operations += layer.operations;
    EXPECT_GT(operations, 0);
    EXPECT_GE(prompt, step.profile.layers.front().operations);
    EXPECT_GT(step.profile.runs, 0);
}

TEST_F(Profile, OfStepsThatGrowTellsWhatPlanningTook) {
    auto request = requestFor(sampleFile("language"));
    request.model.setting.prompt = 12;
    EXPECT_EQ(profileOf(request).profile.planning, 0) << "a prompt is planned before it is timed";
    request.model.setting.generate = 16;
    EXPECT_EQ(profileOf(request).profile.planning, 0) << "whole texts are filled up, and their plans kept";
    request.model.recipe = recipe::parse(R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})").value();
    const trace::Profile steps = profileOf(request).profile;
    EXPECT_GT(steps.planning, 0) << "one scale for all tokens: every step has another length";
    EXPECT_LE(steps.planning + steps.attributed, 1);
}

TEST_F(Profile, CountersHaveAValueOrAReason) {
    auto request = requestFor(sampleFile("classifier"));
    EXPECT_TRUE(profileOf(request).profile.counters.empty()) << "they were not asked for";
    request.counters = true;
    const auto counters = profileOf(request).profile.counters;
    EXPECT_EQ(counters.size(), 3U);
    for (const auto& counter : counters) EXPECT_TRUE(counter.unavailable.empty() ? counter.perRun > 0 : true) << counter.name;
}

TEST_F(Profile, TriesOptionsOnEachUnitOfLayersAlone) {
    auto request = requestFor(sampleFile("classifier"));
    request.options = {trial::parseOption("weights.bits=8").value(), trial::parseOption("weights.bits=3").value()};
    const ipc::ProfileAnswer answer = profileOf(request);
    EXPECT_TRUE(answer.noTrials.empty()) << answer.noTrials;
    ASSERT_GT(answer.trials.size(), 4U);
    EXPECT_EQ(answer.trials.size() % 2, 0U) << "every unit under every option";
    for (std::size_t i = 0; i < answer.trials.size(); ++i) {
        const trial::LayerTrial& trial = answer.trials[i];
        EXPECT_EQ(trial.option.name, request.options[i % 2].name);
        EXPECT_FALSE(trial.nodes.empty());
        EXPECT_GE(trial.stretch.size(), trial.nodes.size());
        EXPECT_TRUE(i % 2 == 0 || trial.untreatedNs == 0) << "an emulated option has no speed";
        EXPECT_LT(trial.saved.value, 1);
    }
}

/// What is held to the limit while it stands.
class WithMemoryLimit {
public:
    explicit WithMemoryLimit(std::int64_t bytes) { base::MemoryBudget::process().setLimit(base::MemoryBudget::process().used() + bytes); }
    ~WithMemoryLimit() { base::MemoryBudget::process().setLimit(m_before); }

private:
    const std::int64_t m_before = base::MemoryBudget::process().limit();
};

TEST_F(Profile, OfAModelThatDoesNotFitTriesWhatWould) {
    constexpr std::int64_t kWidth = 512;
    support::ModelBuilder model;
    model.input("x", DataType::Float32, {1, kWidth});
    std::string last = "x";
    for (const std::string layer : {"a", "b", "c", "d"}) {
        model.constant("w" + layer, Tensor::zeros(DataType::Float32, {kWidth, kWidth}).value());
        model.node("MatMul", {last, "w" + layer}, {layer});
        last = layer;
    }
    model.output(last).save((m_folder.path() / "large.onnx").string());
    auto request = requestFor((m_folder.path() / "large.onnx").string());
    s_bench->clear();
    const WithMemoryLimit limit(7 * kWidth * kWidth *
                                std::int64_t{sizeof(float)});  // what is read takes four, its packed form as much again
    EXPECT_EQ(profile(ipc::toJson(request), *s_bench, m_call).error().code, ErrorCode::OutOfMemory) << "nobody asked what would fit";
    request.options = {trial::parseOption("prune.ratio=0.5").value(), trial::parseOption("weights.bits=8").value()};
    const trial::Capacity capacity = profileOf(request).capacity;
    EXPECT_FALSE(capacity.fits());
    ASSERT_EQ(capacity.options.size(), 2U);
    EXPECT_FALSE(capacity.options[0].refusal.empty());
    EXPECT_TRUE(capacity.options[1].refusal.empty()) << capacity.options[1].refusal;
    EXPECT_GT(capacity.options[1].runNs, 0);
    EXPECT_LT(capacity.options[1].weightBytes, 2 * 4 * kWidth * kWidth);
}

TEST_F(Profile, SaysWhyThereAreNoCeilingsWhereMemoryIsShort) {
    support::ModelBuilder model;
    model.input("x", DataType::Float32, {1, 64}).constant("w", Tensor::zeros(DataType::Float32, {64, 64}).value());
    model.node("MatMul", {"x", "w"}, {"y"}).output("y").save((m_folder.path() / "small.onnx").string());
    Workbench fresh;  // has measured none before
    const WithMemoryLimit limit(400'000);
    const auto answer = profile(ipc::toJson(requestFor((m_folder.path() / "small.onnx").string())), fresh, m_call);
    ASSERT_TRUE(answer) << answer.error().text();
    const trace::Profile told = ipc::profileAnswerFromJson(*answer).value().profile;
    EXPECT_GT(told.runs, 0);
    EXPECT_NE(told.noCeilings.find("memory"), std::string::npos) << told.noCeilings;
}

TEST_F(Profile, SaysWhyOptionsAreNotTried) {
    auto request = requestFor(sampleFile("language"));
    request.options = {trial::parseOption("weights.bits=8").value()};
    request.model.setting.prompt = 12;
    const ipc::ProfileAnswer answer = profileOf(request);
    EXPECT_TRUE(answer.trials.empty());
    EXPECT_NE(answer.noTrials.find("prompt"), std::string::npos);
}

TEST_F(Profile, StopsWhenItIsCancelled) {
    auto request = requestFor(sampleFile("classifier"));
    request.seconds = 3000;
    int polls = 0;
    const Call call{[](double, const std::string&) {}, [&] { return ++polls > 20; }};
    const auto answer = profile(ipc::toJson(request), *s_bench, call);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Cancelled);
}

TEST_F(Profile, RefusesATimeThatIsNone) {
    auto request = requestFor(sampleFile("classifier"));
    for (const double seconds : {-1.0, 1e9}) {
        request.seconds = seconds;
        EXPECT_FALSE(profile(ipc::toJson(request), *s_bench, m_call)) << seconds;
    }
}

}  // namespace
}  // namespace trimtab::worker
