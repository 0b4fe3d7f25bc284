// The engine through the real programs: run, bench, eval, a sweep over engines, and what is said where the library is missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/json.h"
#include "core/store/session.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/tiny_study.h"

namespace trimtab::testing_cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Json document(const Ran& ran) {
    EXPECT_EQ(ran.status, 0) << ran.err;
    return base::parseJson(ran.out, "output").value_or(Json());
}

Json engineEntry() {
    const Json answer = document(trimtab({"devices", "--json"}));
    for (const Json& engine : answer["engines"])
        if (engine["name"] == "onnxruntime") return engine;
    return {};
}

class OnnxRuntime : public testing::Test {
protected:
    void SetUp() override {
        const Json entry = engineEntry();
        ASSERT_TRUE(entry.is_object());
        if (!entry["available"].get<bool>()) GTEST_SKIP() << entry["reason"];
    }
    TinyStudy m_tiny;
};

TEST_F(OnnxRuntime, RunsBenchesAndEvaluates) {
    EXPECT_EQ(trimtab({"run", m_tiny.model(), "--engine", "onnxruntime", "--batch", "2"}).status, 0);
    const Json timed = document(trimtab({"bench", m_tiny.model(), "--engine", "onnxruntime", "--seconds", "0.05", "--json"}));
    EXPECT_GT(timed["latency_ms"]["median"].get<double>(), 0);
    EXPECT_EQ(timed["setting"]["engine"], "onnxruntime");
    const Ran scored = trimtab({"eval", m_tiny.model(), "--data", m_tiny.data(), "--engine", "onnxruntime"});
    EXPECT_EQ(scored.status, 0) << scored.err;
    EXPECT_THAT(scored.out, HasSubstr("0.9"));
    EXPECT_EQ(trimtab({"selftest", "--engine", "onnxruntime"}).status, 0);
}

TEST_F(OnnxRuntime, ProfilesByItsOwnNodes) {
    const std::string trace = m_tiny.at("runs.pftrace");
    const Json profiled = document(
        trimtab({"profile", m_tiny.model(), "--engine", "onnxruntime", "--seconds", "0.1", "--trace", trace.c_str(), "--json"}));
    EXPECT_EQ(profiled["no_activity"], "");
    EXPECT_GT(profiled["attributed"].get<double>(), 0);
    ASSERT_FALSE(profiled["nodes"].empty());
    for (const Json& node : profiled["nodes"]) {
        EXPECT_THAT(node["kernel"].get<std::string>(), testing::StartsWith("CPU ")) << node.dump();
        EXPECT_FALSE(node["origins"].empty()) << node.dump();
    }
    EXPECT_GT(std::filesystem::file_size(trace), 100U);
}

TEST_F(OnnxRuntime, ProfilesAPromptAndAStepByItsOwnNodes) {
    const std::vector<std::string> words{"profile",   TRIMTAB_SOURCE_DIR "/resources/samples/language/language.onnx",
                                         "--engine",  "onnxruntime",
                                         "--seconds", "0.2",
                                         "--prompt",  "12",
                                         "--json"};
    for (const bool isStep : {false, true}) {
        std::vector<std::string> all = words;
        if (isStep) all.insert(all.end(), {"--generate", "4"});
        const Json profiled = document(trimtab(all));
        EXPECT_EQ(profiled["no_activity"], "");
        EXPECT_GT(profiled["runs"].get<int>(), 0);
        ASSERT_FALSE(profiled["nodes"].empty());
        const auto isTimed = [](const Json& node) {
            return node["kernel"].get<std::string>().starts_with("CPU ") && node["median_ns"] > 0;
        };
        EXPECT_TRUE(std::ranges::any_of(profiled["nodes"], isTimed)) << profiled["nodes"].dump();
    }
}

TEST_F(OnnxRuntime, RefusesAWrongShape) {
    const Ran ran = trimtab({"run", m_tiny.model(), "--engine", "onnxruntime", "--shape", "x=2,9"});
    EXPECT_EQ(ran.status, 3);
    EXPECT_THAT(ran.err, HasSubstr("x"));
}

TEST_F(OnnxRuntime, SweepsBesideAnotherEngineAndSharesNothingWithIt) {
    const std::string session = m_tiny.at("engines.trimtab");
    const Json answer =
        document(trimtab({"sweep", m_tiny.model(), "--data", m_tiny.data(), "--axis", "run.engine=cpu,onnxruntime", "--axis",
                          "weights.bits=32,8", "--session", session, "--seconds", "0.01", "--processes", "2", "--json"}));
    EXPECT_EQ(answer["finished"], 4);
    const auto stored = store::Session::open(session, store::Mode::ReadOnly).value();
    const auto results = stored->results(stored->studies().value().back().id).value();
    ASSERT_EQ(results.size(), 4u);
    for (const auto& a : results) {
        EXPECT_EQ(a.state, trial::State::Finished) << a.failure;
        EXPECT_EQ(a.environment.engine, a.trial.setting.engine);
        ASSERT_TRUE(a.accuracy);
        EXPECT_GT(a.accuracy->value, 0.8);
        for (const auto& b : results) {
            if (a.environment.engine == b.environment.engine) continue;
            EXPECT_NE(a.accuracyKey, b.accuracyKey);
            EXPECT_NE(a.speedKey, b.speedKey);
        }
    }
}

class NoOnnxRuntime : public testing::Test {
protected:
    void SetUp() override {
        const char* before = std::getenv("TRIMTAB_ONNXRUNTIME");
        m_before = before ? before : "";
        ::setenv("TRIMTAB_ONNXRUNTIME", m_empty.path().c_str(), 1);
    }
    void TearDown() override {
        m_before.empty() ? ::unsetenv("TRIMTAB_ONNXRUNTIME") : ::setenv("TRIMTAB_ONNXRUNTIME", m_before.c_str(), 1);
    }
    base::TemporaryFolder m_empty = base::TemporaryFolder::create("no-onnxruntime").value();
    std::string m_before;
};

TEST_F(NoOnnxRuntime, IsSaidInOneLine) {
    const TinyStudy tiny;
    const Ran ran = trimtab({"run", tiny.model(), "--engine", "onnxruntime"});
    EXPECT_EQ(ran.status, 3);
    EXPECT_THAT(ran.err, AllOf(HasSubstr(m_empty.path().string()), HasSubstr("set TRIMTAB_ONNXRUNTIME")));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    const Json entry = engineEntry();
    EXPECT_FALSE(entry["available"].get<bool>());
    EXPECT_THAT(entry["reason"].get<std::string>(), HasSubstr(m_empty.path().string()));
    EXPECT_EQ(trimtab({"selftest", "--engine", "onnxruntime"}).status, 1);
}

TEST_F(NoOnnxRuntime, AndWhatIsNoLibraryIsNamed) {
    std::ofstream(m_empty.path() / "libonnxruntime.so") << "text";
    const TinyStudy tiny;
    const Ran ran = trimtab({"run", tiny.model(), "--engine", "onnxruntime"});
    EXPECT_EQ(ran.status, 3);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("does not load"), HasSubstr("libonnxruntime.so")));
}

}  // namespace
}  // namespace trimtab::testing_cli
