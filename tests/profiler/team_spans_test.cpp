#include "profiler/host/team_spans.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include "profiler/host/timeline.h"

namespace trimtab::profiler {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kTries = 20;  // on a busy machine threads that are ready wait for a processor

void spin(double milliseconds) {
    const auto until = Clock::now() + std::chrono::duration<double, std::milli>(milliseconds);
    while (Clock::now() < until) {
    }
}

/// Both of two threads are inside, for so long at the same time.
void bothWork(double milliseconds) {
    std::atomic<int> arrived = 0;
#pragma omp parallel num_threads(2)
    {
        ++arrived;
        while (arrived < 2) std::this_thread::yield();
        spin(milliseconds);
    }
}

void oneWorks(double milliseconds) {
#pragma omp parallel num_threads(2)
    {
        if (omp_get_thread_num() == 0) spin(milliseconds);
    }
}

class TeamSpansTest : public testing::Test {
protected:
    TeamSpansTest() : m_before(omp_get_max_threads()) { omp_set_num_threads(2); }
    ~TeamSpansTest() override { omp_set_num_threads(m_before); }

    template <class Work>
    static void layerOf(TeamSpans& teams, std::int32_t layer, const Work& work) {
        teams.beginLayer(layer, Clock::now());
        work();
        teams.endLayer(Clock::now());
    }

private:
    int m_before;
};

TEST_F(TeamSpansTest, TellHowManyThreadsWorkedOnALayer) {
    std::vector<double> both, one;
    bothWork(1);  // threads are there
    for (int i = 0; i < kTries; ++i) {
        TeamSpans teams(2, 4, 100);
        ASSERT_EQ(teams.threads(), 2U);
        teams.listen();
        layerOf(teams, 0, [] { bothWork(5); });
        layerOf(teams, 1, [] { spin(1); });
        layerOf(teams, 2, [] { oneWorks(5); });
        teams.pause();
        ASSERT_TRUE(teams.hasRegions());
        const std::vector<double> atWork = teams.atWork();
        both.push_back(atWork[0]);
        one.push_back(atWork[2]);
        EXPECT_EQ(atWork[1], 1) << "outside a region one thread works";
        EXPECT_LT(atWork[3], 0) << "it did not run";
    }
    EXPECT_GT(*std::ranges::max_element(both), 1.5);
    EXPECT_LE(*std::ranges::max_element(both), 2);
    EXPECT_LT(*std::ranges::min_element(one), 1.5) << "the other has ended and waits";
}

TEST_F(TeamSpansTest, HaveThePlaceAndTheLayerOfEachThread) {
    TeamSpans teams(2, 2, 100);
    teams.listen();
    const auto begin = Clock::now();
    layerOf(teams, 1, [] { bothWork(1); });
    bothWork(1);
    teams.pause();
    bothWork(1);
    const auto spans = teams.spans();
    ASSERT_EQ(spans.size(), 2U);
    for (const auto& thread : spans) {
        ASSERT_EQ(thread.size(), 2U) << "nothing is listened to behind the pause";
        EXPECT_EQ(thread[0].layer, 1);
        EXPECT_EQ(thread[1].layer, -1) << "between layers";
        EXPECT_GE(thread[0].begin, begin);
        EXPECT_GE(thread[0].end - thread[0].begin, std::chrono::milliseconds(1));
        EXPECT_LE(thread[0].end, thread[1].begin);
    }
    EXPECT_EQ(teams.lost(), 0);
}

TEST_F(TeamSpansTest, SeeLoopsWithADynamicSchedule) {
    TeamSpans teams(2, 1, 100);
    std::vector<int> done(64, 0);
    bothWork(1);
    teams.listen();
    layerOf(teams, 0, [&] {
#pragma omp parallel for schedule(dynamic)
        for (int i = 0; i < 64; ++i) {
            done[static_cast<std::size_t>(i)] = i + 1;
            spin(0.5);
        }
    });
    teams.pause();
    EXPECT_TRUE(teams.hasRegions());
    EXPECT_GE(teams.atWork()[0], 1);
    EXPECT_FALSE(teams.spans()[0].empty() || teams.spans()[1].empty());
    for (int i = 0; i < 64; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i + 1) << "it is done as ever";
}

TEST_F(TeamSpansTest, CountWhatALayerInsideAnotherDoesForThatOne) {
    TeamSpans teams(2, 2, 100);
    bothWork(1);
    teams.listen();
    layerOf(teams, 0, [&] {
        spin(5);
        layerOf(teams, 1, [] { bothWork(20); });
    });
    teams.pause();
    EXPECT_EQ(teams.atWork()[0], 1);
    EXPECT_GT(teams.atWork()[1], 1);
}

TEST_F(TeamSpansTest, LeaveOtherThreadsAndRegionsInsideRegionsAlone) {
    TeamSpans teams(2, 1, 100);
    teams.listen();
    std::thread([] { bothWork(1); }).join();
    EXPECT_FALSE(teams.hasRegions());
#pragma omp parallel num_threads(2)
    {
#pragma omp parallel num_threads(2)
        spin(0.1);
    }
    teams.pause();
    for (const auto& thread : teams.spans()) EXPECT_EQ(thread.size(), 1U);
}

TEST_F(TeamSpansTest, KeepTheFirstSpansAndCountTheOthers) {
    TeamSpans teams(2, 1, 4);
    teams.listen();
    for (int i = 0; i < 5; ++i) layerOf(teams, 0, [] { bothWork(0.1); });
    teams.pause();
    for (const auto& thread : teams.spans()) EXPECT_EQ(thread.size(), 2U);
    EXPECT_EQ(teams.lost(), 6);
    EXPECT_GE(teams.atWork()[0], 1) << "sums go on";
}

TEST_F(TeamSpansTest, ListenToWhatIsNotKeptAndKeepNothingOfIt) {
    TeamSpans teams(2, 1, 100);
    EXPECT_TRUE(TeamSpans::canListen());
    teams.listen(false);
    layerOf(teams, 0, [] { bothWork(1); });
    teams.pause();
    EXPECT_TRUE(teams.hasRegions());
    EXPECT_LT(teams.atWork()[0], 0);
    for (const auto& thread : teams.spans()) EXPECT_TRUE(thread.empty());
    EXPECT_EQ(teams.lost(), 0);
}

TEST_F(TeamSpansTest, OfALayerWithoutRegionsTellThatOneThreadDidIt) {
    TeamSpans teams(2, 1, 100);
    teams.listen();
    layerOf(teams, 0, [] { spin(1); });
    teams.pause();
    EXPECT_FALSE(teams.hasRegions());
    EXPECT_EQ(teams.atWork()[0], 1);
}

TEST_F(TeamSpansTest, StandInTheTraceAsATrackForEachThread) {
    TeamSpans teams(2, 1, 100);
    Timeline timeline(1, 2, &teams);
    const auto run = [&](bool keep) {
        timeline.beginRun(keep);
        {
            const trace::NodeScope scope(&timeline, 0);
            bothWork(1);
        }
        timeline.endRun();
    };
    run(false);
    run(true);
    run(true);
    bothWork(1);
    std::vector<trace::LayerRecord> records(1);
    records[0].node = "product";
    const trace::Trace trace = timeline.trace(records);
    ASSERT_TRUE(trace::check(trace)) << trace::check(trace).error().text();
    EXPECT_THAT(trace.tracks, testing::ElementsAre("host", "thread 1", "thread 2"));
    const auto ofThreads = std::ranges::count(trace.spans, trace::SpanKind::Kernel, &trace::Span::kind);
    EXPECT_EQ(ofThreads, 4) << "of the runs that are kept";
    for (const trace::Span& span : trace.spans) {
        if (span.kind == trace::SpanKind::Kernel) {
            EXPECT_EQ(trace.nameOf(span), "product");
        }
    }
}

}  // namespace
}  // namespace trimtab::profiler
