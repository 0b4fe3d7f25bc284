// SPDX-License-Identifier: GPL-3.0-or-later
// The way of a person from layer to layer: what each can take, the best mix of it, and axes of one's own.
#include <gtest/gtest.h>

#include <algorithm>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include "app/gui/charts/heat_map.h"
#include "app/gui/models/storage_table_model.h"
#include "core/store/session.h"
#include "tests/app/gui/journey_fixture.h"

namespace trimtab::gui_tests {
namespace {

class LayerJourney : public Journey {
protected:
    void waitForTable() {
        ASSERT_TRUE(waitUntil(workspace().sensitivity(), &gui::SensitivityTask::changed,
                              [this] { return !workspace().sensitivity().running(); }));
    }
};

TEST_F(LayerJourney, ShowsWhichLayerCanTakeWhat) {
    openModel(smallModel());
    click(QStringLiteral("nav.sensitivity"));
    click(QStringLiteral("sensitivity.next"));
    EXPECT_EQ(window().currentPage(), QStringLiteral("data")) << "what quality is measured on is to be decided first";
    workspace().data().goWithout();
    click(QStringLiteral("nav.sensitivity"));
    click(QStringLiteral("sensitivity.measure"));
    EXPECT_TRUE(workspace().sensitivity().running());
    waitForTable();
    ASSERT_TRUE(workspace().sensitivity().table()) << workspace().sensitivity().problem().toStdString();
    auto* map = find<gui::HeatMap>(QStringLiteral("sensitivity.map"));
    ASSERT_TRUE(map->isVisible());
    EXPECT_EQ(map->snapshot()->layers.size(), 2);
    EXPECT_EQ(static_cast<std::size_t>(map->snapshot()->options.size()), trial::usualOptions().size());
    QTest::mouseClick(map->viewport(), Qt::LeftButton, {}, map->cellRect({1, 0}).center());
    EXPECT_TRUE(text(QStringLiteral("sensitivity.cell")).contains(map->snapshot()->layers[1]));
    openModel(smallModel(QStringLiteral("other.onnx")));
    EXPECT_FALSE(workspace().sensitivity().table()) << "it was of another model";
}

TEST_F(LayerJourney, FindsTheBestMixOfTheChosenOptions) {
    openModel(smallModel());
    workspace().data().goWithout();
    setTinyBudget();
    click(QStringLiteral("nav.sensitivity"));
    for (auto* chip : window().findChildren<QPushButton*>(QRegularExpression(QStringLiteral("^option[.]")))) chip->setChecked(false);
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("sensitivity.measure"))->isEnabled()) << "nothing is to be tried";
    click(QStringLiteral("option.weights.bits=8"));
    QTest::keyClicks(find<QWidget>(QStringLiteral("sensitivity.option")), QStringLiteral("weights.bits=5"));
    click(QStringLiteral("sensitivity.addOption"));
    click(QStringLiteral("sensitivity.measure"));
    waitForTable();
    const auto table = workspace().sensitivity().table();
    ASSERT_TRUE(table) << workspace().sensitivity().problem().toStdString();
    ASSERT_EQ(table->options.size(), 2u);
    find<QComboBox>(QStringLiteral("mix.minimize"))->setCurrentText(QStringLiteral("Size"));
    find<QDoubleSpinBox>(QStringLiteral("mix.value"))->setValue(100);
    click(QStringLiteral("mix.last"));
    click(QStringLiteral("mix.find"));
    EXPECT_TRUE(workspace().sweep().running());
    EXPECT_TRUE(find<QPushButton>(QStringLiteral("mix.cancel"))->isVisible());
    waitForEnd();
    EXPECT_EQ(window().currentPage(), QStringLiteral("sensitivity"));
    ASSERT_TRUE(workspace().sweep().foundMix()) << message().toStdString();
    EXPECT_FALSE(text(QStringLiteral("mix.sentence")).isEmpty());
    click(QStringLiteral("mix.show"));
    EXPECT_EQ(window().currentPage(), QStringLiteral("results"));
    const auto& found = *workspace().sweep().foundMix();
    waitForResults(found.outcome.candidates.size());
    EXPECT_EQ(workspace().results().selected(), found.outcome.candidates[found.outcome.best.value()].result.id);
    const auto session = store::Session::open(workspace().sweep().sessionPath().toStdString(), store::Mode::ReadOnly).value();
    EXPECT_EQ(session->results(found.study, true).value().size(), found.outcome.candidates.size());
    const Json kept = session->document(trial::sensitivityKey(found.study)).value();
    EXPECT_EQ(kept["table"], trial::toJson(*table)) << "it is found again with the session";
    EXPECT_EQ(kept["request"]["options"].size(), 2u);
}

TEST_F(LayerJourney, SweepsAnAxisThatNoRowOffers) {
    openModel(smallModel());
    workspace().data().goWithout();
    click(QStringLiteral("nav.sweep"));
    click(QStringLiteral("sweep.preset.clear"));
    auto* field = find<QLineEdit>(QStringLiteral("sweep.axis"));
    field->setText(QStringLiteral("weights.bites=4"));
    find<QPushButton>(QStringLiteral("sweep.addAxis"))->click();
    EXPECT_TRUE(text(QStringLiteral("sweep.axisProblem")).contains(QStringLiteral("bites")));
    field->setText(QStringLiteral("run.symbols.batch=2,3"));
    find<QPushButton>(QStringLiteral("sweep.addAxis"))->click();
    EXPECT_TRUE(text(QStringLiteral("sweep.axisProblem")).isEmpty());
    field->setText(QStringLiteral("weights.bits=7"));
    find<QPushButton>(QStringLiteral("sweep.addAxis"))->click();
    EXPECT_TRUE(find<QPushButton>(QStringLiteral("axis.weights.bits.7"))->isChecked()) << "an offered axis takes it in its own row";
    find<QPushButton>(QStringLiteral("axis.weights.bits.8"))->click();
    const auto& axes = workspace().sweep().draft().axes;
    ASSERT_EQ(axes.size(), 2u) << "another choice has lost none";
    EXPECT_TRUE(std::ranges::any_of(axes, [](const auto& axis) { return axis.path == "run.symbols.batch" && axis.values.size() == 2; }));
    EXPECT_TRUE(std::ranges::any_of(axes, [](const auto& axis) { return axis.path == "weights.bits" && axis.values.size() == 2; }));
}

TEST_F(LayerJourney, HoldsATrialAgainstItsBaselineAndAgainstAnother) {
    openModel(smallModel());
    workspace().data().goWithout();
    sweepOver("weights.bits=8,4", 3);
    auto* tabs = find<QTabWidget>(QStringLiteral("results.tabs"));
    tabs->setCurrentWidget(find<QWidget>(QStringLiteral("promise")));
    std::vector<const trial::TrialResult*> tried;
    const gui::SnapshotPtr snapshot = workspace().results().snapshot();
    for (const auto& result : snapshot->results)
        if (!result.isBaseline) tried.push_back(&result);
    ASSERT_EQ(tried.size(), 2u);
    workspace().results().select(tried[0]->id);
    auto* against = find<QComboBox>(QStringLiteral("promise.against"));
    ASSERT_TRUE(against->isVisible());
    EXPECT_EQ(against->count(), 2) << "a trial is not held against itself";
    EXPECT_EQ(against->currentData().toLongLong(), snapshot->baseline()->id);
    EXPECT_EQ(find<QTableView>(QStringLiteral("promise.table"))->model()->rowCount(),
              static_cast<int>(snapshot->baseline()->layers.size()));
    EXPECT_TRUE(text(QStringLiteral("promise.summary")).contains(QStringLiteral("It goes")));
    const QString heldAgainstBaseline = text(QStringLiteral("promise.summary"));
    against->setCurrentIndex(against->findData(QVariant::fromValue<qlonglong>(tried[1]->id)));
    emit against->activated(against->currentIndex());
    EXPECT_NE(text(QStringLiteral("promise.summary")), heldAgainstBaseline);
    const int held = against->currentIndex();
    workspace().results().setAxis(gui::SpeedAxis::Size);
    ASSERT_TRUE(waitUntil(workspace().results(), &gui::ResultsTask::snapshotChanged,
                          [this] { return workspace().results().snapshot()->axis == gui::SpeedAxis::Size; }));
    EXPECT_EQ(against->currentIndex(), held) << "another snapshot of the study changes nothing";
    workspace().results().select(snapshot->baseline()->id);
    EXPECT_EQ(against->currentIndex(), -1) << "the baseline is held against what one chooses";
    EXPECT_TRUE(text(QStringLiteral("promise.summary")).contains(QStringLiteral("baseline itself")));
    workspace().results().select(tried[0]->id);
    EXPECT_EQ(against->currentData().toLongLong(), snapshot->baseline()->id) << "another trial is held against the baseline again";
    workspace().results().select(snapshot->baseline()->id);
    EXPECT_EQ(find<QTableView>(QStringLiteral("promise.table"))->model()->rowCount(), 0);
}

TEST_F(LayerJourney, ShowsHowATrialIsStoredAndHowItsInputsAreFilled) {
    openModel(smallModel());
    workspace().data().choose(smallData());
    ASSERT_TRUE(
        waitUntil(workspace(), &gui::Workspace::idleChanged, [this] { return workspace().data().decided() && workspace().idle(); }));
    sweepOver("prune.ratio=0.5", 2);
    auto* tabs = find<QTabWidget>(QStringLiteral("results.tabs"));
    tabs->setCurrentWidget(find<QWidget>(QStringLiteral("storage")));
    for (const auto& result : workspace().results().snapshot()->results)
        if (!result.isBaseline) workspace().results().select(result.id);
    click(QStringLiteral("storage.look"));
    EXPECT_TRUE(find<QPushButton>(QStringLiteral("storage.cancel"))->isVisible());
    ASSERT_TRUE(waitUntil(workspace().storage(), &gui::StorageTask::changed, [this] { return workspace().storage().running() == 0; }));
    auto* table = find<QTableView>(QStringLiteral("storage.table"));
    ASSERT_TRUE(table->isVisible()) << workspace().storage().problem(workspace().results().selected()).toStdString();
    EXPECT_EQ(table->model()->rowCount(), 2);
    EXPECT_FALSE(table->isColumnHidden(gui::StorageTableModel::Csr));
    EXPECT_FALSE(table->isColumnHidden(gui::StorageTableModel::Outliers)) << "the study has data to look at";
    EXPECT_TRUE(text(QStringLiteral("storage.summary")).contains(QStringLiteral("instead of")));
}

}  // namespace
}  // namespace trimtab::gui_tests
