// A profile's hold on CUPTI, over a library that notes what it is asked.
#include "profiler/cupti/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/profiler/cupti/fake_cupti.h"
#include "tests/profiler/cupti/recording_maker.h"

namespace trimtab::cupti {
namespace {

using test::FakeCupti;
using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<profiler::DeviceActivity> opened(const FakeCupti& cupti, std::size_t runs = 10) {
    auto session = openSession(cupti.library(), runs);
    EXPECT_TRUE(session) << session.error().text();
    return session ? std::move(*session) : nullptr;
}

/// A run of two layers, launched one by one.
void run(FakeCupti& cupti, profiler::DeviceActivity& session, bool keep, std::uint64_t lengthNs = 100) {
    session.beginRun(keep);
    for (const std::int32_t layer : {0, 1}) {
        const trace::NodeScope scope(&session.listener(), layer);
        cupti.launch(lengthNs * static_cast<std::uint64_t>(layer + 1));
    }
    session.endRun();
    cupti.nowNs += 1'000'000;
}

TEST(Session, AttributesWhatRanInItsScopes) {
    FakeCupti cupti;
    const auto session = opened(cupti);
    ASSERT_TRUE(session->resume());
    run(cupti, *session, false, 5000);
    for (int i = 0; i < 3; ++i) run(cupti, *session, true);
    auto records = test::layers(2);
    const auto profile = session->finish(records);
    ASSERT_TRUE(profile) << profile.error().text();
    EXPECT_EQ(records[0].medianNs, 100) << "the warm-up took fifty times as long";
    EXPECT_EQ(records[1].medianNs, 200);
    EXPECT_EQ(profile->time.attributed(), 1);
    EXPECT_EQ(std::ranges::count(profile->trace.spans, trace::SpanKind::Run, &trace::Span::kind), 3);
    EXPECT_EQ(profile->trace.dropped, 0);
}

TEST(Session, FollowsWhatWasRecordedWhileItListens) {
    FakeCupti cupti;
    const auto session = opened(cupti);
    ASSERT_TRUE(session->resume());
    ASSERT_TRUE(session->listener().followsRecordings());
    session->beginRun(false);
    for (const std::int32_t layer : {0, 1}) {
        const trace::NodeScope scope(&session->listener(), layer);
        cupti.makeNode(static_cast<std::uint64_t>(40 + layer));
    }
    for (const std::uint64_t node : {40, 41, 42}) cupti.cloneNode(node, node + 100);
    session->endRun();
    cupti.nowNs += 1'000'000;
    session->beginRun(true);
    cupti.replay({140, 141, 142}, 70);
    session->endRun();
    auto records = test::layers(2);
    const auto profile = session->finish(records);
    ASSERT_TRUE(profile) << profile.error().text();
    EXPECT_EQ(records[0].medianNs, 70);
    EXPECT_EQ(records[1].medianNs, 70);
    EXPECT_EQ(profile->time.restNs, 70) << "the third node was made in no scope";
}

TEST(Session, RecordsNothingWhileItPauses) {
    FakeCupti cupti;
    const auto session = opened(cupti);
    EXPECT_TRUE(cupti.kinds.empty()) << "nor before it is asked to";
    EXPECT_TRUE(cupti.callbacks.empty());
    ASSERT_TRUE(session->resume());
    EXPECT_FALSE(cupti.kinds.empty());
    EXPECT_FALSE(cupti.kinds.contains(CUPTI_ACTIVITY_KIND_GRAPH_TRACE)) << "it would hide the graph's nodes";
    run(cupti, *session, true);
    ASSERT_TRUE(session->pause());
    EXPECT_TRUE(cupti.kinds.empty());
    EXPECT_TRUE(cupti.callbacks.empty());
    EXPECT_EQ(cupti.buffersOut, 0U) << "what was recorded was asked for";
    cupti.launch(1'000);
    ASSERT_TRUE(session->resume());
    run(cupti, *session, true);
    auto records = test::layers(2);
    const auto profile = session->finish(records);
    ASSERT_TRUE(profile) << profile.error().text();
    EXPECT_EQ(profile->time.deviceNs(), 300);
}

TEST(Session, LeavesTheProcessAsItWas) {
    for (const bool finishes : {true, false}) {
        FakeCupti cupti;
        auto session = opened(cupti);
        EXPECT_TRUE(cupti.isSubscribed);
        ASSERT_TRUE(session->resume());
        auto recording = std::make_shared<int>(1);
        const std::weak_ptr<int> replayed = recording;
        session->listener().keep(std::move(recording));
        run(cupti, *session, true);
        auto records = test::layers(2);
        if (finishes) {
            EXPECT_TRUE(session->finish(records));
        } else {
            session.reset();
        }
        EXPECT_TRUE(cupti.kinds.empty());
        EXPECT_TRUE(cupti.callbacks.empty());
        EXPECT_FALSE(cupti.isSubscribed);
        EXPECT_EQ(cupti.finalized, 1);
        EXPECT_EQ(cupti.buffersOut, 0U);
        EXPECT_TRUE(replayed.expired()) << "a graph that was made under CUPTI ends with it";
        session.reset();
        EXPECT_EQ(cupti.finalized, 1) << "once";
    }
}

TEST(Session, KeepsNoMoreThanTheRunsItWasAskedFor) {
    FakeCupti cupti;
    const auto session = opened(cupti, 2);
    ASSERT_TRUE(session->resume());
    for (int i = 0; i < 500; ++i) run(cupti, *session, true);
    auto records = test::layers(2);
    const auto profile = session->finish(records);
    ASSERT_TRUE(profile) << profile.error().text();
    EXPECT_EQ(std::ranges::count(profile->trace.spans, trace::SpanKind::Run, &trace::Span::kind), 2);
    EXPECT_EQ(profile->time.deviceNs(), 300);
}

TEST(Session, ForgetsARunThatNeverEnded) {
    FakeCupti cupti;
    const auto session = opened(cupti);
    ASSERT_TRUE(session->resume());
    session->beginRun(true);
    cupti.launch(10'000);
    cupti.nowNs += 1'000'000;
    run(cupti, *session, true);
    auto records = test::layers(2);
    EXPECT_EQ(session->finish(records).value().time.deviceNs(), 300);
}

TEST(Session, TellsWhatCuptiDropped) {
    FakeCupti cupti;
    const auto session = opened(cupti);
    ASSERT_TRUE(session->resume());
    run(cupti, *session, true);
    cupti.dropped = 3;
    ASSERT_TRUE(session->pause());
    cupti.dropped = 4;
    auto records = test::layers(2);
    EXPECT_EQ(session->finish(records).value().trace.dropped, 7);
}

TEST(Session, SaysInOneLineWhyItCannotBeHad) {
    FakeCupti cupti;
    cupti.onSubscribe = CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED;
    auto session = openSession(cupti.library(), 1);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(session.error().text(), HasSubstr("another profiler"));
    EXPECT_EQ(cupti.finalized, 0) << "the other one's is left alone";

    cupti.onSubscribe = CUPTI_SUCCESS;
    cupti.refusedKind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
    cupti.onEnable = CUPTI_ERROR_INSUFFICIENT_PRIVILEGES;
    session = openSession(cupti.library(), 1);
    ASSERT_FALSE(session);
    EXPECT_THAT(session.error().text(), HasSubstr("recording kernels"));
    EXPECT_THAT(session.error().text(), HasSubstr("administrator"));
    EXPECT_THAT(session.error().text(), Not(HasSubstr("\n")));
    EXPECT_TRUE(cupti.kinds.empty());
    EXPECT_FALSE(cupti.isSubscribed);
}

TEST(Session, DoesWithoutWhatIsOnlyToldBesides) {
    FakeCupti cupti;
    cupti.refusedKind = CUPTI_ACTIVITY_KIND_OVERHEAD;
    cupti.onEnable = CUPTI_ERROR_NOT_SUPPORTED;
    const auto session = opened(cupti);
    ASSERT_TRUE(session->resume());
    EXPECT_TRUE(cupti.kinds.contains(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL));
}

TEST(Session, WithoutTheGraphsCallbacksEveryStepIsLaunchedByItself) {
    FakeCupti cupti;
    cupti.onCallback = CUPTI_ERROR_NOT_SUPPORTED;
    const auto session = opened(cupti);
    ASSERT_TRUE(session->resume());
    EXPECT_TRUE(session->listener().hasDeviceClock());
    EXPECT_FALSE(session->listener().followsRecordings());
}

TEST(Session, FailsWhereScopesAreRefused) {
    FakeCupti cupti;
    const auto session = opened(cupti);
    ASSERT_TRUE(session->resume());
    cupti.onPush = CUPTI_ERROR_INVALID_PARAMETER;
    run(cupti, *session, true);
    auto records = test::layers(2);
    const auto profile = session->finish(records);
    ASSERT_FALSE(profile) << "layers would be missing";
    EXPECT_THAT(profile.error().text(), HasSubstr("entering a layer"));
}

TEST(Session, IsOneAtATime) {
    FakeCupti cupti;
    auto first = opened(cupti);
    const auto second = openSession(cupti.library(), 1);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().text(), HasSubstr("already"));
    EXPECT_EQ(cupti.finalized, 0) << "the first one goes on";
    first.reset();
    EXPECT_TRUE(openSession(cupti.library(), 1));
}

}  // namespace
}  // namespace trimtab::cupti
