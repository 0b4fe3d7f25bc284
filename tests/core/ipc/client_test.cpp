#include "core/ipc/client.h"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <gtest/gtest.h>
#include <thread>

namespace trimtab::ipc {
namespace {

std::unique_ptr<WorkerClient> startEcho() {
    WorkerOptions options;
    options.program = std::string(TRIMTAB_BIN_DIR) + "/ipc_echo_worker";
    auto client = WorkerClient::start(options);
    EXPECT_TRUE(client.has_value()) << client.error().text();
    return client ? std::move(*client) : nullptr;
}

TEST(WorkerClient, BringsAnswersAndProgress) {
    const auto client = startEcho();
    double share = 0;
    std::string what;
    const auto answer = client->call("echo", {{"a", 1}}, [&](double s, const std::string& w) {
        share = s;
        what = w;
    });
    ASSERT_TRUE(answer);
    EXPECT_EQ(*answer, (Json{{"a", 1}}));
    EXPECT_EQ(share, 0.5);
    EXPECT_EQ(what, "half");
}

TEST(WorkerClient, BringsErrorsWithTheirCode) {
    const auto client = startEcho();
    const auto answer = client->call("fail", {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Refused);
    EXPECT_EQ(answer.error().text(), "here: no");
    EXPECT_TRUE(client->call("echo", 1));
}

TEST(WorkerClient, SaysHowAWorkerDied) {
    auto client = startEcho();
    auto answer = client->call("die", {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::WorkerDied);
    EXPECT_NE(answer.error().message.find("signal 9"), std::string::npos) << answer.error().message;
    answer = client->call("echo", {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::WorkerDied);
    client = startEcho();
    answer = client->call("leave", {});
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message.find("exit status 7"), std::string::npos) << answer.error().message;
}

TEST(WorkerClient, GivesUpAWorkerThatBreaksTheProtocol) {
    const auto client = startEcho();
    const auto answer = client->call("garbage", {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::WorkerDied);
}

TEST(WorkerClient, TellsAWorkerToCancel) {
    const auto client = startEcho();
    std::stop_source stop;
    auto waiting = std::async(std::launch::async, [&] { return client->call("wait", {}, {}, stop.get_token()); });
    stop.request_stop();
    const auto answer = waiting.get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Cancelled);
    EXPECT_TRUE(client->call("echo", 1)) << "a worker that obeys is kept";
}

TEST(WorkerClient, KillsAWorkerThatDoesNotObey) {
    const auto client = startEcho();
    std::stop_source stop;
    std::promise<void> asked;
    auto waiting = std::async(std::launch::async, [&] {
        asked.set_value();
        return client->call("hang", {}, {}, stop.get_token());
    });
    asked.get_future().wait();
    stop.request_stop();
    const auto answer = waiting.get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Cancelled);
}

TEST(WorkerClient, DoesNotBeginWhatIsCancelledAlready) {
    const auto client = startEcho();
    std::stop_source stop;
    stop.request_stop();
    const auto answer = client->call("echo", {}, {}, stop.get_token());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Cancelled);
}

TEST(WorkerClient, AnswersCallsOfSeveralThreadsEachWithItsOwn) {
    const auto client = startEcho();
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 25; ++i) {
                const auto answer = client->call("echo", t * 100 + i);
                right += answer && *answer == t * 100 + i;
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(right, 100);
}

TEST(WorkerClient, SendsAndTakesLargeMessages) {
    const auto client = startEcho();
    const std::string large(8 << 20, 'x');
    const auto answer = client->call("echo", large);
    ASSERT_TRUE(answer);
    EXPECT_EQ(*answer, large);
}

TEST(WorkerClient, LeavesNoDescriptorsOpenInTheWorker) {
    const auto first = startEcho();
    const auto second = startEcho();
    const auto answer = second->call("descriptors", {});
    ASSERT_TRUE(answer);
    // What this process itself was handed open by whoever started it is passed on; what it opened for its workers is not.
    for (const Json& descriptor : *answer) {
        const int flags = ::fcntl(descriptor.get<int>(), F_GETFD);
        EXPECT_TRUE(flags >= 0 && (flags & FD_CLOEXEC) == 0) << descriptor;
    }
}

TEST(WorkerClient, EndsItsWorkerWhenItGoes) {
    auto client = startEcho();
    const int id = client->processId();
    EXPECT_EQ(::kill(id, 0), 0);
    client.reset();
    EXPECT_NE(::kill(id, 0), 0);
}

TEST(WorkerClient, SaysWhenThereIsNoWorkerToStart) {
    WorkerOptions options;
    options.program = "/nowhere/trimtab-worker";
    const auto client = WorkerClient::start(options);
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, ErrorCode::NotFound);
    EXPECT_NE(client.error().message.find("/nowhere/trimtab-worker"), std::string::npos);
}

}  // namespace
}  // namespace trimtab::ipc
