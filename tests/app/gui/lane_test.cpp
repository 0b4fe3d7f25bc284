// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <latch>
#include <vector>

#include "app/gui/tasks/lane.h"
#include "tests/app/gui/waiting.h"

namespace trimtab::gui {
namespace {

using gui_tests::waitUntil;

TEST(Lane, DoesWorkElsewhereAndItsContinuationHere) {
    Lane lane;
    std::thread::id worked, continued;
    lane.post("a", [&](std::stop_token) -> Lane::Continuation {
        worked = std::this_thread::get_id();
        return [&] { continued = std::this_thread::get_id(); };
    });
    EXPECT_TRUE(lane.busy());
    ASSERT_TRUE(waitUntil(lane, &Lane::busyChanged, [&] { return !lane.busy(); }));
    EXPECT_NE(worked, std::this_thread::get_id());
    EXPECT_EQ(continued, std::this_thread::get_id());
}

TEST(Lane, LetsANewerRequestReplaceAQueuedOne) {
    Lane lane;
    std::latch gate(1);
    std::vector<int> done;
    lane.post("gate", [&](std::stop_token) -> Lane::Continuation {
        gate.wait();
        return [] {};
    });
    for (int i = 0; i < 100; ++i) {
        lane.post("same", [&done, i](std::stop_token) -> Lane::Continuation { return [&done, i] { done.push_back(i); }; });
    }
    gate.count_down();
    ASSERT_TRUE(waitUntil(lane, &Lane::busyChanged, [&] { return !lane.busy(); }));
    EXPECT_EQ(done, std::vector<int>{99});
}

TEST(Lane, StopsARunningRequestThatIsReplacedAndDropsItsAnswer) {
    Lane lane;
    std::latch begun(1);
    std::vector<int> done;
    lane.post("same", [&](std::stop_token stop) -> Lane::Continuation {
        begun.count_down();
        std::latch stopped(1);
        const std::stop_callback tell(stop, [&] { stopped.count_down(); });
        stopped.wait();
        return [&] { done.push_back(1); };
    });
    begun.wait();
    lane.post("same", [&](std::stop_token) -> Lane::Continuation { return [&] { done.push_back(2); }; });
    ASSERT_TRUE(waitUntil(lane, &Lane::busyChanged, [&] { return !lane.busy(); }));
    EXPECT_EQ(done, std::vector<int>{2});
}

TEST(Lane, DropsAnOlderAnswerThatIsReadyButNotYetDelivered) {
    Lane lane;
    std::latch firstIsReady(1);
    std::vector<int> done;
    lane.post("same", [&](std::stop_token) -> Lane::Continuation { return [&] { done.push_back(1); }; });
    lane.post("after", [&](std::stop_token) -> Lane::Continuation {
        firstIsReady.count_down();
        return {};
    });
    firstIsReady.wait();  // no event was handled here meanwhile
    lane.post("same", [&](std::stop_token) -> Lane::Continuation { return [&] { done.push_back(2); }; });
    ASSERT_TRUE(waitUntil(lane, &Lane::busyChanged, [&] { return !lane.busy(); }));
    EXPECT_EQ(done, std::vector<int>{2});
}

TEST(Lane, DeliversTheAnswerOfCancelledWork) {
    Lane lane;
    std::latch begun(1);
    bool cancelled = false;
    lane.post("a", [&](std::stop_token stop) -> Lane::Continuation {
        begun.count_down();
        std::latch stopped(1);
        const std::stop_callback tell(stop, [&] { stopped.count_down(); });
        stopped.wait();
        return [&] { cancelled = true; };
    });
    begun.wait();
    lane.cancel("a");
    ASSERT_TRUE(waitUntil(lane, &Lane::busyChanged, [&] { return !lane.busy(); }));
    EXPECT_TRUE(cancelled);
}

TEST(Lane, EndsWithWorkRunningAndQueued) {
    std::latch begun(1);
    bool called = false;
    {
        Lane lane;
        lane.post("a", [&](std::stop_token stop) -> Lane::Continuation {
            begun.count_down();
            std::latch stopped(1);
            const std::stop_callback tell(stop, [&] { stopped.count_down(); });
            stopped.wait();
            return [&] { called = true; };
        });
        lane.post("b", [&](std::stop_token) -> Lane::Continuation { return [&] { called = true; }; });
        begun.wait();
    }
    EXPECT_FALSE(called);
}

}  // namespace
}  // namespace trimtab::gui
