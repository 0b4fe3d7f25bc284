// Engines that come in modules: found, checked, joined to the worker; and what is said where one cannot be had.
#include "profiler/worker/modules.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/file.h"
#include "core/compress/compress.h"
#include "core/graph/shape_inference.h"
#include "core/ipc/client.h"
#include "core/runtime/inputs.h"
#include "profiler/worker/device_recording.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/selftest_models.h"

namespace trimtab::worker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Modules : public ::testing::Test {
protected:
    void SetUp() override { ::setenv("TRIMTAB_MODULES", TEST_MODULES, 1); }
    void TearDown() override { ::unsetenv("TRIMTAB_MODULES"); }

    static std::string refusal(const std::string& name) {
        const auto module = loadModule(name);
        EXPECT_FALSE(module) << name;
        if (module) return {};
        EXPECT_EQ(module.error().code, ErrorCode::Unsupported);
        EXPECT_THAT(module.error().text(), Not(HasSubstr("\n"))) << "one line";
        return module.error().text();
    }
};

TEST_F(Modules, GiveAnEngineThatRuns) {
    const auto module = loadModule("probe");
    ASSERT_TRUE(module) << module.error().text();
    const auto engine = (*module)->makeEngine(1, "").value();
    EXPECT_EQ(engine->info().name, "reference");
    const auto model = std::move(selftestModels().value().front());
    const auto inputs = runtime::makeInputs(model.graph, {}).value();
    const auto compiled = engine->compile(model.graph, {}).value();
    EXPECT_TRUE(compiled->run(inputs));
}

TEST_F(Modules, PassErrorsAcross) {
    const auto engine = loadModule("probe").value()->makeEngine(1, "cuda:7");
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(engine.error().text(), HasSubstr("cuda:7"));
}

TEST_F(Modules, CountInTheWorkersMemoryBudget) {
    const auto engine = loadModule("probe").value()->makeEngine(1, "").value();
    const auto model = std::move(selftestModels().value().front());
    const auto inputs = runtime::makeInputs(model.graph, {}).value();
    auto& budget = base::MemoryBudget::process();
    const std::int64_t before = budget.used();
    {
        const auto compiled = engine->compile(model.graph, {}).value();
        const auto outputs = compiled->run(inputs).value();
        EXPECT_GT(budget.used(), before) << "tensors that the module made";
    }
    EXPECT_EQ(budget.used(), before);
}

TEST_F(Modules, AreLoadedOnce) { EXPECT_EQ(loadModule("probe").value(), loadModule("probe").value()); }

TEST_F(Modules, GiveWhatTheyExportBesideTheirEntry) {
    const auto found = moduleSymbol("probe", "trimtab_probe_word");
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_EQ(*static_cast<const int*>(*found), 4711);
    const auto missing = moduleSymbol("probe", "trimtab_device_activity");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(missing.error().text(), AllOf(HasSubstr("probe"), HasSubstr("trimtab_device_activity")));
    EXPECT_FALSE(moduleSymbol("otherbuild", "trimtab_probe_word")) << "of another build";
}

TEST_F(Modules, OfAnotherBuildAreRefused) {
    EXPECT_THAT(refusal("otherabi"), AllOf(HasSubstr("libtrimtab-otherabi.so"), HasSubstr("module interface 2"), HasSubstr("speaks 1")));
    EXPECT_THAT(refusal("otherbuild"), AllOf(HasSubstr("interfaces 0"), HasSubstr(runtime::moduleBuild()), HasSubstr("one build")));
}

TEST_F(Modules, ThatAreNotThereAreNamedWithTheFolders) {
    EXPECT_THAT(refusal("nowhere"), AllOf(HasSubstr("libtrimtab-nowhere.so"), HasSubstr(TEST_MODULES), HasSubstr("lib/trimtab")));
}

TEST_F(Modules, ThatAreNoLibrariesAreNamed) {
    const auto folder = base::TemporaryFolder::create("modules").value();
    ::setenv("TRIMTAB_MODULES", folder.path().c_str(), 1);
    std::ofstream(folder.path() / "libtrimtab-text.so") << "not a library";
    EXPECT_THAT(refusal("text"), AllOf(HasSubstr("libtrimtab-text.so"), HasSubstr("does not load")));
}

TEST(Engines, KnowTheirDevices) {
    EXPECT_TRUE(makeEngine("cpu", 1, "cpu"));
    EXPECT_TRUE(makeEngine("reference", 1));
    using Pair = std::pair<const char*, const char*>;
    for (const auto& [engine, device] : {Pair{"cpu", "cuda:0"}, Pair{"cuda", "cpu"}, Pair{"cuda", "cudax"}, Pair{"cpu", "tensorrt:0"},
                                         Pair{"onnxruntime", "tensor"}, Pair{"none", ""}}) {
        const auto made = makeEngine(engine, 1, device);
        ASSERT_FALSE(made) << engine << " on " << device;
        EXPECT_EQ(made.error().code, ErrorCode::Usage);
    }
}

TEST_F(Modules, WithoutOneThatRecordsADevicesActivityItIsSaidWhy) {
    EXPECT_TRUE(hasDeviceActivity("cuda"));
    EXPECT_FALSE(hasDeviceActivity("cpu"));
    ::setenv("TRIMTAB_ACTIVITY", "off", 1);
    const auto off = openDeviceActivity("cuda", 1);
    ::unsetenv("TRIMTAB_ACTIVITY");
    ASSERT_FALSE(off);
    EXPECT_THAT(off.error().text(), HasSubstr("TRIMTAB_ACTIVITY=off"));
    if (std::filesystem::exists("/dev/nvidiactl")) GTEST_SKIP() << "what is missing where a GPU is depends on the machine";
    const auto activity = openDeviceActivity("cuda", 1);
    ASSERT_FALSE(activity) << "no module here, no library or no driver";
    EXPECT_EQ(activity.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(activity.error().text(), AllOf(Not(HasSubstr("\n")), Not(HasSubstr("off"))));
}

/// Whatever this machine and this build have.
TEST(Devices, SayInOneLineWhyAModuleIsNotHere) {
    const auto worker = ipc::WorkerClient::start({std::string(TRIMTAB_BIN_DIR) + "/trimtab-worker", {}}).value();
    const Json answer = worker->call("devices", Json::object()).value();
    int seen = 0;
    for (const Json& engine : answer["engines"]) {
        if (engine["name"] != "cuda" && engine["name"] != "onnxruntime") continue;
        ++seen;
        const std::string reason = engine["reason"];
        EXPECT_NE(engine["available"].get<bool>(), !reason.empty()) << "either it is here, or it is said what is missing";
        EXPECT_THAT(reason, Not(HasSubstr("\n")));
        if (!engine["available"]) {
            const auto selftest = worker->call("selftest", {{"engine", engine["name"]}});
            ASSERT_FALSE(selftest);
            EXPECT_EQ(selftest.error().code, ErrorCode::Failed) << "exit status 1";
            EXPECT_EQ(selftest.error().text(), reason);
        }
    }
    EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace trimtab::worker
