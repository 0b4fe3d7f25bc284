// Sweeps through the real programs: what is stored, resumed, refreshed, compared and exported.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/formats/numpy/npy.h"
#include "core/store/session.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/tiny_study.h"

namespace trimtab::testing_cli {
namespace {

class Sweep : public testing::Test {
protected:
    std::vector<std::string> command(std::vector<std::string> more = {}) const {
        std::vector<std::string> words{"sweep",     m_tiny.model(),      "--data",    m_tiny.data(), "--axis",      "weights.bits=32,8,3",
                                       "--session", m_tiny.at("s.trimtab"), "--seconds", "0.01",        "--processes", "2", "--json"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    static Json document(const Ran& ran) {
        EXPECT_EQ(ran.status, 0) << ran.err;
        return base::parseJson(ran.out, "output").value_or(Json());
    }
    std::vector<trial::TrialResult> results() const {
        const auto session = store::Session::open(m_tiny.at("s.trimtab"), store::Mode::ReadOnly).value();
        return session->results(session->studies().value().back().id).value();
    }
    TinyStudy m_tiny;
};

TEST_F(Sweep, TellsTheReferencesScoreFirstAndKeepsEveryTrial) {
    const Ran ran = trimtab(command());
    const Json answer = document(ran);
    EXPECT_EQ(answer["finished"], 3);
    EXPECT_DOUBLE_EQ(answer["baseline"]["value"].get<double>(), 0.9);
    EXPECT_NE(ran.err.find("Is this what you expect?"), std::string::npos) << ran.err;
    const auto stored = results();
    ASSERT_EQ(stored.size(), 3u);
    for (const auto& result : stored) {
        EXPECT_EQ(result.state, trial::State::Finished) << result.failure;
        ASSERT_TRUE(result.accuracy);
        EXPECT_EQ(result.accuracy->sampleScores.size(), static_cast<std::size_t>(TinyStudy::kSamples));
    }
    EXPECT_TRUE(stored[0].isBaseline);
    ASSERT_TRUE(stored[0].speed);
    EXPECT_EQ(stored[0].speed->blocks.size(), 2u);
}

TEST_F(Sweep, LabelsEmulatedTrialsAndGivesThemNoSpeed) {
    const Json answer = document(trimtab(command()));
    int emulated = 0;
    for (const Json& row : answer["pareto"]) {
        if (row["execution"] != "emulated") continue;
        ++emulated;
        EXPECT_TRUE(row["latency_ms"].is_null());
        EXPECT_EQ(row["on_front"], false);
    }
    EXPECT_EQ(emulated, 1) << "3 bits";
}

TEST_F(Sweep, DoesNothingTwiceAndRefreshesBesideWhatIsThere) {
    document(trimtab(command()));
    const Json again = document(trimtab(command({"--resume"})));
    EXPECT_EQ(again["finished"], 0);
    EXPECT_EQ(again["reused"], 3);
    EXPECT_EQ(results().size(), 3u);
    const Json alone = document(trimtab({"sweep", "--resume", "--session", m_tiny.at("s.trimtab"), "--json"}));
    EXPECT_EQ(alone["reused"], 3);
    document(trimtab(command({"--refresh"})));
    EXPECT_EQ(results().size(), 6u) << "a new measurement is added beside the old one";
}

TEST_F(Sweep, StopsAtCtrlCAndKeepsWhatIsFinished) {
    Running running(command());
    const auto anythingStored = [&] {
        auto session = store::Session::open(m_tiny.at("s.trimtab"), store::Mode::ReadOnly);
        if (!session) return false;
        const auto studies = (*session)->studies();
        return studies && !studies->empty() && !(*session)->results(studies->front().id, true).value().empty();
    };
    while (!running.ended() && !anythingStored()) running.waitAtMost(5);
    ::kill(running.id(), SIGINT);
    const Ran stopped = running.wait();
    EXPECT_EQ(stopped.signal, 0);
    EXPECT_EQ(stopped.status, 1) << stopped.err;
    EXPECT_NE(stopped.err.find("cancelled"), std::string::npos) << stopped.err;
    const std::size_t kept = results().size();
    EXPECT_GE(kept, 1u);
    const Json resumed = document(trimtab(command({"--resume"})));
    EXPECT_EQ(resumed["reused"], kept);
    EXPECT_EQ(results().size(), 3u);
}

TEST_F(Sweep, TakesAStudyFileWithPathsBesideIt) {
    const std::string file = m_tiny.write("study.json", R"({"model": "model.onnx", "data": "data", "axes": ["weights.bits=32,8"],
        "budget": {"speed_seconds": 0.01, "processes": 2}})");
    EXPECT_EQ(document(trimtab({"sweep", file, "--session", m_tiny.at("t.trimtab"), "--json"}))["finished"], 2);
}

TEST_F(Sweep, RunsNoProgramThatAStudyFileNames) {
    const std::string program = m_tiny.write("mark.sh", "#!/bin/sh\ntouch " + m_tiny.at("ran") + "\nfor i in $(seq 40); do echo 1; done\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    const std::string file = m_tiny.write(
        "study.json", R"({"model": "model.onnx", "data": "data", "axes": ["weights.bits=32"], "metric": "exec:)" + program + R"("})");
    const Ran refused = trimtab({"sweep", file, "--session", m_tiny.at("t.trimtab")});
    EXPECT_EQ(refused.status, 3) << refused.err;
    EXPECT_FALSE(std::filesystem::exists(m_tiny.at("ran")));
    const std::vector<std::string> named{"sweep",           m_tiny.model(), "--data",          m_tiny.data(), "--axis",
                                         "weights.bits=32", "--metric",     "exec:" + program, "--session",   m_tiny.at("t.trimtab"),
                                         "--seconds",       "0.01",         "--processes",     "2",           "--refresh"};
    EXPECT_EQ(trimtab(named).status, 0) << "the command line may name it";
    EXPECT_TRUE(std::filesystem::exists(m_tiny.at("ran")));
    std::filesystem::remove(m_tiny.at("ran"));
    const Ran resumed = trimtab({"sweep", "--resume", "--refresh", "--session", m_tiny.at("t.trimtab")});
    EXPECT_NE(resumed.status, 0) << "a session may not";
    EXPECT_FALSE(std::filesystem::exists(m_tiny.at("ran")));
}

TEST_F(Sweep, GoesOnWithNoStudyWhoseFilesChanged) {
    document(trimtab(command()));
    const std::vector<std::string> resume{"sweep", "--resume", "--refresh", "--session", m_tiny.at("s.trimtab")};
    std::filesystem::copy_file(m_tiny.model(), m_tiny.at("kept.onnx"));
    const std::string recipe = m_tiny.write("r.json", R"({"prune": {"ratio": 0.5}})");
    ASSERT_EQ(trimtab({"compress", m_tiny.at("kept.onnx"), "--recipe", recipe, "-o", m_tiny.at("changed.onnx")}).status, 0);
    std::filesystem::rename(m_tiny.at("changed.onnx"), m_tiny.model());
    const Ran otherModel = trimtab(resume);
    EXPECT_EQ(otherModel.status, 3) << otherModel.err;
    EXPECT_NE(otherModel.err.find("the model changed"), std::string::npos) << otherModel.err;
    std::filesystem::rename(m_tiny.at("kept.onnx"), m_tiny.model());
    std::string samples = base::readFile(m_tiny.at("data/x.npy"), 1 << 20).value();
    samples.back() = static_cast<char>(samples.back() ^ '\x80');  // the sign of the last value
    ASSERT_TRUE(base::writeFileAtomically(m_tiny.at("data/x.npy"), samples));
    const Ran otherData = trimtab(resume);
    EXPECT_EQ(otherData.status, 3) << otherData.err;
    EXPECT_NE(otherData.err.find("the dataset changed"), std::string::npos) << otherData.err;
    EXPECT_EQ(results().size(), 3u) << "nothing was measured with other files";
}

TEST_F(Sweep, ShowsAFailureThatWasTriedAgainOnlyOnce) {
    document(trimtab(command()));
    {
        const auto session = store::Session::open(m_tiny.at("s.trimtab"), store::Mode::ReadWrite).value();
        const std::int64_t study = session->studies().value().back().id;
        trial::TrialResult failed = session->results(study).value().back();
        failed.trial.recipe.base.weights->bits = 2;
        failed.trial.label = "two bits";
        failed.state = trial::State::Failed;
        failed.failure = "no luck";
        for (int attempt = 0; attempt < 3; ++attempt) ASSERT_TRUE(session->addResult(study, failed));
    }
    const Json rows = document(trimtab({"pareto", m_tiny.at("s.trimtab"), "--json"}));
    EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](const Json& row) { return row["left_out_because"] == "failed"; }), 1);
    EXPECT_EQ(rows.size(), 4u);
    const Ran again = trimtab({"sweep", m_tiny.model(), "--data", m_tiny.data(), "--axis", "weights.bits=32,8,3", "--session",
                               m_tiny.at("s.trimtab"), "--seconds", "0.01", "--processes", "2"});
    EXPECT_NE(again.err.find("3 trials of this study stand"), std::string::npos) << again.err;
    EXPECT_EQ(again.err.find("no luck"), again.err.rfind("no luck")) << again.err;
}

TEST_F(Sweep, TakesTheSeedOfAStudyFileForItsRuns) {
    const auto settingOf = [&](const std::string& run, const std::string& session) {
        const std::string file = m_tiny.write("study.json", R"({"model": "model.onnx", "axes": ["weights.bits=32"], "seed": 7, )" + run +
                                                                R"("budget": {"speed_seconds": 0.01, "processes": 2}})");
        EXPECT_EQ(document(trimtab({"sweep", file, "--session", m_tiny.at(session), "--json"}))["finished"], 1);
        return store::Session::open(m_tiny.at(session), store::Mode::ReadOnly).value()->studies().value().back().setting;
    };
    EXPECT_EQ(settingOf("", "a.trimtab").seed, 7u);
    EXPECT_EQ(settingOf(R"("run": {"batch": 2}, )", "b.trimtab").seed, 7u);
    EXPECT_EQ(settingOf(R"("run": {"seed": 3}, )", "c.trimtab").seed, 3u);
}

TEST_F(Sweep, SaysWhatASpeedUpIsHeldAgainstWhereBatchesDiffer) {
    const Ran varied = trimtab({"sweep", m_tiny.model(), "--axis", "run.batch=1,4", "--session", m_tiny.at("b.trimtab"), "--seconds",
                                "0.01", "--processes", "2", "--samples", "8"});
    EXPECT_NE(varied.out.find("against the baseline at its own batch"), std::string::npos) << varied.out;
    document(trimtab(command()));
    EXPECT_EQ(trimtab({"pareto", m_tiny.at("s.trimtab")}).out.find("against the baseline"), std::string::npos);
}

TEST_F(Sweep, GoesWithoutDataByFidelity) {
    const Json answer = document(trimtab({"sweep", m_tiny.model(), "--axis", "weights.bits=32,8", "--session", m_tiny.at("f.trimtab"),
                                          "--seconds", "0.01", "--processes", "2", "--samples", "8", "--json"}));
    EXPECT_EQ(answer["baseline"]["metric"], "agreement");
    EXPECT_EQ(answer["baseline"]["fidelity"], true);
    EXPECT_EQ(answer["baseline"]["value"], 1);
}

TEST_F(Sweep, EvaluatesACalibratedRecipeToWhatEvalGives) {
    std::vector<float> targets(static_cast<std::size_t>(TinyStudy::kSamples) * 4);
    for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = static_cast<float>(i % 7) - 3;
    ASSERT_TRUE(formats::numpy::writeNpy(m_tiny.at("data/scores.npy"), Tensor::fromFloats({TinyStudy::kSamples, 4}, targets)));
    const std::string data = m_tiny.write("data/regression.json", R"({"format": "trimtab-dataset", "version": 1, "name": "scores",
        "task": "regression", "inputs": {"x": {"file": "x.npy"}}, "target": {"file": "scores.npy"}, "metric": "rmse"})");
    const std::string recipe = m_tiny.write("r.json", R"({"weights": {"bits": 3, "method": "gptq"}})");
    const std::vector<std::string> both{"--data", data, "--calibration-samples", "12", "--samples", "16", "--seed", "3", "--json"};
    const auto with = [&](std::vector<std::string> words) {
        words.insert(words.end(), both.begin(), both.end());
        return document(trimtab(words));
    };
    with({"sweep", m_tiny.model(), "--axis", "weights.bits=3", "--axis", "weights.method=gptq", "--session", m_tiny.at("s.trimtab"),
          "--seconds", "0.01", "--processes", "2"});
    const auto stored = results();
    ASSERT_EQ(stored.size(), 2U);
    ASSERT_TRUE(stored[1].accuracy);
    EXPECT_EQ(stored[1].accuracy->n, 16);
    const Json answer = with({"eval", m_tiny.model(), "--recipe", recipe});
    EXPECT_DOUBLE_EQ(answer["value"].get<double>(), stored[1].accuracy->value);
    EXPECT_EQ(answer["calibration"], "calibrated on the evaluation data itself");
    const Json other = with({"eval", m_tiny.model(), "--recipe", recipe, "--calibration", m_tiny.data()});
    EXPECT_EQ(other["calibration"], "calibrated on data");
    EXPECT_DOUBLE_EQ(other["value"].get<double>(), answer["value"].get<double>()) << "the same inputs under another name";
}

TEST_F(Sweep, OfASearchSaysEachTrialOnceHoweverManyRoundsItTakes) {
    const Ran tuned = trimtab({"tune", m_tiny.model(), "--data", m_tiny.data(), "--max-drop", "50pt", "--option", "weights.bits=8",
                               "--session", m_tiny.at("t.trimtab"), "--seconds", "0.01", "--processes", "2", "--seconds-per-cell", "0.01"});
    for (const std::string line : {"\nas the model is stored: ", "The model as it is: "}) {
        const std::string all = "\n" + tuned.err;
        const std::size_t first = all.find(line);
        EXPECT_NE(first, std::string::npos) << tuned.err;
        EXPECT_EQ(all.find(line, first + 1), std::string::npos) << tuned.err;
    }
}

TEST_F(Sweep, EndsInReportsAndAnExportedModel) {
    document(trimtab(command()));
    const std::string session = m_tiny.at("s.trimtab");
    for (const char* file : {"r.html", "r.md", "r.csv", "r.json", "r.svg", "r.png"}) {
        EXPECT_EQ(trimtab({"report", session, "-o", m_tiny.at(file)}).status, 0) << file;
        EXPECT_GT(std::filesystem::file_size(m_tiny.at(file)), 100u) << file;
    }
    EXPECT_EQ(trimtab({"report", session, "-o", m_tiny.at("r.doc")}).status, 2);
    EXPECT_EQ(trimtab({"export", session, "--trial", "2", "-o", m_tiny.at("exported")}).status, 0);
    EXPECT_TRUE(std::filesystem::exists(m_tiny.at("exported/recipe.json")));
    EXPECT_EQ(trimtab({"run", m_tiny.at("exported/model.onnx")}).status, 0);
    const auto readme = [&] { return base::readFile(m_tiny.at("exported/README.md"), 1 << 20).value(); };
    EXPECT_EQ(readme().find("emulated"), std::string::npos);
    const auto stored = results();
    const auto emulated = std::ranges::find(stored, trace::Execution::Emulated, &trial::TrialResult::execution);
    ASSERT_NE(emulated, stored.end());
    EXPECT_EQ(trimtab({"export", session, "--trial", std::to_string(emulated->id), "-o", m_tiny.at("exported")}).status, 0);
    EXPECT_NE(readme().find("no kernel here executes it"), std::string::npos);
    EXPECT_EQ(trimtab({"export", session, "--trial", "99", "-o", m_tiny.at("exported")}).status, 1);
}

TEST_F(Sweep, DoesNotExportAModelThatIsNotTheOneMeasured) {
    document(trimtab(command()));
    std::filesystem::copy_file(m_tiny.model(), m_tiny.at("other.onnx"));
    const std::string recipe = m_tiny.write("r.json", R"({"prune": {"ratio": 0.5}})");
    EXPECT_EQ(trimtab({"compress", m_tiny.at("other.onnx"), "--recipe", recipe, "-o", m_tiny.at("changed.onnx")}).status, 0);
    std::filesystem::rename(m_tiny.at("changed.onnx"), m_tiny.model());
    const Ran ran = trimtab({"export", m_tiny.at("s.trimtab"), "--trial", "2", "-o", m_tiny.at("exported")});
    EXPECT_EQ(ran.status, 3) << ran.err;
}

TEST_F(Sweep, ComparesTwoTrialsAndTwoSessions) {
    document(trimtab(command()));
    const std::string session = m_tiny.at("s.trimtab");
    const Ran trials = trimtab({"compare", session, "1", "2"});
    EXPECT_EQ(trials.status, 0) << trials.err;
    EXPECT_NE(trials.out.find("A against B"), std::string::npos);
    EXPECT_EQ(trimtab({"compare", session, session, "--fail-if-slower", "5%"}).status, 0) << "nothing is slower than itself";
    EXPECT_EQ(trimtab({"compare", session, session, "--fail-if-slower", "5pt"}).status, 2);
    EXPECT_EQ(trimtab({"compare", session, "1", "99"}).status, 1);
}

TEST_F(Sweep, ARecordingThatNobodyMayWriteIsReadByEveryCommandThatReads) {
    ASSERT_EQ(trimtab(command()).status, 0);
    const std::filesystem::path folder = m_tiny.at("recorded");
    std::filesystem::create_directory(folder);
    const std::string recording = (folder / "card.trimtab").string();
    ASSERT_EQ(trimtab({"session", "copy", m_tiny.at("s.trimtab"), recording}).status, 0);
    const std::string bytes = base::readFile(recording, 10 << 20).value();
    std::filesystem::permissions(recording, std::filesystem::perms(0444));
    std::filesystem::permissions(folder, std::filesystem::perms(0555));
    EXPECT_EQ(trimtab({"pareto", recording}).status, 0);
    EXPECT_EQ(trimtab({"report", recording, "-o", m_tiny.at("r.html")}).status, 0);
    EXPECT_EQ(trimtab({"compare", recording, "1", "2"}).status, 0);
    EXPECT_EQ(trimtab({"compare", recording, m_tiny.at("s.trimtab")}).status, 0);
    std::filesystem::permissions(folder, std::filesystem::perms(0755));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1) << "nothing stands beside it";
    EXPECT_EQ(base::readFile(recording, 10 << 20).value(), bytes);
}

}  // namespace
}  // namespace trimtab::testing_cli
