#include "profiler/host/span_recorder.h"

#include <gtest/gtest.h>

namespace trimtab::profiler {
namespace {

void spend(SpanRecorder& recorder, std::int32_t layer) { const trace::NodeScope scope(&recorder, layer); }

TEST(SpanRecorder, TimesTheLayersThatRan) {
    SpanRecorder recorder(3, 2);
    spend(recorder, 0);
    spend(recorder, 2);
    recorder.nextRun();
    spend(recorder, 0);
    const auto medians = recorder.medians();
    ASSERT_EQ(medians.size(), 3u);
    EXPECT_GE(medians[0], 0);
    EXPECT_EQ(medians[1], -1) << "this layer never ran";
    EXPECT_GE(medians[2], 0);
}

TEST(SpanRecorder, CountsNestedScopesInBothLayers) {
    SpanRecorder recorder(2, 1);
    {
        const trace::NodeScope outer(&recorder, 0);
        const trace::NodeScope inner(&recorder, 1);
    }
    EXPECT_GE(recorder.medians()[0], recorder.medians()[1]);
}

TEST(SpanRecorder, SharesComeToOne) {
    SpanRecorder recorder(2, 1);
    for (int i = 0; i < 1000; ++i) spend(recorder, i % 2);
    std::vector<trace::LayerRecord> records(2);
    recorder.fill(records);
    EXPECT_NEAR(records[0].share + records[1].share, 1, 1e-9);
    EXPECT_GT(records[0].medianNs, 0);
}

TEST(SpanRecorder, LetsWrongLayersAndUnbalancedScopesPass) {
    SpanRecorder recorder(1, 1);
    recorder.endNode(0);
    spend(recorder, 5);
    spend(recorder, -1);
    for (int i = 0; i < 100; ++i) recorder.beginNode(0);
    for (int i = 0; i < 100; ++i) recorder.endNode(0);
    for (int i = 0; i < 5; ++i) recorder.nextRun();
    EXPECT_GE(recorder.medians()[0], 0);
}

}  // namespace
}  // namespace trimtab::profiler
