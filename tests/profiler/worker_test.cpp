// The real worker over its protocol.
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/ipc/child_process.h"
#include "core/ipc/client.h"
#include "core/ipc/messages.h"
#include "core/ipc/rpc.h"
#include "core/ipc/transport.h"
#include "profiler/worker/machine.h"
#include "tests/support/model_builder.h"

namespace trimtab::worker {
namespace {

class Worker : public testing::Test {
protected:
    std::unique_ptr<ipc::WorkerClient> start(std::int64_t memoryLimit = 0) {
        ipc::WorkerOptions options;
        options.program = std::string(TRIMTAB_BIN_DIR) + "/trimtab-worker";
        options.memoryLimit = memoryLimit;
        return ipc::WorkerClient::start(options).value();
    }
    /// A stack of products that takes a while on the reference engine.
    ipc::ModelRequest slowModel() {
        support::ModelBuilder model;
        model.input("x", DataType::Float32, {512, 512}).constant("w", Tensor::zeros(DataType::Float32, {512, 512}).value());
        std::string last = "x";
        for (int i = 0; i < 40; ++i) {
            const std::string next = "h" + std::to_string(i);
            model.node("MatMul", {last, "w"}, {next});
            last = next;
        }
        model.output(last).save(at("slow.onnx"));
        ipc::ModelRequest request;
        request.model = at("slow.onnx");
        request.setting.engine = "reference";
        return request;
    }
    std::string at(const std::string& name) const { return (m_folder.path() / name).string(); }
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-worker").value();
};

TEST_F(Worker, NamesTheMethodItDoesNotHave) {
    const auto answer = start()->call("dance", Json::object());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Usage);
}

TEST_F(Worker, RefusesParametersOfTheWrongKind) {
    const auto worker = start();
    for (const char* method :
         {"info", "dataset", "run", "bench", "plan", "eval", "fidelity", "generate", "phases", "profile", "compress", "conformance"}) {
        EXPECT_FALSE(worker->call(method, Json::array())) << method;
        EXPECT_FALSE(worker->call(method, {{"model", 5}, {"data", Json::array()}, {"folders", 1}})) << method;
    }
    EXPECT_TRUE(worker->call("devices", Json::object())) << "and lives on";
}

TEST_F(Worker, HoldsATrialAgainstABaselineOfAnotherEngineAndBatch) {
    support::ModelBuilder().input("x", DataType::Float32, {"n", 8}).node("Relu", {"x"}, {"y"}).output("y").save(at("m.onnx"));
    ipc::BenchRequest bench;
    bench.model.model = at("m.onnx");
    bench.model.setting.engine = "reference";
    bench.model.setting.batch = 2;
    bench.baseline.emplace();
    bench.baseline->setting.batch = 4;
    bench.seconds = 0.01;
    const auto answer = start()->call("bench", ipc::toJson(bench));
    ASSERT_TRUE(answer) << answer.error().text();
    const auto timed = ipc::benchAnswerFromJson(*answer).value();
    EXPECT_EQ(timed.environment.engine, "reference");
    EXPECT_EQ(timed.batch, 2);
    EXPECT_EQ(timed.baselineBatch, 4);
    EXPECT_FALSE(timed.timings.baseline.empty() || timed.timings.trial.empty());
}

TEST_F(Worker, StopsALongCallWhenItIsCancelled) {
    const auto worker = start();
    ipc::BenchRequest bench;
    bench.model = slowModel();
    bench.seconds = 3000;
    std::stop_source stop;
    std::promise<void> begun;
    std::once_flag once;
    auto answer = std::async(std::launch::async, [&] {
        return worker->call(
            "bench", ipc::toJson(bench), [&](double, const std::string&) { std::call_once(once, [&] { begun.set_value(); }); },
            stop.get_token());
    });
    begun.get_future().wait();
    stop.request_stop();
    const auto ended = answer.get();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::Cancelled);
}

TEST_F(Worker, EndsInTheMiddleOfACallWhenItsInputCloses) {
    ipc::BenchRequest bench;
    bench.model = slowModel();
    bench.seconds = 3000;
    const auto child = ipc::ChildProcess::start(std::string(TRIMTAB_BIN_DIR) + "/trimtab-worker", {}).value();
    ipc::Transport transport(child->readDescriptor(), child->writeDescriptor());
    ASSERT_TRUE(transport.send(ipc::makeRequest(1, "bench", ipc::toJson(bench))));
    ASSERT_TRUE(transport.receive()) << "its first progress";
    child->closeInput();
    const int status = child->wait();
    EXPECT_TRUE(WIFEXITED(status)) << ipc::describeWaitStatus(status);
}

TEST_F(Worker, AnswersAfterItsMemoryLimitWasMet) {
    support::ModelBuilder()
        .input("x", DataType::Float32, {"n"})
        .constant("w", Tensor::zeros(DataType::Float32, {4096}).value())
        .node("Unsqueeze", {"x", "axis"}, {"column"})
        .constant("axis", Tensor::fromInt64s({1}, {1}))
        .node("Mul", {"column", "w"}, {"y"})
        .output("y")
        .save(at("wide.onnx"));
    const auto worker = start(256 << 20);
    ipc::RunRequest run;
    run.model.model = at("wide.onnx");
    run.model.setting.batch = 1 << 20;  // 16 GB of products
    const auto answer = worker->call("run", ipc::toJson(run));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::OutOfMemory) << answer.error().text();
    run.model.setting.batch = 4;
    EXPECT_TRUE(worker->call("run", ipc::toJson(run)));
}

TEST_F(Worker, SeesThatAFileHasChanged) {
    const auto worker = start();
    const auto outputs = [&](int width) {
        support::ModelBuilder().input("x", DataType::Float32, {width}).node("Relu", {"x"}, {"y"}).output("y").save(at("m.onnx"));
        ipc::RunRequest run;
        run.model.model = at("m.onnx");
        return worker->call("run", ipc::toJson(run)).value()["outputs"][0]["shape"];
    };
    EXPECT_EQ(outputs(3), Json::array({3}));
    EXPECT_EQ(outputs(50), Json::array({50}));
}

TEST_F(Worker, PassesItsOwnTestsOnEveryEngine) {
    for (const char* engine : {"cpu", "reference"}) {
        const auto answer = start()->call("selftest", {{"engine", engine}}).value();
        EXPECT_EQ(answer["failed"], Json::array()) << engine;
        EXPECT_GE(answer["passed"].get<int>(), 12) << engine;
    }
}

TEST(Machine, KnowsItself) {
    EXPECT_GT(physicalMemory(), std::int64_t{100} << 20);
    EXPECT_LT(defaultMemoryLimit(), physicalMemory());
    EXPECT_FALSE(processorName().empty());
    EXPECT_NE(systemName().find("Linux"), std::string::npos);
    EXPECT_EQ(hostHash().size(), 16u);
}

TEST(Machine, TellsTheCacheOfAProcessorAndNotOfACard) {
    const auto bytes = lastLevelCacheBytes();
    if (std::ifstream("/sys/devices/system/cpu/cpu0/cache/index0/size")) {
        ASSERT_TRUE(bytes);
        EXPECT_GE(*bytes, ::sysconf(_SC_LEVEL1_DCACHE_SIZE));
    }
    EXPECT_EQ(environmentOf({"cpu", "1", "avx2", 1, ""}).lastLevelCacheBytes, bytes);
    EXPECT_FALSE(environmentOf({"cuda", "1", "sm_90", 1, "a card"}).lastLevelCacheBytes);
}

}  // namespace
}  // namespace trimtab::worker
