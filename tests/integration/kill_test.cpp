// kill -9 at random moments of a sweep: what was acknowledged stays, the sweep resumes, and nothing that was finished is done again.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <sstream>

#include "core/base/json.h"
#include "core/base/random.h"
#include "tests/app/cli/command_line.h"
#include "tests/integration/kill_fixture.h"

namespace trimtab::testing_cli {
namespace {

class Kill : public KillFixture {
protected:
    std::vector<std::string> sweep(const std::string& session) const {
        return {"sweep",     m_tiny.model(),      "--data",    m_tiny.data(), "--axis",      "weights.bits=32,8,6,4,3",
                "--session", m_tiny.at(session), "--seconds", "0.02",        "--processes", "2", "--resume", "--json"};
    }

    /// The trials that a sweep told its user as finished: "LABEL: top1 …".
    static std::vector<std::string> acknowledged(const Ran& ran) {
        std::vector<std::string> labels;
        std::istringstream lines(ran.err);
        for (std::string line; std::getline(lines, line);)
            if (const std::size_t at = line.find(": top1 ");
                at != std::string::npos && line.find("The model as it is") == std::string::npos)
                labels.push_back(line.substr(0, at));
        return labels;
    }

    /// How long the sweep takes here when nothing disturbs it.
    int undisturbedMs() const {
        const auto begin = std::chrono::steady_clock::now();
        const Ran ran = trimtab(sweep("whole.trimtab"));
        EXPECT_EQ(ran.status, 0) << ran.err;
        EXPECT_EQ(acknowledged(ran).size(), static_cast<std::size_t>(kTrials)) << ran.err;
        expectWhole("whole.trimtab");
        return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count());
    }
};

TEST_F(Kill, OfTheProgramLosesNothingThatWasAcknowledged) {
    const int whole = undisturbedMs();
    base::Random random(2024);
    for (int round = 0; round < 10; ++round) {
        const std::string session = "program-" + std::to_string(round) + ".trimtab";
        const int moment = static_cast<int>(random.below(static_cast<std::uint64_t>(whole)));
        Running running(sweep(session));
        running.waitAtMost(moment);
        running.kill();
        const auto told = acknowledged(running.wait());
        expectNothingLost(session, told);
        const auto before = stored(session);
        const Ran resumed = trimtab(sweep(session));
        ASSERT_EQ(resumed.status, 0) << "round " << round << ", killed after " << moment << " ms: " << resumed.err;
        const auto document = base::parseJson(resumed.out, "output").value();
        EXPECT_EQ(document["reused"], before.size()) << "round " << round;
        EXPECT_EQ(document["finished"], kTrials - static_cast<int>(before.size())) << "round " << round;
        expectWhole(session);
    }
}

TEST_F(Kill, OfAWorkerCostsNoTrial) {
    const int whole = undisturbedMs();
    base::Random random(77);
    int killed = 0;
    for (int round = 0; round < 10; ++round) {
        const std::string session = "worker-" + std::to_string(round) + ".trimtab";
        Running running(sweep(session));
        // The first tenth opens model and data, once; a worker that dies there ends the command with a message.
        running.waitAtMost(whole / 3 + static_cast<int>(random.below(static_cast<std::uint64_t>(whole) / 2)));
        while (!running.ended()) {
            const auto workers = running.children();
            if (!workers.empty()) {
                killed += ::kill(workers[random.below(workers.size())], SIGKILL) == 0;
                break;
            }
            running.waitAtMost(1);
        }
        const Ran ran = running.wait();
        EXPECT_EQ(ran.status, 0) << "round " << round << ": " << ran.err;
        EXPECT_EQ(acknowledged(ran).size(), static_cast<std::size_t>(kTrials)) << ran.err;
        expectWhole(session);
    }
    EXPECT_GT(killed, 0);
}

TEST_F(Kill, OfTheWorkerThatPlansBeforeTheFirstTrialCostsNothing) {
    Running running(sweep("first.trimtab"));
    while (!running.ended() && running.children().size() < 2) running.waitAtMost(1);  // one opened the model, the other begins to plan
    const auto workers = running.children();
    ASSERT_EQ(workers.size(), 2U);
    ::kill(*std::max_element(workers.begin(), workers.end()), SIGKILL);
    const Ran ran = running.wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(acknowledged(ran).size(), static_cast<std::size_t>(kTrials)) << ran.err;
    expectWhole("first.trimtab");
}

}  // namespace
}  // namespace trimtab::testing_cli
