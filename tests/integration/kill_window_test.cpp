// kill -9 of the window at random moments of a sweep: what it showed stays, the sweep resumes, and nothing that was finished is done again.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include "core/base/random.h"
#include "tests/app/cli/command_line.h"
#include "tests/integration/kill_fixture.h"

namespace trimtab::testing_cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kKills = 10;
constexpr int kDeadlineMs = 60'000;

class KillWindow : public KillFixture {
protected:
    KillWindow() { ::setenv("QT_QPA_PLATFORM", "offscreen", 1); }

    Running sweep(const std::string& session) const {
        return Running("window_sweep", {m_tiny.model(), m_tiny.data(), m_tiny.at(session), m_tiny.at("settings.ini")});
    }

    static std::vector<std::string> shown(const std::string& told) {
        std::vector<std::string> labels;
        std::istringstream lines(told);
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("shown ")) labels.push_back(line.substr(6));
        return labels;
    }

    /// Until the window runs its sweep, or has ended.
    static bool waitUntilRunning(Running& window) {
        const auto begin = Clock::now();
        while (window.told().find("running\n") == std::string::npos) {
            if (window.waitAtMost(2) || Clock::now() - begin > std::chrono::milliseconds(kDeadlineMs)) return false;
        }
        return true;
    }

    /// How long the window's sweep takes here when nothing disturbs it.
    int undisturbedMs() const {
        Running window = sweep("whole.trimtab");
        EXPECT_TRUE(waitUntilRunning(window));
        const auto begin = Clock::now();
        const Ran ran = window.wait();
        EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
        EXPECT_NE(ran.out.find("ended 5 0\n"), std::string::npos) << ran.out;
        expectWhole("whole.trimtab");
        return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count());
    }
};

TEST_F(KillWindow, LosesNothingThatWasShownAndDoesNothingTwice) {
    const int whole = undisturbedMs();
    base::Random random(411);
    int inTheMiddle = 0;
    for (int round = 0; round < kKills; ++round) {
        const std::string session = "window-" + std::to_string(round) + ".trimtab";
        const int moment = static_cast<int>(random.below(static_cast<std::uint64_t>(whole)));
        Running window = sweep(session);
        ASSERT_TRUE(waitUntilRunning(window));
        window.waitAtMost(moment);
        const auto workers = window.children();
        window.kill();
        const Ran killed = window.wait();
        inTheMiddle += killed.signal == SIGKILL;
        expectNothingLost(session, shown(killed.out));
        for (const pid_t worker : workers) EXPECT_TRUE(endsWithin(worker, kDeadlineMs)) << "a worker outlived its window";
        const std::size_t before = stored(session).size();
        const Ran resumed = sweep(session).wait();
        ASSERT_EQ(resumed.status, 0) << "round " << round << ", killed after " << moment << " ms: " << resumed.out << resumed.err;
        const std::string expected = "ended " + std::to_string(kTrials - before) + ' ' + std::to_string(before) + '\n';
        EXPECT_NE(resumed.out.find(expected), std::string::npos) << "round " << round << ", wanted " << expected << resumed.out;
        expectWhole(session);
    }
    EXPECT_GT(inTheMiddle, kKills / 2);
}

}  // namespace
}  // namespace trimtab::testing_cli
