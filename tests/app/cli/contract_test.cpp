// Holds real output against tests/data/contract: every key of an example is in what the command prints, with the same kind of value. Keys
// may be added there, never renamed.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/tiny_study.h"
#include "tests/support/model_builder.h"

namespace trimtab::testing_cli {
namespace {

Json example(const std::string& name) {
    auto json = base::readJsonFile(std::string(TRIMTAB_SOURCE_DIR) + "/tests/data/contract/" + name + ".json");
    EXPECT_TRUE(json.has_value()) << json.error().text();
    return json.value_or(Json());
}

bool sameKind(const Json& a, const Json& b) {
    return a.is_null() || b.is_null() || (a.is_number() && b.is_number()) || a.type() == b.type();
}

void expectKeys(const Json& wanted, const Json& got, const std::string& path) {
    ASSERT_TRUE(sameKind(wanted, got)) << path << " is " << got.type_name() << ", not " << wanted.type_name();
    if (got.is_null()) return;
    if (wanted.is_object()) {
        for (const auto& [key, value] : wanted.items()) {
            ASSERT_TRUE(got.contains(key)) << path << "." << key << " is missing";
            expectKeys(value, got[key], path + "." + key);
        }
    } else if (wanted.is_array() && !wanted.empty() && wanted[0].is_object()) {
        for (const Json& entry : got) expectKeys(wanted[0], entry, path + "[]");
    }
}

class Contract : public testing::Test {
protected:
    /// Runs with --json; standard output is one document and nothing else.
    Json run(std::vector<std::string> arguments) {
        arguments.emplace_back("--json");
        const Ran ran = trimtab(arguments);
        EXPECT_EQ(ran.status, 0) << ran.err;
        auto json = base::parseJson(ran.out, "standard output");
        EXPECT_TRUE(json.has_value()) << ran.out;
        return json.value_or(Json());
    }
    void check(const std::string& name, const std::vector<std::string>& arguments) { expectKeys(example(name), run(arguments), name); }

    std::string sweep(const std::string& session) {
        run({"sweep", m_tiny.model(), "--data", m_tiny.data(), "--axis", "weights.bits=32,8", "--session", m_tiny.at(session), "--seconds",
             "0.01", "--processes", "2"});
        return m_tiny.at(session);
    }

    TinyStudy m_tiny;
};

TEST_F(Contract, OfCommandsAboutAModel) {
    const std::string recipe = m_tiny.write("r.json", R"({"weights": {"bits": 8}})");
    check("info", {"info", m_tiny.model()});
    check("run", {"run", m_tiny.model(), "--save-outputs", m_tiny.at("out")});
    check("bench", {"bench", m_tiny.model(), "--batch", "4", "--seconds", "0.05", "--recipe", recipe});
    check("bench_stream", {"bench", m_tiny.model(), "--seconds", "0.05", "--stream-seconds", "0.5", "--deadline-ms", "100"});
    check("profile", {"profile", m_tiny.model(), "--seconds", "0.05", "--counters", "--advice", "--trace", m_tiny.at("run.pftrace")});
    EXPECT_GT(std::filesystem::file_size(m_tiny.at("run.pftrace")), 100U);
    check("profile_scale", {"profile", m_tiny.model(), "--seconds", "0.05", "--scale", "batch=1,4,16,32"});
    check("eval", {"eval", m_tiny.model(), "--data", m_tiny.data()});
    check("eval", {"eval", m_tiny.model(), "--recipe", recipe, "--samples", "8"});
    check("eval_nodes", {"eval", m_tiny.model(), "--data", m_tiny.data(), "--recipe", recipe, "--nodes", "--node-samples", "8"});
    check("compress", {"compress", m_tiny.model(), "--recipe", recipe, "-o", m_tiny.at("small.onnx")});
    const std::string pruned = m_tiny.write("pruned.json", R"({"prune": {"ratio": 0.5}})");
    check("compress_pruned", {"compress", m_tiny.model(), "--recipe", pruned, "-o", m_tiny.at("pruned.onnx")});
}

TEST_F(Contract, OfCommandsAboutAMachine) {
    check("devices", {"devices"});
    check("selftest", {"selftest", "--engine", "reference"});
}

TEST_F(Contract, OfConformance) {
    const auto folder = std::filesystem::path(m_tiny.at("backend")) / "test_negate";
    std::filesystem::create_directories(folder / "test_data_set_0");
    support::ModelBuilder()
        .input("x", DataType::Float32, {2})
        .node("Neg", {"x"}, {"y"})
        .output("y", DataType::Float32, {2})
        .save(folder / "model.onnx");
    std::ofstream(folder / "test_data_set_0" / "input_0.pb", std::ios::binary)
        << support::tensorProtoBytes("x", Tensor::fromFloats({2}, {1, -2}));
    std::ofstream(folder / "test_data_set_0" / "output_0.pb", std::ios::binary)
        << support::tensorProtoBytes("y", Tensor::fromFloats({2}, {-1, 2}));
    const Json answer = run({"conformance", m_tiny.at("backend")});
    expectKeys(example("conformance"), answer, "conformance");
    EXPECT_EQ(answer["passed"], Json::array({"test_negate"})) << answer;
}

TEST_F(Contract, OfCommandsAboutASession) {
    check("sweep", {"sweep", m_tiny.model(), "--data", m_tiny.data(), "--axis", "weights.bits=32,8", "--axis", "compute=fp32,int8",
                    "--session", m_tiny.at("s.trimtab"), "--seconds", "0.01", "--processes", "2"});
    const std::string session = m_tiny.at("s.trimtab");
    check("pareto", {"pareto", session});
    check("compare", {"compare", session, "1", "2"});
    check("compare_sessions", {"compare", session, session});
    check("report", {"report", session, "-o", m_tiny.at("r.html")});
    check("export", {"export", session, "--trial", "2", "-o", m_tiny.at("exported")});
    check("sensitivity", {"sensitivity", m_tiny.model(), "--data", m_tiny.data(), "--option", "weights.bits=8"});
    check("tune", {"tune", m_tiny.model(), "--data", m_tiny.data(), "--max-drop", "50pt", "--option", "weights.bits=8", "--session",
                   m_tiny.at("t.trimtab"), "--seconds", "0.01", "--processes", "2"});
    check("profile", {"profile", session, "--trial", "2", "--seconds", "0.05", "--advice", "--counters"});
    check("profile", {"profile", session, "--kept", "1"});
    check("profile_list", {"profile", session});
    check("session_copy", {"session", "copy", session, m_tiny.at("copy.trimtab")});
    check("pareto", {"pareto", m_tiny.at("copy.trimtab")});
}

}  // namespace
}  // namespace trimtab::testing_cli
