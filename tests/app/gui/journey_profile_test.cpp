// SPDX-License-Identifier: GPL-3.0-or-later
// The way of a person who asks where the time of a run goes.
#include <gtest/gtest.h>

#include <QFileInfo>
#include <QMenu>
#include <QPushButton>
#include <QTableView>

#include "app/gui/charts/roofline_chart.h"
#include "app/gui/charts/timeline_view.h"
#include "core/base/units.h"
#include "core/store/session.h"
#include "tests/app/gui/journey_fixture.h"

namespace trimtab::gui_tests {
namespace {

class ProfileJourney : public Journey {
protected:
    bool waitForProfile() {
        return waitUntil(workspace().profiling(), &gui::ProfileTask::changed, [this] { return !workspace().profiling().running(); });
    }
    bool waitForSnapshot() {
        const auto& task = workspace().profiling();
        return waitUntil(task, &gui::ProfileTask::changed, [&] { return task.snapshot() != nullptr; });
    }
};

TEST_F(ProfileJourney, SeesWhatBoundsEachLayerAndSavesTheTrace) {
    click(QStringLiteral("nav.profile"));
    EXPECT_TRUE(find<QWidget>(QStringLiteral("profile.next"))->isVisible());
    openModel(smallModel());
    click(QStringLiteral("nav.profile"));
    click(QStringLiteral("profile.next"));
    ASSERT_TRUE(waitForProfile());
    ASSERT_TRUE(workspace().profiling().snapshot()) << workspace().profiling().problem().toStdString();
    auto* table = find<QTableView>(QStringLiteral("profile.layers"));
    const auto layers = workspace().profiling().snapshot()->profile().layers.size();
    EXPECT_EQ(table->model()->rowCount(), static_cast<int>(layers) + 1);
    EXPECT_FALSE(text(QStringLiteral("profile.layer")).isEmpty());
    files().answer = folder() + QStringLiteral("/run.pftrace");
    click(QStringLiteral("profile.save"));
    EXPECT_GT(QFileInfo(files().answer).size(), 100);
}

TEST_F(ProfileJourney, ALayerThatIsChosenInOnePlaceIsChosenInAll) {
    openModel(smallModel());
    click(QStringLiteral("nav.profile"));
    click(QStringLiteral("profile.begin"));
    ASSERT_TRUE(waitForProfile());
    auto* table = find<QTableView>(QStringLiteral("profile.layers"));
    emit find<gui::TimelineView>(QStringLiteral("profile.timeline"))->layerChosen(1);
    const std::string node = workspace().profiling().snapshot()->profile().layers[1].node;
    EXPECT_EQ(find<gui::TimelineView>(QStringLiteral("profile.timeline"))->currentLayer(), 1);
    EXPECT_EQ(find<gui::RooflineChart>(QStringLiteral("profile.roofline"))->currentLayer(), 1);
    EXPECT_EQ(table->currentIndex().siblingAtColumn(0).data().toString().toStdString(), node);
    EXPECT_TRUE(text(QStringLiteral("profile.layer")).startsWith(QString::fromStdString(node)));
}

TEST_F(ProfileJourney, ASessionKeepsProfilesAndShowsThemAgain) {
    openModel(smallModel());
    workspace().data().goWithout();
    chooseTinySweep();
    click(QStringLiteral("sweep.run"));
    waitForEnd();
    waitForResults(3);
    workspace().results().select(workspace().results().snapshot()->results.back().id);
    click(QStringLiteral("nav.profile"));
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("profile.kept"))->isVisible());
    click(QStringLiteral("profile.begin"));
    ASSERT_TRUE(waitForProfile());
    auto& results = workspace().results();
    ASSERT_TRUE(waitUntil(results, &gui::ResultsTask::profilesChanged, [&] { return results.profiles().size() == 1; }))
        << message().toStdString();
    EXPECT_EQ(results.profiles()[0].trial, results.selected());
    const double runNs = workspace().profiling().snapshot()->profile().runNs;

    const QString session = results.sessionPath();
    openModel(smallModel(QStringLiteral("other.onnx")));
    EXPECT_FALSE(workspace().profiling().snapshot());
    workspace().open(session);
    ASSERT_TRUE(waitForSnapshot()) << "the newest is there when the session is opened";
    EXPECT_EQ(workspace().profiling().snapshot()->profile().runNs, runNs);
    EXPECT_FALSE(workspace().profiling().snapshot()->profile().trace.spans.empty());
    auto* kept = find<QPushButton>(QStringLiteral("profile.kept"));
    ASSERT_EQ(kept->menu()->actions().size(), 1);
    const auto before = workspace().profiling().snapshot();
    kept->menu()->actions().front()->trigger();
    EXPECT_TRUE(waitUntil(workspace().profiling(), &gui::ProfileTask::changed, [&] { return workspace().profiling().snapshot() != before; }));
}

TEST_F(ProfileJourney, ASessionOfProfilesAloneShowsTheNewestAndItsModel) {
    openModel(smallModel());
    click(QStringLiteral("nav.profile"));
    click(QStringLiteral("profile.begin"));
    ASSERT_TRUE(waitForProfile());
    const auto made = workspace().profiling().snapshot();
    ASSERT_TRUE(made) << workspace().profiling().problem().toStdString();
    const QString path = folder() + QStringLiteral("/profiles.trimtab");
    {
        const auto session = store::Session::open(path.toStdString(), store::Mode::ReadWrite);
        ASSERT_TRUE(session) << session.error().text();
        store::KeptProfile kept{{0, 0, "as the model is stored", base::utcNow(), 0}, made->request, made->answer};
        ASSERT_TRUE((*session)->addProfile(kept));
    }
    openModel(smallModel(QStringLiteral("other.onnx")));
    workspace().open(path);
    ASSERT_TRUE(waitForSnapshot()) << message().toStdString();
    ASSERT_TRUE(waitUntil(workspace().model(), &gui::ModelTask::stateChanged, [this] { return workspace().model().loaded(); }));
    EXPECT_EQ(window().currentPage(), QStringLiteral("profile"));
    EXPECT_EQ(workspace().profiling().snapshot()->profile().runNs, made->profile().runNs);
    EXPECT_EQ(workspace().model().path(), smallModel());
    EXPECT_EQ(workspace().sessionPath(), path) << "what is measured next is kept beside it";
    EXPECT_FALSE(workspace().results().snapshot());
}

TEST_F(ProfileJourney, CancelsAndForgetsWithTheModel) {
    openModel(smallModel());
    click(QStringLiteral("nav.profile"));
    click(QStringLiteral("profile.begin"));
    click(QStringLiteral("profile.cancel"));
    ASSERT_TRUE(waitForProfile());
    EXPECT_FALSE(workspace().profiling().snapshot());
    click(QStringLiteral("profile.begin"));
    ASSERT_TRUE(waitForProfile());
    EXPECT_TRUE(workspace().profiling().snapshot());
    openModel(smallModel(QStringLiteral("other.onnx")));
    EXPECT_FALSE(workspace().profiling().snapshot());
}

}  // namespace
}  // namespace trimtab::gui_tests
