// SPDX-License-Identifier: GPL-3.0-or-later
// The way of a person through the window, over the real worker.
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include <QClipboard>
#include <QFile>
#include <QFileInfo>
#include <QGuiApplication>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTest>

#include "app/gui/models/roles.h"
#include "app/gui/views/common/stat_tile.h"
#include "core/store/session.h"
#include "tests/app/gui/journey_fixture.h"
#include "tests/core/formats/huggingface/small_decoder.h"

namespace trimtab::gui_tests {
namespace {

using gui::DataTask;
using gui::ModelTask;
using gui::ResultsTask;
using gui::SweepTask;

TEST_F(Journey, ShowsTheLayersOfAModel) {
    openModel(smallModel());
    EXPECT_EQ(window().currentPage(), QStringLiteral("model"));
    auto* table = find<QTableView>(QStringLiteral("model.layers"));
    ASSERT_EQ(table->model()->rowCount(), 3);
    EXPECT_EQ(table->model()->index(0, 0).data().toString(), QStringLiteral("/first/MatMul"));
    EXPECT_EQ(find<gui::StatTile>(QStringLiteral("model.layerCount"))->value(), QStringLiteral("3"));
    EXPECT_TRUE(text(QStringLiteral("model.ports")).contains(QStringLiteral("float32")));
    QTest::keyClicks(find<QWidget>(QStringLiteral("model.filter")), QStringLiteral("relu"));
    EXPECT_EQ(table->model()->rowCount(), 1);
}

TEST_F(Journey, AsksForOpenDimensionsOnceAndRemembersThem) {
    const QString model = smallModel();
    openModel(model);
    ASSERT_EQ(workspace().model().openSymbols(), std::vector<std::string>{"batch"});
    find<QSpinBox>(QStringLiteral("model.symbol.batch"))->setValue(4);
    click(QStringLiteral("model.symbols.apply"));
    ASSERT_TRUE(waitUntil(workspace().model(), &ModelTask::stateChanged,
                          [this] { return workspace().model().info().inputs.front().shape.front() == "4"; }));
    // Two products of 4 × 16 × 64 and 4 × 64 × 8 multiply-adds, and a comparison for each of 4 × 64 elements.
    const double products = 2.0 * 4 * (16 * 64 + 64 * 8);
    EXPECT_GE(workspace().model().info().operations, products);
    EXPECT_LE(workspace().model().info().operations, products + 4 * 64);
    EXPECT_EQ(workspace().model().setting().batch, 4);
    restart();
    openModel(model);
    EXPECT_EQ(workspace().model().symbols().at("batch"), 4);
}

TEST_F(Journey, OffersTheEnginesThatAreHereAndSaysWhatIsMissing) {
    openModel(smallModel());
    ASSERT_TRUE(waitUntil(workspace().devices(), &gui::DevicesTask::changed, [this] { return !workspace().devices().busy(); }));
    const QString reason = QStringLiteral("no NVIDIA driver is here");
    workspace().devices().take(
        {{"engines",
          {{{"name", "cpu"}, {"available", true}}, {{"name", "cuda"}, {"available", false}, {"reason", reason.toStdString()}}}}});
    auto* cuda = find<QPushButton>(QStringLiteral("axis.run.engine.cuda"));
    EXPECT_FALSE(cuda->isEnabled());
    EXPECT_EQ(cuda->toolTip(), reason);
    EXPECT_TRUE(find<QPushButton>(QStringLiteral("axis.run.engine.cpu"))->isEnabled());
    workspace().data().goWithout();
    workspace().setAxes({trial::parseAxis("run.engine=cpu,cuda").value()});
    waitForGrid();
    EXPECT_TRUE(cuda->isEnabled()) << "a session recorded elsewhere asks for it: it can be switched off";
    EXPECT_TRUE(workspace().runProblem().contains(reason)) << workspace().runProblem().toStdString();
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("sweep.run"))->isEnabled());
    workspace().devices().take({{"engines", {{{"name", "cpu"}, {"available", true}}, {{"name", "cuda"}, {"available", true}}}}});
    EXPECT_TRUE(cuda->isEnabled());
    EXPECT_TRUE(find<QPushButton>(QStringLiteral("sweep.run"))->isEnabled());
}

TEST_F(Journey, CalibratesOnTheDataThatAreChosenForIt) {
    openModel(smallModel());
    workspace().data().goWithout();
    click(QStringLiteral("nav.sweep"));
    click(QStringLiteral("sweep.preset.clear"));
    EXPECT_TRUE(text(QStringLiteral("sweep.calibrationNote")).contains(QStringLiteral("Nothing")));
    find<QPushButton>(QStringLiteral("axis.weights.bits.4"))->click();
    find<QPushButton>(QStringLiteral("axis.weights.method.gptq"))->click();
    EXPECT_FALSE(text(QStringLiteral("sweep.calibrationNote")).contains(QStringLiteral("Nothing")));
    files().answer = smallData();
    find<QPushButton>(QStringLiteral("sweep.calibrationFolder"))->click();
    find<QSpinBox>(QStringLiteral("sweep.calibrationSamples"))->setValue(16);
    EXPECT_EQ(workspace().sweep().draft().calibration.path, files().answer.toStdString());
    EXPECT_EQ(workspace().sweep().draft().calibration.samples, 16);
    setTinyBudget();
    waitForGrid();
    click(QStringLiteral("sweep.run"));
    waitForEnd();
    waitForResults(2);
    const auto snapshot = workspace().results().snapshot();
    for (const auto& result : snapshot->results) EXPECT_EQ(result.state, trial::State::Finished) << result.failure;
    EXPECT_EQ(snapshot->study.calibration.path, files().answer.toStdString());
    EXPECT_FALSE(snapshot->study.calibration.hash.empty());
    const QString session = workspace().results().sessionPath();
    restart();
    workspace().open(session);
    ASSERT_TRUE(
        waitUntil(workspace(), &gui::Workspace::idleChanged, [this] { return workspace().model().loaded() && workspace().idle(); }));
    EXPECT_EQ(workspace().sweep().draft().calibration, snapshot->study.calibration) << "a session is gone on with on the same data";
}

TEST_F(Journey, MeasuresOtherFilesOfTheModelBesideIt) {
    const QString model = smallModel();
    const QString other = QFileInfo(model).absolutePath() + QStringLiteral("/other.onnx");
    ASSERT_TRUE(QFile::copy(model, other));
    openModel(model);
    workspace().data().goWithout();
    click(QStringLiteral("nav.sweep"));
    click(QStringLiteral("sweep.preset.clear"));
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("sweep.run"))->isEnabled()) << "nothing to vary";
    files().answer = other;
    find<QPushButton>(QStringLiteral("sweep.variantFile"))->click();
    setTinyBudget();
    waitForGrid();
    EXPECT_EQ(find<gui::StatTile>(QStringLiteral("sweep.trials"))->value(), QStringLiteral("2"));
    click(QStringLiteral("sweep.run"));
    waitForEnd();
    waitForResults(2);
    const auto snapshot = workspace().results().snapshot();
    const trial::TrialResult& beside = snapshot->results[1];
    EXPECT_EQ(beside.state, trial::State::Finished) << beside.failure;
    EXPECT_EQ(beside.trial.label, "other");
    EXPECT_EQ(workspace().fileOf(beside.trial), other);
    EXPECT_EQ(workspace().fileOf(snapshot->results[0].trial), model);
    const QString session = workspace().results().sessionPath();
    restart();
    workspace().open(session);
    ASSERT_TRUE(
        waitUntil(workspace(), &gui::Workspace::idleChanged, [this] { return workspace().model().loaded() && workspace().idle(); }));
    ASSERT_EQ(workspace().sweep().draft().variants.size(), 1U);
    EXPECT_EQ(workspace().sweep().draft().variants[0].path, other.toStdString());
    openModel(model);
    EXPECT_TRUE(workspace().sweep().draft().variants.empty()) << "another model's are not taken over";
}

TEST_F(Journey, MeasuresWhereTheTimeGoes) {
    openModel(smallModel());
    click(QStringLiteral("model.measure"));
    ASSERT_TRUE(waitUntil(workspace().model(), &ModelTask::measuringChanged, [this] { return !workspace().model().measuring(); }));
    ASSERT_TRUE(workspace().model().timing().has_value()) << message().toStdString();
    double shares = 0;
    for (const auto& layer : *workspace().model().timedLayers()) shares += std::max(0.0, layer.share);
    EXPECT_NEAR(shares, 1.0, 1e-3);
    EXPECT_NE(find<gui::StatTile>(QStringLiteral("model.time"))->value(), QStringLiteral("–"));
}

TEST_F(Journey, ShowsTheModelsOwnScoreBeforeAnySweep) {
    openModel(smallModel());
    click(QStringLiteral("nav.data"));
    files().answer = smallData();
    click(QStringLiteral("data.folder"));
    ASSERT_TRUE(waitUntil(workspace().data(), &DataTask::scoreChanged, [this] {
        return workspace().data().referenceScore() || !workspace().data().scoreProblem().isEmpty() ||
               workspace().data().state() == DataTask::State::Failed;
    }));
    ASSERT_TRUE(workspace().data().referenceScore())
        << workspace().data().scoreProblem().toStdString() << workspace().data().error().text();
    EXPECT_EQ(workspace().data().info().samples, 48);
    EXPECT_TRUE(text(QStringLiteral("data.score")).contains('%'));
}

TEST_F(Journey, SweepsClicksExportsReportsAndFindsEverythingAgain) {
    openModel(smallModel());
    click(QStringLiteral("nav.data"));
    click(QStringLiteral("data.without"));
    chooseTinySweep();
    const std::size_t trials = workspace().sweep().grid()->trials.size();
    ASSERT_EQ(trials, 3u);
    click(QStringLiteral("sweep.run"));
    waitForEnd();
    waitForResults(trials);
    EXPECT_EQ(window().currentPage(), QStringLiteral("results"));

    std::int64_t chosen = 0;
    for (const auto& result : workspace().results().snapshot()->results) {
        EXPECT_EQ(result.state, trial::State::Finished) << result.failure;
        if (result.trial.recipe.base.weights && result.trial.recipe.base.weights->bits == 4) chosen = result.id;
    }
    ASSERT_NE(chosen, 0);
    clickPoint(chosen);
    if (workspace().results().selected() != chosen)
        workspace().results().select(chosen);  // points of so small a model may cover each other
    EXPECT_TRUE(text(QStringLiteral("detail.done")).contains(QStringLiteral("4 bits")));
    EXPECT_FALSE(text(QStringLiteral("detail.execution")).isEmpty());
    EXPECT_GT(find<QTableView>(QStringLiteral("results.layers"))->model()->rowCount(), 0);

    click(QStringLiteral("detail.copy"));
    EXPECT_TRUE(recipe::parse(QGuiApplication::clipboard()->text().toStdString()));
    files().answer = folder() + QStringLiteral("/out.html");
    click(QStringLiteral("detail.report"));
    ASSERT_TRUE(waitUntil(workspace().results(), &ResultsTask::reportWritten,
                          [this] { return QFileInfo::exists(files().answer) || message().contains("report"); }));
    EXPECT_GT(QFileInfo(files().answer).size(), 1000);
    files().answer = folder() + QStringLiteral("/out.onnx");
    click(QStringLiteral("detail.export"));
    ASSERT_TRUE(waitUntil(workspace().exports(), &gui::ExportTask::runningChanged, [this] { return !workspace().exports().running(); }));
    EXPECT_GT(QFileInfo(files().answer).size(), 100) << message().toStdString();
    EXPECT_TRUE(QFileInfo::exists(folder() + QStringLiteral("/out.recipe.json")));

    click(QStringLiteral("detail.fidelity"));
    ASSERT_TRUE(waitUntil(workspace().fidelity(), &gui::FidelityTask::changed, [this] { return workspace().fidelity().running() == 0; }));
    ASSERT_TRUE(workspace().fidelity().profile(chosen)) << workspace().fidelity().problem(chosen).toStdString();
    EXPECT_EQ(find<QTableView>(QStringLiteral("fidelity.table"))->model()->rowCount(), 3);
    EXPECT_TRUE(find<QTableView>(QStringLiteral("fidelity.table"))->isVisible());
    EXPECT_TRUE(text(QStringLiteral("fidelity.departure")).contains(QStringLiteral("/first/MatMul")))
        << text(QStringLiteral("fidelity.departure")).toStdString();
    EXPECT_EQ(text(QStringLiteral("detail.departure")).section('\n', 0, 0), text(QStringLiteral("fidelity.departure")));

    const QString session = workspace().results().sessionPath();
    const auto before = workspace().results().snapshot();
    restart();
    EXPECT_TRUE(settings().value(gui::Setting::RecentFiles).toStringList().contains(session));
    workspace().open(session);
    waitForResults(trials);
    const auto after = workspace().results().snapshot();
    ASSERT_EQ(after->results.size(), before->results.size());
    for (std::size_t i = 0; i < after->results.size(); ++i) {
        EXPECT_EQ(trial::toJson(after->results[i]), trial::toJson(before->results[i]));
    }
    EXPECT_EQ(window().currentPage(), QStringLiteral("results"));
    ASSERT_TRUE(waitUntil(workspace().model(), &ModelTask::stateChanged, [this] { return workspace().model().loaded(); }));
    EXPECT_EQ(workspace().data().state(), DataTask::State::None);
    click(QStringLiteral("nav.sweep"));
    EXPECT_TRUE(find<QPushButton>(QStringLiteral("axis.weights.bits.4"))->isChecked());
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("axis.weights.bits.2"))->isChecked());
}

TEST_F(Journey, GoesOnWithTheStudyOfASessionMadeElsewhere) {
    openModel(smallModel());
    trial::Study study;
    study.modelPath = workspace().model().path().toStdString();
    study.modelHash = workspace().model().info().hash;
    study.modelName = QFileInfo(workspace().model().path()).completeBaseName().toStdString();
    study.metric = "agreement";
    study.setting.batch = 2;
    study.setting.threads = 1;
    study.setting.seed = 7;
    study.seed = 7;
    study.baselineName = "as it came";
    study.axes.push_back(trial::parseAxis("weights.bits=32,8").value());
    study.budget.speedSeconds = 0.02;
    study.budget.processes = 2;
    study.budget.fidelitySamples = 8;
    const QString path = folder() + QStringLiteral("/elsewhere.trimtab");
    const auto session = store::Session::open(path.toStdString(), store::Mode::ReadWrite).value();
    ASSERT_TRUE(session->addStudy(study));
    restart();
    workspace().open(path);
    ASSERT_TRUE(
        waitUntil(workspace(), &gui::Workspace::idleChanged, [this] { return workspace().model().loaded() && workspace().idle(); }));
    EXPECT_EQ(workspace().model().symbols().at("batch"), 2) << "what is shown is what will run";
    waitForGrid();
    workspace().runSweep();
    waitForEnd();
    ASSERT_EQ(session->studies().value().size(), 1u) << "no other study was begun";
    EXPECT_EQ(session->results(study.id, true).value().size(), 2u);
    workspace().model().setSymbols({{"batch", 3}});
    EXPECT_EQ(workspace().sweep().draft().setting.batch, 3) << "another choice is another study";
    EXPECT_EQ(workspace().sweep().draft().setting.threads, 1);
}

TEST_F(Journey, KeepsWhatFinishedWhenCancelledAndGoesOnFromThere) {
    openModel(smallModel());
    workspace().data().goWithout();
    chooseTinySweep();
    const auto cancelling = QObject::connect(&workspace().sweep(), &SweepTask::resultArrived, &window(), [this] {
        auto* cancel = find<QPushButton>(QStringLiteral("runStrip.cancel"));
        if (cancel->isEnabled()) QTest::mouseClick(cancel, Qt::LeftButton);
    });
    click(QStringLiteral("sweep.run"));
    waitForEnd();
    QObject::disconnect(cancelling);
    waitForResults(1);
    const std::size_t kept = shownResults();
    EXPECT_GE(kept, 1u);
    EXPECT_LT(kept, 3u);
    click(QStringLiteral("nav.sweep"));
    click(QStringLiteral("sweep.run"));
    waitForEnd();
    waitForResults(3);
    std::set<std::string> recipes;
    for (const auto& result : workspace().results().snapshot()->results) recipes.insert(recipe::hash(result.trial.recipe));
    EXPECT_EQ(recipes.size(), 3u);
    EXPECT_EQ(shownResults(), 3u) << "something was measured twice";
}

TEST_F(Journey, LosesOnlyOneAttemptWhenTheWorkerIsKilledInMidSweep) {
    openModel(smallModel());
    workspace().data().goWithout();
    chooseTinySweep();
    bool killed = false;
    const auto killing = QObject::connect(&workspace().sweep(), &SweepTask::progressed, &window(), [this, &killed] {
        const int worker = workspace().sweep().workerProcessId();
        if (killed || worker <= 0) return;
        killed = ::kill(worker, SIGKILL) == 0;
    });
    click(QStringLiteral("sweep.run"));
    waitForEnd();
    QObject::disconnect(killing);
    waitForResults(3);
    EXPECT_TRUE(killed);
    for (const auto& result : workspace().results().snapshot()->results) EXPECT_EQ(result.state, trial::State::Finished) << result.failure;
    EXPECT_TRUE(window().isVisible());
}

TEST_F(Journey, SaysWhatIsWrongWithABrokenModelAndLivesOn) {
    const QString broken = folder() + QStringLiteral("/broken.onnx");
    QFile file(broken);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("this is no model at all");
    file.close();
    workspace().open(broken);
    ASSERT_TRUE(waitUntil(workspace().model(), &ModelTask::stateChanged,
                          [this] { return workspace().model().state() == ModelTask::State::Failed; }));
    EXPECT_FALSE(message().isEmpty());
    click(QStringLiteral("messageBar.close"));
    EXPECT_TRUE(message().isEmpty());
    openModel(smallModel());
    EXPECT_EQ(find<QTableView>(QStringLiteral("model.layers"))->model()->rowCount(), 3);
}

TEST_F(Journey, OpensAHuggingFaceFolderByItselfOrByItsConfig) {
    const QString model = folder() + QStringLiteral("/decoder");
    ASSERT_TRUE(QDir().mkpath(model));
    formats::huggingface::SmallDecoder decoder;
    decoder.draw(1);
    decoder.write(model.toStdString());
    for (const QString& path : {model, model + QStringLiteral("/config.json")}) {
        openModel(path);
        EXPECT_GT(find<QTableView>(QStringLiteral("model.layers"))->model()->rowCount(), 20);
        EXPECT_TRUE(message().isEmpty()) << message().toStdString();
        EXPECT_EQ(settings().value(gui::Setting::RecentFiles).toStringList().front(), model);
    }
}

TEST_F(Journey, SaysWhatIsWrongWithABrokenSession) {
    const QString broken = folder() + QStringLiteral("/broken.trimtab");
    QFile file(broken);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("this is no database");
    file.close();
    workspace().open(broken);
    ASSERT_TRUE(waitUntil(workspace().results(), &ResultsTask::loadFailed, [this] { return !message().isEmpty(); }));
    EXPECT_TRUE(message().contains(QStringLiteral("broken.trimtab")));
    EXPECT_TRUE(window().isVisible());
}

TEST_F(Journey, GoesOnAfterTheWorkerBehindTheModelPageDied) {
    openModel(smallModel());
    click(QStringLiteral("model.measure"));
    const int worker = workspace().workerProcessId();
    ASSERT_GT(worker, 0);
    ASSERT_EQ(::kill(worker, SIGKILL), 0);
    ASSERT_TRUE(waitUntil(workspace().model(), &ModelTask::measuringChanged, [this] { return !workspace().model().measuring(); }));
    EXPECT_FALSE(message().isEmpty());
    click(QStringLiteral("model.measure"));
    ASSERT_TRUE(waitUntil(workspace().model(), &ModelTask::measuringChanged, [this] { return !workspace().model().measuring(); }));
    EXPECT_TRUE(workspace().model().timing().has_value());
}

}  // namespace
}  // namespace trimtab::gui_tests
