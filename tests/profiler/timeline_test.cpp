#include "profiler/host/timeline.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profiler/host/processor_counters.h"

namespace trimtab::profiler {
namespace {

std::vector<trace::LayerRecord> layers(std::size_t count) {
    std::vector<trace::LayerRecord> records(count);
    for (std::size_t i = 0; i < count; ++i) records[i].node = "layer " + std::to_string(i);
    return records;
}

void runOf(Timeline& timeline, const std::vector<std::int32_t>& nodes) {
    timeline.beginRun();
    for (const std::int32_t node : nodes) const trace::NodeScope scope(&timeline, node);
    timeline.endRun();
}

std::size_t spansOf(const trace::Trace& trace, trace::SpanKind kind) {
    return static_cast<std::size_t>(std::ranges::count(trace.spans, kind, &trace::Span::kind));
}

TEST(Timeline, PutsTheNodesOfEachRunInsideIt) {
    Timeline timeline(3, 4);
    runOf(timeline, {0, 2});
    runOf(timeline, {0, 1, 2});
    auto records = layers(3);
    const trace::Trace trace = timeline.trace(records);
    ASSERT_TRUE(trace::check(trace)) << trace::check(trace).error().text();
    EXPECT_EQ(spansOf(trace, trace::SpanKind::Run), 2U);
    EXPECT_EQ(spansOf(trace, trace::SpanKind::Node), 5U);
    const auto depths = trace::depths(trace);
    for (std::size_t i = 0; i < trace.spans.size(); ++i) {
        const trace::Span& span = trace.spans[i];
        EXPECT_EQ(depths[i], span.kind == trace::SpanKind::Run ? 0 : 1);
        if (span.kind == trace::SpanKind::Node) {
            EXPECT_EQ(trace.nameOf(span), records[static_cast<std::size_t>(span.layer)].node);
        }
    }
    timeline.fill(records);
    EXPECT_GE(records[1].medianNs, 0);
    EXPECT_EQ(timeline.runTimes().size(), 2U);
}

TEST(Timeline, TheLayersTakeNoLongerThanTheirRun) {
    Timeline timeline(2, 1);
    runOf(timeline, {0, 1, 0, 1});
    auto records = layers(2);
    timeline.fill(records);
    EXPECT_LE(records[0].medianNs + records[1].medianNs, timeline.runTimes().front());
    EXPECT_GT(timeline.attributed(), 0);
    EXPECT_LE(timeline.attributed(), 1);
}

TEST(Timeline, TellsPlanningApartFromLayers) {
    Timeline timeline(1, 1);
    timeline.beginRun();
    {
        const trace::NodeScope scope(&timeline, trace::kPlanning);
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
        while (std::chrono::steady_clock::now() < until) {
        }
    }
    { const trace::NodeScope scope(&timeline, 0); }
    timeline.endRun();
    EXPECT_GT(timeline.planning(), 0);
    EXPECT_LE(timeline.planning() + timeline.attributed(), 1);
    auto records = layers(1);
    timeline.fill(records);
    EXPECT_LE(records[0].medianNs, (1 - timeline.planning()) * timeline.runTimes().front() + 1) << "planning is no layer's time";
    const trace::Trace trace = timeline.trace(records);
    ASSERT_TRUE(trace::check(trace));
    EXPECT_EQ(spansOf(trace, trace::SpanKind::Phase), 1U);
    EXPECT_EQ(spansOf(trace, trace::SpanKind::Node), 1U);
}

TEST(Timeline, CountsANodeInsideAnotherOnce) {
    Timeline timeline(2, 1);
    timeline.beginRun();
    {
        const trace::NodeScope outer(&timeline, 0);
        for (int i = 0; i < 3; ++i) const trace::NodeScope inner(&timeline, 1);
    }
    timeline.endRun();
    EXPECT_LE(timeline.attributed(), 1);
}

TEST(Timeline, LaysTimesOfADeviceOneBehindTheOther) {
    Timeline timeline(2, 2);
    for (int run = 0; run < 2; ++run) {
        timeline.beginRun();
        timeline.nodeTime(0, 1000);
        timeline.nodeTime(1, 500);
        timeline.endRun();
    }
    auto records = layers(2);
    const trace::Trace trace = timeline.trace(records);
    ASSERT_TRUE(trace::check(trace)) << trace::check(trace).error().text();
    EXPECT_TRUE(timeline.hasDeviceTimes());
    ASSERT_EQ(trace.tracks.size(), 2U);
    EXPECT_EQ(trace.tracks[1], "device, durations only") << "when a node began there is not known";
    timeline.fill(records);
    EXPECT_EQ(records[0].medianNs, 1000);
    EXPECT_EQ(records[1].medianNs, 500);
}

TEST(Timeline, KeepsAsManyRunsAsItWasGivenRoomFor) {
    Timeline timeline(1, 2);
    for (int run = 0; run < 5; ++run) runOf(timeline, {0});
    EXPECT_EQ(timeline.runTimes().size(), 2U);
    EXPECT_EQ(spansOf(timeline.trace(layers(1)), trace::SpanKind::Node), 2U);
    EXPECT_EQ(timeline.trace(layers(1)).dropped, 0) << "a run that is not kept is nothing lost";
}

TEST(Timeline, KeepsNoRunThatIsAWarmUp) {
    Timeline timeline(1, 5);
    for (const bool keep : {false, true, false, true}) {
        timeline.beginRun(keep);
        { const trace::NodeScope scope(&timeline, 0); }
        timeline.endRun();
    }
    EXPECT_EQ(timeline.runTimes().size(), 2U);
    EXPECT_EQ(spansOf(timeline.trace(layers(1)), trace::SpanKind::Node), 2U);
}

TEST(Timeline, CountsWhatItHasNoRoomFor) {
    Timeline timeline(1, 1);
    timeline.beginRun();
    for (int i = 0; i < 100; ++i) const trace::NodeScope scope(&timeline, 0);
    timeline.endRun();
    const trace::Trace trace = timeline.trace(layers(1));
    EXPECT_GT(trace.dropped, 0);
    EXPECT_EQ(static_cast<std::int64_t>(spansOf(trace, trace::SpanKind::Node)) + trace.dropped, 100);
}

TEST(Timeline, LetsWrongLayersAndUnbalancedScopesPass) {
    Timeline timeline(1, 1);
    timeline.endNode(0);
    timeline.beginRun();
    timeline.endNode(0);
    runOf(timeline, {5, -1, 0});
    EXPECT_TRUE(trace::check(timeline.trace(layers(1))));
    EXPECT_EQ(timeline.runTimes().size(), 1U) << "the first run never ended";
}

TEST(ProcessorCounters, CountMoreForMoreWorkOrSayWhyTheyCannot) {
    const auto countsOf = [](int work) {
        const ProcessorCounters counters;
        volatile double sum = 0;
        for (int i = 0; i < work; ++i) sum = sum + i;
        return counters.totals(1);
    };
    const auto few = countsOf(1000), many = countsOf(10'000'000);
    ASSERT_EQ(few.size(), 3U);
    for (std::size_t i = 0; i < few.size(); ++i) {
        EXPECT_FALSE(few[i].name.empty());
        if (few[i].name != "instructions" || !few[i].unavailable.empty() || !many[i].unavailable.empty()) continue;
        EXPECT_GT(many[i].perRun, 10 * few[i].perRun);
    }
}

}  // namespace
}  // namespace trimtab::profiler
