// Exit codes, streams and options that every command shares.
#include <fstream>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/formats/numpy/npy.h"
#include "core/tensor/convert.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/tiny_study.h"

namespace trimtab::testing_cli {
namespace {

class Usage : public testing::Test {
protected:
    TinyStudy m_tiny;
};

TEST_F(Usage, IsWrongWithStatusTwo) {
    for (const auto& arguments :
         std::vector<std::vector<std::string>>{{},
                                               {"frobnicate"},
                                               {"info"},
                                               {"info", m_tiny.model(), "--no-such-option"},
                                               {"bench", m_tiny.model(), "--batch", "0"},
                                               {"profile", m_tiny.model(), "--generate", "4"},
                                               {"profile", m_tiny.model(), "--scale", "batch"},
                                               {"profile", m_tiny.model(), "--scale", "batch=1,2,4"},
                                               {"profile", m_tiny.model(), "--scale", "batch=1,2,4,x"},
                                               {"profile", m_tiny.model(), "--scale", "batch=1,2,4,8,"},
                                               {"profile", m_tiny.model(), "--scale", "batch=1,2,4,8", "--advice"},
                                               {"profile", m_tiny.model(), "--scale", "batch=1,2,4,8", "--session", m_tiny.at("s.trimtab")},
                                               {"profile", m_tiny.model(), "--trial", "1"},
                                               {"profile", m_tiny.at("s.trimtab"), "--batch", "2", "--trial", "1"},
                                               {"profile", m_tiny.at("s.trimtab"), "--kept", "1", "--trial", "1"},
                                               {"profile", m_tiny.at("s.trimtab"), "--advice"},
                                               {"profile", m_tiny.at("s.trimtab"), "--trace", m_tiny.at("t.pftrace")},
                                               {"run", m_tiny.model(), "--shape", "x"},
                                               {"run", m_tiny.model(), "--shape", "x=1,two"},
                                               {"run", m_tiny.model(), "--engine", "steam"},
                                               {"eval", m_tiny.model(), "--metric", "no_such_metric"},
                                               {"sweep", m_tiny.model(), "--session", m_tiny.at("s.trimtab")},
                                               {"sweep", m_tiny.model(), "--axis", "weights.bits=4"},
                                               {"sweep", m_tiny.model(), "--axis", "no.such.axis=4", "--session", m_tiny.at("s.trimtab")},
                                               {"compare", m_tiny.at("s.trimtab"), "one", "two"},
                                               {"pareto", m_tiny.at("s.trimtab"), "--x", "beauty"}}) {
        const Ran ran = trimtab(arguments);
        std::string line;
        for (const auto& word : arguments) line += word + " ";
        EXPECT_EQ(ran.status, 2) << line << "\n" << ran.err;
        EXPECT_FALSE(ran.err.empty()) << line;
        EXPECT_TRUE(ran.out.empty()) << line << ran.out;
    }
}

TEST_F(Usage, OfHelpAndVersionIsRight) {
    EXPECT_EQ(trimtab({"--help"}).status, 0);
    EXPECT_EQ(trimtab({"sweep", "--help"}).status, 0);
    EXPECT_NE(trimtab({"--version"}).out.find("0."), std::string::npos);
}

TEST_F(Usage, OfAMissingFileNamesIt) {
    for (const char* command : {"info", "run", "bench", "profile", "eval"}) {
        const Ran ran = trimtab({command, m_tiny.at("missing.onnx")});
        EXPECT_EQ(ran.status, 1) << command;
        EXPECT_NE(ran.err.find("missing.onnx"), std::string::npos) << ran.err;
    }
    EXPECT_EQ(trimtab({"pareto", m_tiny.at("missing.trimtab")}).status, 1);
    EXPECT_FALSE(std::filesystem::exists(m_tiny.at("missing.trimtab"))) << "reading makes no session";
}

TEST_F(Usage, OfARecipeWithoutMeaningIsRefusedWithItsReason) {
    const Ran unknown = trimtab({"run", m_tiny.model(), "--recipe", m_tiny.write("r.json", R"({"weights": {"bits": 4, "bitz": 4}})")});
    EXPECT_EQ(unknown.status, 3);
    EXPECT_NE(unknown.err.find("bitz"), std::string::npos) << unknown.err;
    EXPECT_NE(unknown.err.find("r.json"), std::string::npos) << unknown.err;
    EXPECT_EQ(trimtab({"run", m_tiny.model(), "--recipe",
                       m_tiny.write("r.json", R"({"weights": {"bits": 4}, "compute": "int8", "activations": {"bits": 8}})")})
                  .status,
              3);
    EXPECT_EQ(trimtab({"run", m_tiny.model(), "--recipe", m_tiny.write("r.json", "{")}).status, 3);
}

TEST_F(Usage, OfQuietSaysOnlyResults) {
    const Ran ran = trimtab({"eval", m_tiny.model(), "--data", m_tiny.data(), "-q"});
    EXPECT_EQ(ran.status, 0);
    EXPECT_TRUE(ran.err.empty()) << ran.err;
    EXPECT_NE(ran.out.find("top1 0.9"), std::string::npos) << ran.out;
}

TEST_F(Usage, OfASeedGivesTheSameOutputsAgain) {
    const auto outputs = [&](const std::string& seed, const std::string& engine) {
        const std::string folder = m_tiny.at("out-" + seed + engine);
        EXPECT_EQ(trimtab({"run", m_tiny.model(), "--seed", seed, "--batch", "3", "--engine", engine, "--save-outputs", folder}).status, 0);
        return tensor::toFloats(formats::numpy::readNpy(folder + "/0_logits.npy").value());
    };
    const auto first = outputs("5", "cpu");
    EXPECT_EQ(first.size(), 12u);
    EXPECT_EQ(first, outputs("5", "cpu"));
    EXPECT_NE(first, outputs("6", "cpu"));
    const auto reference = outputs("5", "reference");
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(first[i], reference[i], 1e-4);
}

TEST_F(Usage, OfGivenInputsRunsThem) {
    const std::string file = m_tiny.at("zeros.npy");
    ASSERT_TRUE(formats::numpy::writeNpy(file, Tensor::zeros(DataType::Float32, {2, 8}).value()));
    EXPECT_EQ(trimtab({"run", m_tiny.model(), "--input", "x=" + file, "--save-outputs", m_tiny.at("out")}).status, 0);
    const auto values = tensor::toFloats(formats::numpy::readNpy(m_tiny.at("out/0_logits.npy")).value());
    ASSERT_EQ(values.size(), 8u);
    EXPECT_TRUE(std::equal(values.begin(), values.begin() + 4, values.begin() + 4)) << "both samples are the same";
    EXPECT_EQ(trimtab({"run", m_tiny.model(), "--input", "y=" + file}).status, 3);
    ASSERT_TRUE(formats::numpy::writeNpy(file, Tensor::zeros(DataType::Float32, {2, 9}).value()));
    EXPECT_EQ(trimtab({"run", m_tiny.model(), "--input", "x=" + file}).status, 3);
}

TEST_F(Usage, OfStreamsHoldsTimesAgainstTheSignal) {
    const auto bench = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"bench", m_tiny.model(), "--seconds", "0.05"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return trimtab(arguments);
    };
    const Ran hour = bench({"--stream-seconds", "3600", "--json"});
    ASSERT_EQ(hour.status, 0) << hour.err;
    const auto document = base::parseJson(hour.out, "output").value();
    EXPECT_NEAR(document["real_time_factor"]["median"].get<double>(), document["latency_ms"]["median"].get<double>() / 3.6e6, 1e-12);
    EXPECT_EQ(document["missed_deadlines"]["share"], 0);
    EXPECT_EQ(document["missed_deadlines"]["deadline_ms"], 3.6e6);
    const Ran late = bench({"--stream-seconds", "1", "--deadline-ms", "0.000001", "--json"});
    EXPECT_EQ(base::parseJson(late.out, "output").value()["missed_deadlines"]["share"], 1) << late.err;
    EXPECT_NE(bench({"--stream-seconds", "1"}).out.find("real time"), std::string::npos);
    EXPECT_FALSE(base::parseJson(bench({"--json"}).out, "output").value().contains("real_time_factor"));
    EXPECT_EQ(bench({"--deadline-ms", "5"}).status, 2);
    EXPECT_EQ(bench({"--stream-seconds", "0"}).status, 2);
    EXPECT_EQ(bench({"--stream-seconds", "nan"}).status, 2);
    EXPECT_EQ(bench({"--seconds", "nan"}).status, 2);
}

TEST_F(Usage, OfMetricsCountsWhatTheDataSay) {
    const auto value = [&](const std::string& metric) {
        const Ran ran = trimtab({"eval", m_tiny.model(), "--data", m_tiny.data(), "--metric", metric, "--json"});
        EXPECT_EQ(ran.status, 0) << ran.err;
        return base::parseJson(ran.out, "output").value()["value"].get<double>();
    };
    EXPECT_DOUBLE_EQ(value("top1"), 0.9);
    EXPECT_DOUBLE_EQ(value("top5"), 1);
    EXPECT_GT(value("f1"), 0.5);
    EXPECT_LT(value("f1"), 1);
    const std::string program = m_tiny.write("half.sh", "#!/bin/sh\nfor i in $(seq 40); do echo 0.5; done\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    EXPECT_DOUBLE_EQ(value("exec:" + program), 0.5);
}

TEST_F(Usage, OfClipsScoresThemLikeOtherData) {
    // Clips of eight samples, as many as the model takes, in four folders of classes.
    for (int label = 0; label < 4; ++label)
        for (int clip = 0; clip < 3; ++clip) {
            const auto folder = std::filesystem::path(m_tiny.at("clips")) / std::to_string(label);
            std::filesystem::create_directories(folder);
            std::string bytes("RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\x10\0\0\0", 44);
            for (int i = 0; i < 16; ++i) bytes.push_back(static_cast<char>(37 * i + 11 * clip + label));
            std::ofstream(folder / (std::to_string(clip) + ".wav"), std::ios::binary) << bytes;
        }
    const Ran ran = trimtab({"eval", m_tiny.model(), "--data", m_tiny.at("clips"), "--metric", "f1", "--json"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    const auto document = base::parseJson(ran.out, "output").value();
    EXPECT_EQ(document["metric"], "f1");
    EXPECT_EQ(document["n"], 12);
    EXPECT_EQ(document["better"], "higher");
    EXPECT_EQ(trimtab({"eval", m_tiny.model(), "--data", m_tiny.at("clips"), "--metric", "ndcg"}).status, 3);
    std::filesystem::resize_file(std::filesystem::path(m_tiny.at("clips")) / "2" / "1.wav", 50);
    const Ran cut = trimtab({"eval", m_tiny.model(), "--data", m_tiny.at("clips")});
    EXPECT_EQ(cut.status, 3);
    EXPECT_NE(cut.err.find("2/1.wav"), std::string::npos) << cut.err;
}

TEST_F(Usage, OfNodesSaysWhichOneDepartsAndInJsonAddsToTheScore) {
    const std::string recipe = m_tiny.write("r.json", R"({"rules": [{"match": {"name": "head"}, "weights": {"bits": 2}}]})");
    const std::vector<std::string> arguments{"eval", m_tiny.model(), "--data",         m_tiny.data(), "--recipe",
                                             recipe, "--nodes",      "--node-samples", "16"};
    const Ran table = trimtab(arguments);
    ASSERT_EQ(table.status, 0) << table.err;
    EXPECT_NE(table.out.find("departs     at head (MatMul)"), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("is made by head"), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("compared    4 of 4 nodes on 16 samples"), std::string::npos) << table.out;
    auto withJson = arguments;
    withJson.emplace_back("--json");
    const auto document = base::parseJson(trimtab(withJson).out, "output").value();
    EXPECT_EQ(document["metric"], "top1");
    EXPECT_EQ(document["first_departure"], "head");
    ASSERT_EQ(document["nodes"].size(), 4U);
    EXPECT_EQ(document["nodes"][0]["sqnr_db"], 150);
    EXPECT_LT(document["nodes"][3]["sqnr_db"].get<double>(), 20);
    withJson.insert(withJson.end(), {"--departure-db", "-20"});
    EXPECT_TRUE(base::parseJson(trimtab(withJson).out, "output").value()["first_departure"].is_null());
    EXPECT_EQ(trimtab({"eval", m_tiny.model(), "--node-samples", "4"}).status, 2) << "without --nodes it means nothing";
}

TEST_F(Usage, OfCompressGivesAFileThatRunsAlike) {
    const std::string recipe = m_tiny.write("r.json", R"({"weights": {"bits": 8}, "prune": {"ratio": 0.5}})");
    const std::string small = m_tiny.at("small.onnx");
    const Ran ran = trimtab({"compress", m_tiny.model(), "--recipe", recipe, "-o", small, "--report"});
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_NE(ran.out.find("head"), std::string::npos) << "the report names layers";
    EXPECT_EQ(trimtab({"run", m_tiny.model(), "--recipe", recipe, "--batch", "4", "--save-outputs", m_tiny.at("a")}).status, 0);
    EXPECT_EQ(trimtab({"run", small, "--batch", "4", "--save-outputs", m_tiny.at("b")}).status, 0);
    const auto a = tensor::toFloats(formats::numpy::readNpy(m_tiny.at("a/0_logits.npy")).value());
    const auto b = tensor::toFloats(formats::numpy::readNpy(m_tiny.at("b/0_logits.npy")).value());
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4);
}

TEST_F(Usage, OfCompressTellsWhichPrunedLayersAKernelCouldRunFaster) {
    const auto report = [&](const std::string& text) {
        const std::string recipe = m_tiny.write("r.json", text);
        const std::vector<std::string> arguments{"compress", m_tiny.model(), "--recipe", recipe, "-o", m_tiny.at("small.onnx")};
        auto asTable = arguments, asJson = arguments;
        asTable.emplace_back("--report");
        asJson.emplace_back("--json");
        const Json document = base::parseJson(trimtab(asJson).out, "output").value();
        return std::pair(trimtab(asTable).out, document["layers"][0].at("skips_zeros").get<bool>());
    };
    const auto plain = report(R"({"prune": {"ratio": 0.5}})");
    EXPECT_TRUE(plain.second);
    EXPECT_EQ(plain.first.find("bytes only: no kernel"), std::string::npos) << plain.first;
    const auto coded = report(R"({"prune": {"ratio": 0.5}, "weights": {"bits": 4}})");
    EXPECT_FALSE(coded.second);
    EXPECT_NE(coded.first.find("bytes only: no kernel for pruned weights of 4 bits"), std::string::npos) << coded.first;
    const auto rounded = report(R"({"prune": {"ratio": 0.5}, "compute": "bf16"})");
    EXPECT_FALSE(rounded.second);
    EXPECT_NE(rounded.first.find("bytes only: no kernel for this product"), std::string::npos) << rounded.first;
}

TEST_F(Usage, OfCompressNeverWritesOverTheModel) {
    const std::string recipe = m_tiny.write("r.json", R"({"weights": {"bits": 8}})");
    EXPECT_EQ(trimtab({"compress", m_tiny.model(), "--recipe", recipe, "-o", m_tiny.model()}).status, 2);
}

TEST_F(Usage, OfAMemoryLimitBelowTheModelsNeedsIsAnError) {
    const Ran ran = trimtab({"run", m_tiny.model(), "--batch", "10000000", "--memory-limit", "64MB"});
    EXPECT_NE(ran.status, 0);
    EXPECT_NE(ran.err.find("memory"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace trimtab::testing_cli
