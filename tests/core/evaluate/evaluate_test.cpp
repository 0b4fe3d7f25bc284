#include "core/evaluate/evaluate.h"

#include <gtest/gtest.h>

#include "tests/core/evaluate/fakes.h"

namespace trimtab::evaluate {
namespace {

Graph graphWithInput() {
    Graph graph;
    graph.inputs.push_back(graph.addValue({"x", graph::ValueType::of(DataType::Float32, {1, 8}), {}, {}, false}));
    return graph;
}

FunctionModel::Function scaled(float factor) {
    return [factor](const Tensor& x) -> Result<Tensor> {
        auto values = tensor::toFloats(x);
        for (float& value : values) value *= factor;
        return Tensor::fromFloats(x.shape(), values);
    };
}

TEST(OnDataset, ScoresEverySampleOnceInOrder) {
    FunctionModel model(parity(5));
    const auto evaluation = onDataset(model, CountingData(10), "", 4).value();
    EXPECT_EQ(evaluation.metric, "top1");
    EXPECT_EQ(evaluation.n, 10);
    EXPECT_EQ(model.runs, 3);
    EXPECT_EQ(evaluation.sampleScores, (std::vector<double>{1, 1, 1, 1, 1, 0, 1, 0, 1, 0}));
    EXPECT_DOUBLE_EQ(evaluation.estimate.value, 0.7);
    EXPECT_FALSE(evaluation.fidelity);
}

TEST(OnDataset, GivesTheSameScoresWithFullBatches) {
    std::vector<std::int64_t> extents;
    FunctionModel model([&](const Tensor& x) {
        extents.push_back(x.shape()[0]);
        return parity(5)(x);
    });
    const auto evaluation = onDataset(model, CountingData(10), "top1", 4, {}, true).value();
    EXPECT_EQ(extents, (std::vector<std::int64_t>{4, 4, 4}));
    EXPECT_EQ(evaluation.sampleScores, (std::vector<double>{1, 1, 1, 1, 1, 0, 1, 0, 1, 0}));
    EXPECT_FALSE(onDataset(model, CountingData(3), "top1", 4, {}, true));
}

TEST(OnDataset, TellsProgressAndStopsWhenAsked) {
    FunctionModel model(parity(5));
    std::vector<std::int64_t> done;
    Progress progress{[&](std::int64_t at, std::int64_t) { done.push_back(at); }, [&] { return done.size() == 2; }};
    const auto evaluation = onDataset(model, CountingData(10), "top1", 4, progress);
    ASSERT_FALSE(evaluation);
    EXPECT_EQ(evaluation.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(done, (std::vector<std::int64_t>{4, 8}));
}

TEST(OnDataset, RefusesOutputsThatDoNotHoldEverySample) {
    FunctionModel model([](const Tensor&) -> Result<Tensor> { return Tensor::fromFloats({1, 2}, {0, 1}); });
    EXPECT_FALSE(onDataset(model, CountingData(4), "top1", 4));
    EXPECT_FALSE(onDataset(model, CountingData(4), "no such metric", 4));
}

TEST(OnDataset, CountsFiguresOfTheWholeSetTheSameInBatchesThatOverlap) {
    // Labels 0 1 0 1 …; parity(5) answers class 1 for 1 and 3 alone: of five positives two found, none invented: 2·2 / (2 + 5).
    FunctionModel model(parity(5));
    for (const bool full : {false, true}) {
        const auto evaluation = onDataset(model, CountingData(10), "f1", 4, {}, full).value();
        EXPECT_EQ(evaluation.n, 10);
        EXPECT_EQ(evaluation.sampleScores.size(), 10u);
        EXPECT_DOUBLE_EQ(evaluation.estimate.value, 4.0 / 7);
    }
    const auto unknown = onDataset(model, CountingData(10), "kl", 4);
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("top1"), std::string::npos);
}

TEST(FidelityOfModels, IsWholeForAModelAgainstItself) {
    FunctionModel model(scaled(1));
    const Graph graph = graphWithInput();
    const auto agreement = fidelity(model, model, graph, {}, "", 5).value();
    EXPECT_EQ(agreement.metric, "agreement");
    EXPECT_TRUE(agreement.fidelity);
    EXPECT_EQ(agreement.n, 5);
    EXPECT_DOUBLE_EQ(agreement.estimate.value, 1);
}

TEST(FidelityOfModels, SeesADifferenceInEveryMetric) {
    FunctionModel reference(scaled(1));
    FunctionModel model(scaled(-1));
    const Graph graph = graphWithInput();
    EXPECT_DOUBLE_EQ(fidelity(model, reference, graph, {}, "agreement", 4).value().estimate.value, 0);
    // The difference is twice the signal: 10 log10(1/4).
    EXPECT_NEAR(fidelity(model, reference, graph, {}, "sqnr_db", 4).value().estimate.value, -6.0206, 1e-3);
    EXPECT_GT(fidelity(model, reference, graph, {}, "kl", 4).value().estimate.value, 0.1);
    EXPECT_FALSE(fidelity(model, reference, graph, {}, "top1", 4));
}

TEST(Metrics, KnowTheirDirection) {
    EXPECT_EQ(metricInfo("top1")->direction, Direction::HigherIsBetter);
    EXPECT_EQ(metricInfo("perplexity")->direction, Direction::LowerIsBetter);
    EXPECT_FALSE(metricInfo("exec:x"));
    for (const char* name : {"frame_accuracy", "f1", "iou", "dice", "mean_average_precision", "auc", "ndcg"})
        EXPECT_EQ(metricInfo(name)->direction, Direction::HigherIsBetter) << name;
    for (const char* name : {"relative_l2", "relative_error", "wer", "cer"})
        EXPECT_EQ(metricInfo(name)->direction, Direction::LowerIsBetter) << name;
    for (const auto& info : base::metrics()) EXPECT_FALSE(info.help.empty());
}

}  // namespace
}  // namespace trimtab::evaluate
