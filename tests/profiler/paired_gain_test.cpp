// What two models differ by, timed in turns.
#include "profiler/worker/paired_gain.h"

#include <gtest/gtest.h>

namespace trimtab::worker {
namespace {

TEST(PairedGain, SeesASmallGainThroughADriftThatMeetsBoth) {
    std::vector<base::PairedBlock> turns;
    for (int turn = 0; turn < 12; ++turn) {
        const double slow = 1 + 0.1 * turn;  // the clock falls
        turns.push_back({{2 * slow, 2.01 * slow, 1.99 * slow}, {1.9 * slow, 1.91 * slow, 1.89 * slow}});
    }
    const PairedGain gain = gainOf(turns);
    EXPECT_GT(gain.gainNs.interval.low, 0) << "the ends of the two medians overlap, the turns never do";
    EXPECT_NEAR(gain.gainNs.value, 0.1e6 * 1.55, 1e4);
    EXPECT_NEAR(gain.untreatedNs, 2e6 * 1.55, 0.1e6);
}

TEST(PairedGain, LeavesItOpenWhereTurnsDisagree) {
    std::vector<base::PairedBlock> turns;
    for (int turn = 0; turn < 12; ++turn) turns.push_back({{2}, {turn % 2 ? 1.9 : 2.1}});
    const auto ends = gainOf(turns).gainNs.interval;
    EXPECT_TRUE(ends.low < 0 && ends.high > 0);
}

TEST(PairedGain, IsNotSureOfAFewTurns) {
    const std::vector<base::PairedBlock> turns{{{2, 2.2}, {1.9, 2.1}}, {{2.1}, {2}}};
    const auto ends = gainOf(turns).gainNs.interval;
    EXPECT_NEAR(ends.low, -0.1e6, 1);
    EXPECT_NEAR(ends.high, 0.3e6, 1);
}

TEST(PairedGain, LeavesOutATurnThatOnlyOneTook) {
    std::vector<base::PairedBlock> turns(8, {{2}, {1}});
    turns.push_back({{}, {1}});
    EXPECT_NEAR(gainOf(turns).gainNs.value, 1e6, 1);
}

}  // namespace
}  // namespace trimtab::worker
