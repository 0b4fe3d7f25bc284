// Who listens with the device's own clock finds every range of a plan in its scope, launched by itself or recorded and replayed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trace/node_scope.h"
#include "kernels/cuda/cuda_engine.h"
#include "tests/kernels/cpu/graph_maker.h"
#include "tests/kernels/cuda/engine_harness.h"

namespace trimtab::cuda {
namespace {

using test::GraphMaker;
using test::normalTensor;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Listener final : public trace::NodeListener {
public:
    explicit Listener(bool follows) : m_follows(follows) {}
    void beginNode(std::int32_t layer) override { scopes.push_back(layer); }
    void endNode(std::int32_t layer) override { ended.push_back(layer); }
    void nodeTime(std::int32_t, double) override { ++measured; }
    bool hasDeviceClock() const override { return true; }
    bool followsRecordings() const override { return m_follows; }
    void keep(std::shared_ptr<void> recording) override { recordings.push_back(std::move(recording)); }

    /// Since it was asked last.
    std::vector<std::int32_t> taken() {
        EXPECT_EQ(scopes, ended);
        ended.clear();
        return std::exchange(scopes, {});
    }

    std::vector<std::int32_t> scopes, ended;
    std::vector<std::shared_ptr<void>> recordings;
    int measured = 0;

private:
    bool m_follows;
};

class Listening : public ::testing::Test {
protected:
    void SetUp() override {
        GraphMaker maker;
        const auto x = maker.input("x", Shape{4, 16});
        const auto y = maker.node("MatMul", {x, maker.constant(normalTensor(Shape{16, 8}, 2))});
        maker.output(maker.node("Softmax", {y}));
        m_model = makeCudaEngine(sharedTools())->compile(maker.finish(), {}).value();
    }
    std::vector<float> run(trace::NodeListener* listener) {
        const auto outputs = m_model->run(m_inputs, listener);
        EXPECT_TRUE(outputs) << outputs.error().text();
        if (!outputs) return {};
        const auto* values = reinterpret_cast<const float*>(outputs->front().tensor.bytes().data());
        return {values, values + 32};
    }
    std::vector<std::int32_t> withTransfers(bool withLayers) const {
        std::vector<std::int32_t> scopes{trace::kTransfers};
        if (withLayers)
            for (std::size_t i = 0; i < m_model->layers().size(); ++i) scopes.push_back(static_cast<std::int32_t>(i));
        scopes.push_back(trace::kTransfers);
        return scopes;
    }

    std::unique_ptr<runtime::CompiledModel> m_model;
    std::vector<NamedTensor> m_inputs{{"x", normalTensor(Shape{4, 16}, 1)}};
};

TEST_F(Listening, FindsEveryRangeInItsScopeWhereEachIsLaunchedByItself) {
    const std::vector<float> expected = run(nullptr);
    Listener listener(false);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(run(&listener), expected);
        EXPECT_EQ(listener.taken(), withTransfers(true));
    }
    EXPECT_GE(m_model->layers().size(), 2U);
    EXPECT_EQ(listener.measured, 0) << "it has a clock of its own";
    EXPECT_THAT(listener.recordings, IsEmpty());
}

TEST_F(Listening, FindsEveryRangeWhereThePlanIsRecordedAndNoneWhereItIsReplayed) {
    const std::vector<float> expected = run(nullptr);
    run(nullptr);  // has a recording of its own now
    Listener listener(true);
    EXPECT_EQ(run(&listener), expected);
    EXPECT_EQ(listener.taken(), withTransfers(true)) << "what was recorded without it is not replayed for it";
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(run(&listener), expected);
        EXPECT_EQ(listener.taken(), withTransfers(false));
        EXPECT_EQ(run(nullptr), expected) << "in turns";
    }
    EXPECT_EQ(listener.recordings.size(), 1U);
}

TEST_F(Listening, TheFirstRunIsPlannedAndLaunchedStepByStep) {
    Listener listener(true);
    run(&listener);
    std::vector<std::int32_t> expected{trace::kPlanning};
    const std::vector<std::int32_t> steps = withTransfers(true);
    expected.insert(expected.end(), steps.begin(), steps.end());
    EXPECT_EQ(listener.taken(), expected);
    EXPECT_THAT(listener.recordings, IsEmpty());
    run(&listener);
    EXPECT_EQ(listener.taken(), withTransfers(true));
    EXPECT_EQ(listener.recordings.size(), 1U);
}

TEST_F(Listening, ARecordingEndsWithWhoListened) {
    const std::vector<float> expected = run(nullptr);
    std::weak_ptr<void> first;
    {
        Listener listener(true);
        run(&listener);
        ASSERT_EQ(listener.recordings.size(), 1U);
        first = listener.recordings.front();
    }
    EXPECT_TRUE(first.expired());
    EXPECT_EQ(run(nullptr), expected);
    Listener second(true);
    EXPECT_EQ(run(&second), expected);
    EXPECT_EQ(second.taken(), withTransfers(true)) << "recorded anew";
    Listener third(true);
    run(&third);
    EXPECT_EQ(third.taken(), withTransfers(true)) << "and for each of two at once";
}

TEST_F(Listening, WhoHasNoSuchClockIsToldTheTimes) {
    struct Timed final : trace::NodeListener {
        void beginNode(std::int32_t) override { ++scopes; }
        void endNode(std::int32_t) override {}
        void nodeTime(std::int32_t, double) override { ++times; }
        int scopes = 0, times = 0;
    } timed;
    run(nullptr);  // is planned
    run(&timed);
    EXPECT_EQ(timed.scopes, 0);
    EXPECT_GE(timed.times, 2);
}

}  // namespace
}  // namespace trimtab::cuda
