// What becomes of a device's activities: layers, runs, spans.
#include "profiler/cupti/attribution.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/trace/node_scope.h"
#include "tests/profiler/cupti/recording_maker.h"

namespace trimtab::cupti {
namespace {

using test::layers;
using test::RecordingMaker;
using ::testing::DoubleNear;
using ::testing::ElementsAre;

profiler::DeviceProfile profileOf(RecordingMaker& maker, std::vector<trace::LayerRecord>& records) {
    auto profile = attribute(maker.recording(), records);
    EXPECT_TRUE(profile) << profile.error().text();
    if (!profile) return {};
    EXPECT_TRUE(trace::check(profile->trace)) << trace::check(profile->trace).error().text();
    return *profile;
}

std::vector<trace::Span> spansOf(const trace::Trace& trace, trace::SpanKind kind) {
    std::vector<trace::Span> found;
    std::ranges::copy_if(trace.spans, std::back_inserter(found), [&](const trace::Span& span) { return span.kind == kind; });
    return found;
}

TEST(Attribution, GivesEachKernelToTheLayerInWhoseScopeItWasLaunched) {
    RecordingMaker maker;
    for (const std::uint64_t begin : {1000, 3000, 5000}) {
        const std::size_t run = maker.run(begin, begin + 1500);
        maker.launched(run, 0, begin + 100, begin + 300);
        maker.launched(run, 1, begin + 300, begin + 400);
        maker.launched(run, 1, begin + 450, begin + 500);
    }
    auto records = layers(3);
    const auto profile = profileOf(maker, records);
    EXPECT_EQ(records[0].medianNs, 200);
    EXPECT_EQ(records[1].medianNs, 150);
    EXPECT_EQ(records[2].medianNs, -1) << "it did not run";
    EXPECT_DOUBLE_EQ(records[0].share + records[1].share, 1);
    EXPECT_EQ(profile.time.layersNs, 350);
    EXPECT_EQ(profile.time.attributed(), 1);
}

TEST(Attribution, ReadsRecordsInAnyOrder) {
    RecordingMaker maker;
    const std::size_t first = maker.run(1000, 2000), second = maker.run(3000, 4000);
    maker.launched(second, 1, 3500, 3600);
    maker.launched(first, 1, 1500, 1600);
    maker.launched(second, 0, 3400, 3500);
    maker.launched(first, 0, 1400, 1500);
    std::ranges::reverse(maker.recording().activities.correlations);
    auto records = layers(2);
    const auto profile = profileOf(maker, records);
    EXPECT_EQ(records[0].medianNs, 100);
    EXPECT_EQ(records[1].medianNs, 100);
    std::vector<std::int64_t> begins;
    for (const trace::Span& span : spansOf(profile.trace, trace::SpanKind::Kernel)) begins.push_back(span.beginNs);
    EXPECT_THAT(begins, ElementsAre(400, 500, 2400, 2500)) << "since the first run began";
}

TEST(Attribution, FollowsAGraphsNodesToTheirLayers) {
    RecordingMaker maker;
    maker.recording().graphNodes = {{70, 0}, {71, 1}, {72, trace::kTransfers}};
    for (const std::uint32_t launch : {500, 501}) {
        const std::uint64_t begin = launch == 500 ? 1000 : 9000;
        maker.run(begin, begin + 2000);
        maker.call(launch, begin + 10, begin + 60, "cudaGraphLaunch");
        maker.replayed(70, launch, begin + 100, begin + 200);
        maker.replayed(71, launch, begin + 200, begin + 500);
        maker.replayed(72, launch, begin + 500, begin + 510);
        maker.replayed(99, launch, begin + 510, begin + 530);
    }
    auto records = layers(2);
    const auto time = profileOf(maker, records).time;
    EXPECT_EQ(records[0].medianNs, 100);
    EXPECT_EQ(records[1].medianNs, 300);
    EXPECT_EQ(time.transfersNs, 10);
    EXPECT_EQ(time.restNs, 20) << "a node that was made in no scope";
    EXPECT_DOUBLE_EQ(time.attributed(), 400.0 / 420);
}

TEST(Attribution, CountsAWholeGraphOnlyWhereNoneOfItsNodesIsTold) {
    RecordingMaker maker;
    maker.recording().graphNodes = {{70, 0}};
    maker.run(1000, 2000);
    maker.call(500, 1010, 1020);
    maker.activity(ActivityKind::Graph, 1100, 1600, 500);
    maker.replayed(70, 500, 1100, 1600);
    maker.call(501, 1700, 1710);
    maker.activity(ActivityKind::Graph, 1750, 1850, 501);
    auto records = layers(1);
    const auto time = profileOf(maker, records).time;
    EXPECT_EQ(time.layersNs, 500);
    EXPECT_EQ(time.restNs, 100) << "which layers the second graph ran is not known";
}

TEST(Attribution, AKernelOfNoScopeIsARowOfItsOwnAndOfTheRunThatCalledIt) {
    RecordingMaker maker;
    maker.run(1000, 2000);
    maker.run(3000, 4000);
    maker.launched(1, 0, 1100, 1200);
    maker.call(9, 1990, 1995);
    maker.activity(ActivityKind::Kernel, 2003, 2013, 9) /* the clocks differ a little */;
    maker.activity(ActivityKind::Kernel, 3100, 3130, 0) /* nothing is known of its call */;
    maker.activity(ActivityKind::Kernel, 2500, 2600, 0) /* between the runs */;
    auto records = layers(1);
    const auto time = profileOf(maker, records).time;
    EXPECT_EQ(time.restNs, 20) << "10 and 30 over two runs";
    EXPECT_EQ(time.layersNs, 50);
}

TEST(Attribution, LeavesOutRunsThatAreNotKept) {
    RecordingMaker maker;
    maker.run(1000, 2000);
    maker.launched(0, 0, 500, 900);
    maker.launched(0, 0, 1100, 1200) /* a scope of a warm-up, whatever its time */;
    maker.launched(1, 0, 1300, 1350);
    maker.launched(7, 0, 1400, 1450) /* no such run */;
    auto records = layers(1);
    EXPECT_EQ(profileOf(maker, records).time.deviceNs(), 50);
    EXPECT_EQ(records[0].medianNs, 50);
}

TEST(Attribution, TransfersAreNoPartOfWhatTheDeviceComputed) {
    RecordingMaker maker;
    const std::size_t run = maker.run(1000, 3000);
    Activity& up = maker.launched(run, trace::kTransfers, 1100, 1150);
    up.kind = ActivityKind::Copy;
    maker.launched(run, 0, 1200, 1300);
    Activity& between = maker.launched(run, 1, 1300, 1340);
    between.kind = ActivityKind::Memset;
    auto records = layers(2);
    const auto profile = profileOf(maker, records);
    EXPECT_EQ(profile.time.transfersNs, 50);
    EXPECT_EQ(profile.time.layersNs, 140) << "a memset of a layer is the layer's";
    EXPECT_EQ(profile.time.attributed(), 1);
    const auto copies = spansOf(profile.trace, trace::SpanKind::Copy);
    ASSERT_EQ(copies.size(), 2U);
    EXPECT_EQ(copies[0].layer, -1);
    EXPECT_EQ(copies[1].layer, 1);
}

TEST(Attribution, ACopyIsFoundByTheRuntimesCallWhereTheDriversHasNoScope) {
    RecordingMaker maker;
    const std::size_t run = maker.run(1000, 3000);
    maker.scope(40, run, 1);
    maker.activity(ActivityKind::Copy, 1100, 1200, 41).runtimeCorrelation = 40;
    auto records = layers(2);
    profileOf(maker, records);
    EXPECT_EQ(records[1].medianNs, 100);
}

TEST(Attribution, CountsWhatWasLostOrHasNoTime) {
    RecordingMaker maker;
    const std::size_t run = maker.run(1000, 2000);
    maker.launched(run, 0, 1100, 1200);
    maker.launched(run, 0, 0, 0);
    maker.launched(run, 0, 1500, 1400);
    maker.recording().activities.dropped = 5;
    maker.recording().activities.broken = 1;
    auto records = layers(1);
    const auto profile = profileOf(maker, records);
    EXPECT_EQ(profile.trace.dropped, 8);
    EXPECT_EQ(records[0].medianNs, 100);
}

TEST(Attribution, FailsWhereTheDeviceDidNothing) {
    RecordingMaker maker;
    auto records = layers(1);
    EXPECT_FALSE(attribute(maker.recording(), records)) << "no run";
    maker.run(1000, 2000);
    maker.call(3, 1100, 1200);
    EXPECT_FALSE(attribute(maker.recording(), records));
}

TEST(Attribution, TimesMayCrossAnyPowerOfTwoAndCallsMayBeginAnew) {
    for (const std::uint64_t middle : {std::uint64_t{1} << 32, std::uint64_t{1} << 63, std::uint64_t{0} - 100'000}) {
        RecordingMaker maker;
        const std::size_t run = maker.run(middle - 1000, middle + 1000);
        constexpr std::uint32_t kLastCall = 0xFFFFFFFF;
        maker.scope(kLastCall, run, 0);
        maker.activity(ActivityKind::Kernel, middle - 200, middle + 300, kLastCall);
        maker.scope(1, run, 1);
        maker.activity(ActivityKind::Kernel, middle + 300, middle + 400, 1);
        auto records = layers(2);
        const auto profile = profileOf(maker, records);
        EXPECT_EQ(records[0].medianNs, 500);
        EXPECT_EQ(records[1].medianNs, 100);
        EXPECT_EQ(spansOf(profile.trace, trace::SpanKind::Kernel).front().beginNs, 800);
    }
}

TEST(ActivityTrace, HasANodeAroundTheKernelsOfALayerThatStandTogether) {
    RecordingMaker maker;
    const std::size_t run = maker.run(0, 2000);
    maker.launched(run, 0, 100, 200);
    maker.launched(run, 0, 210, 300);
    maker.launched(run, 1, 300, 350);
    maker.launched(run, 0, 400, 450);
    auto records = layers(2);
    const trace::Trace trace = profileOf(maker, records).trace;
    const auto nodes = spansOf(trace, trace::SpanKind::Node);
    ASSERT_EQ(nodes.size(), 3U);
    EXPECT_EQ(nodes[0].beginNs, 100);
    EXPECT_EQ(nodes[0].endNs(), 300);
    EXPECT_EQ(trace.nameOf(nodes[0]), "layer 0");
    const auto depths = trace::depths(trace);
    for (std::size_t i = 0; i < trace.spans.size(); ++i) {
        if (trace.spans[i].kind != trace::SpanKind::Kernel) continue;
        EXPECT_EQ(depths[i], 1) << "inside its node";
        EXPECT_EQ(trace.tracks[trace.spans[i].track], "stream 7");
    }
}

TEST(ActivityTrace, PutsWhatOverlapsOnTracksOfItsOwn) {
    RecordingMaker maker;
    const std::size_t run = maker.run(0, 2000);
    maker.launched(run, 0, 100, 300);
    maker.launched(run, 1, 200, 400) /* begins before the other ends, on the same stream */;
    maker.launched(run, 2, 150, 250, 8);
    auto records = layers(3);
    const trace::Trace trace = profileOf(maker, records).trace;
    EXPECT_THAT(trace.tracks, ElementsAre("host", "stream 7", "stream 7 (2)", "stream 8"));
    EXPECT_EQ(spansOf(trace, trace::SpanKind::Kernel).size(), 3U);
    const auto nodes = spansOf(trace, trace::SpanKind::Node);
    ASSERT_EQ(nodes.size(), 1U) << "none around kernels that reach into one another";
    EXPECT_EQ(nodes[0].layer, 2);
}

TEST(ActivityTrace, TellsOfTheHostToo) {
    RecordingMaker maker;
    const std::size_t run = maker.run(1000, 3000);
    maker.launched(run, 0, 1200, 1300);
    maker.scope(60, run, 0);
    maker.call(60, 1050, 1100);
    maker.call(61, 1060, 1090, "cuLaunchKernel");
    maker.call(62, 1070, 1080).thread = 12;
    maker.activity(ActivityKind::Wait, 1400, 2900, 63);
    maker.activity(ActivityKind::Overhead, 1500, 1600, 0);
    maker.call(64, 3500, 3600) /* after the run */;
    auto records = layers(1);
    const trace::Trace trace = profileOf(maker, records).trace;
    EXPECT_THAT(trace.tracks, ElementsAre("host", "host, thread 12", "recording", "stream 7"));
    EXPECT_EQ(spansOf(trace, trace::SpanKind::Run).size(), 1U);
    EXPECT_EQ(spansOf(trace, trace::SpanKind::Wait).size(), 1U);
    EXPECT_EQ(spansOf(trace, trace::SpanKind::Overhead).size(), 1U);
    const auto calls = spansOf(trace, trace::SpanKind::Kernel);
    ASSERT_EQ(calls.size(), 4U);
    EXPECT_EQ(trace.nameOf(calls[0]), "cudaLaunchKernel");
    EXPECT_EQ(calls[0].layer, 0);
}

/// Anything at all: lost, early, late, overlapping, of layers that are not there.
Recording randomRecording(std::uint64_t seed) {
    base::Random random(seed);
    RecordingMaker maker;
    std::uint64_t time = 1'000'000;
    for (std::uint64_t node = 1; node < 20; ++node) maker.recording().graphNodes[node] = static_cast<std::int32_t>(random.below(8)) - 2;
    for (std::uint64_t runs = 1 + random.below(5); runs > 0; --runs) {
        const std::uint64_t length = 1000 + random.below(100'000);
        const std::size_t run = maker.run(time, time + length);
        for (std::uint64_t i = random.below(60); i > 0; --i) {
            const std::uint64_t begin = time - 500 + random.below(length + 1000), end = begin + random.below(3000);
            const auto stream = static_cast<std::uint32_t>(7 + random.below(3));
            const auto layer = static_cast<std::int32_t>(random.below(9)) - 2;
            switch (random.below(6)) {
                case 0: maker.replayed(random.below(24), maker.nextCall(), begin, end, stream); break;
                case 1: maker.activity(ActivityKind::Graph, begin, end, maker.nextCall(), stream); break;
                case 2: maker.call(maker.nextCall(), begin, end); break;
                case 3: maker.activity(random.below(2) ? ActivityKind::Wait : ActivityKind::Overhead, begin, end, 0); break;
                case 4:
                    maker.activity(ActivityKind::Copy, begin, random.below(5) ? end : 0, static_cast<std::uint32_t>(random.below(300)));
                    break;
                default: maker.launched(random.below(4) ? run : random.below(8), layer, begin, end, stream);
            }
        }
        time += length + random.below(10'000);
    }
    return maker.recording();
}

TEST(Attribution, AllOfTheDevicesTimeIsSomewhereWhateverWasRecorded) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        const Recording recording = randomRecording(seed);
        auto records = layers(5);
        const auto profile = attribute(recording, records);
        if (!profile) continue;
        ASSERT_TRUE(trace::check(profile->trace)) << trace::check(profile->trace).error().text();
        double onStreams = 0, inNodes = 0;
        const auto runs = static_cast<double>(recording.runs.size());
        for (const trace::Span& span : profile->trace.spans) {
            const bool isOfDevice = profile->trace.tracks[span.track].starts_with("stream");
            if (isOfDevice && span.kind != trace::SpanKind::Node) onStreams += static_cast<double>(span.durationNs) / runs;
            if (isOfDevice && span.kind != trace::SpanKind::Node && span.layer >= 0) inNodes += static_cast<double>(span.durationNs) / runs;
        }
        // Spans are cut where the first run begins.
        constexpr double kCut = 60 * 3000;
        EXPECT_LE(onStreams, profile->time.deviceNs() + 1e-6);
        EXPECT_THAT(onStreams, DoubleNear(profile->time.deviceNs(), kCut));
        EXPECT_LE(inNodes, profile->time.layersNs + 1e-6);
        EXPECT_GE(profile->time.attributed(), 0);
        EXPECT_LE(profile->time.attributed(), 1);
        double shares = 0;
        for (const auto& record : records) shares += std::max(0.0, record.share);
        EXPECT_TRUE(shares == 0 || std::abs(shares - 1) < 1e-9);
    }
}

TEST(Attribution, AsMuchIsAttributedAndLeftOverAsTheDeviceDid) {
    base::Random random(5);
    for (int round = 0; round < 50; ++round) {
        RecordingMaker maker;
        double sum = 0;
        for (std::uint64_t r = 0; r < 4; ++r) {
            std::uint64_t time = 1'000'000 * (r + 1);
            const std::size_t run = maker.run(time, time + 900'000);
            for (int i = 0; i < 20; ++i) {
                const std::uint64_t length = random.below(5000);
                maker.launched(run, static_cast<std::int32_t>(random.below(8)) - 2, time + 100, time + 100 + length);
                time += length + random.below(100);
                sum += static_cast<double>(length);
            }
        }
        auto records = layers(4);
        const auto time = profileOf(maker, records).time;
        EXPECT_NEAR(time.layersNs + time.transfersNs + time.restNs, sum / 4, 1e-6);
    }
}

}  // namespace
}  // namespace trimtab::cupti
