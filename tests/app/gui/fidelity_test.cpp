// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QImage>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include "app/gui/charts/fidelity_chart.h"
#include "app/gui/models/fidelity_table_model.h"
#include "app/gui/models/roles.h"
#include "app/gui/models/table_filter.h"
#include "app/gui/tasks/fidelity_task.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/results/fidelity_panel.h"
#include "tests/support/study_example.h"

namespace trimtab::gui {
namespace {

using Profile = std::shared_ptr<const trace::FidelityProfile>;

/// Node 3 is treated and departs, node 6 has lost its shape; what follows slowly gets worse.
Profile departing(std::size_t count = 10) {
    auto profile = std::make_shared<trace::FidelityProfile>();
    profile->samples = 16;
    profile->inputs = "drawn from seed 1";
    double in = trace::kMostDecibels;
    for (std::size_t i = 0; i < count; ++i) {
        trace::NodeFidelity node;
        node.node = "/layers." + std::to_string(i) + "/MatMul";
        node.op = "MatMul";
        node.isTreated = i == 3;
        node.inputSqnrDb = in;
        node.sqnrDb = in = i < 3 ? trace::kMostDecibels : 28.0 - static_cast<double>(i);
        node.cosine = i < 3 ? 1 : 0.998;
        if (i == 6) node.skipped = "its shape is [2], the reference's [3]";
        profile->nodes.push_back(std::move(node));
    }
    return profile;
}

TEST(FidelityTable, MarksTheDepartureAndSaysWhatWasLeftOut) {
    FidelityTableModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setProfile(departing());
    ASSERT_EQ(model.rowCount(), 10);
    const auto text = [&model](int row, int column) { return model.index(row, column).data().toString(); };
    EXPECT_EQ(text(0, FidelityTableModel::Sqnr), QStringLiteral("equal"));
    EXPECT_EQ(text(3, FidelityTableModel::Sqnr), QStringLiteral("25.0 dB"));
    EXPECT_EQ(text(3, FidelityTableModel::Treated), QStringLiteral("yes"));
    EXPECT_TRUE(text(3, FidelityTableModel::Remark).contains(QStringLiteral("departs here")));
    EXPECT_TRUE(text(3, FidelityTableModel::Remark).contains(QStringLiteral("most of the error")));
    EXPECT_EQ(text(6, FidelityTableModel::Sqnr), QStringLiteral("–"));
    EXPECT_TRUE(text(6, FidelityTableModel::Remark).contains(QStringLiteral("[2]")));
    EXPECT_NEAR(model.index(3, FidelityTableModel::Sqnr).data(BarRole).toDouble(), 25.0 / 60, 1e-9);
    EXPECT_FALSE(model.index(6, FidelityTableModel::Sqnr).data(BarRole).isValid());
    TableFilter rows;
    rows.setSourceModel(&model);
    rows.sort(FidelityTableModel::Sqnr, Qt::AscendingOrder);
    EXPECT_EQ(rows.index(0, 0).data().toString(), QStringLiteral("/layers.9/MatMul")) << "the worst first";
    EXPECT_EQ(rows.index(9, 0).data().toString(), QStringLiteral("/layers.6/MatMul")) << "what was not compared last";
    model.setProfile(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

class FidelityChartTest : public ::testing::Test {
protected:
    FidelityChartTest() {
        m_chart.resize(600, 112);
        m_chart.show();
    }
    QColor colourAt(const QPoint& at) {
        const QImage image = m_chart.grab().toImage();
        return image.pixelColor(at * image.devicePixelRatio());
    }
    Theme m_theme{*qApp};
    FidelityChart m_chart{m_theme};
};

TEST_F(FidelityChartTest, ColoursNodesBelowTheThresholdInBothPalettes) {
    m_chart.setProfile(departing());
    for (const ThemeChoice choice : {ThemeChoice::Light, ThemeChoice::Dark}) {
        m_theme.choose(choice);
        EXPECT_EQ(colourAt(*m_chart.positionOf(1) + QPoint(3, 0)), m_theme.palette().chartNative);
        EXPECT_EQ(colourAt(*m_chart.positionOf(7) + QPoint(3, 0)), m_theme.palette().chartFront);
    }
    EXPECT_FALSE(m_chart.positionOf(6)) << "not compared, not drawn";
    EXPECT_GT(m_chart.positionOf(7)->y(), m_chart.positionOf(1)->y()) << "lower is worse";
}

TEST_F(FidelityChartTest, TellsWhichNodeWasClickedAndWalksByTheKeys) {
    m_chart.setProfile(departing());
    QSignalSpy chosen(&m_chart, &FidelityChart::nodeChosen);
    for (const std::size_t node : {0U, 3U, 7U, 9U}) {
        QTest::mouseClick(&m_chart, Qt::LeftButton, {}, *m_chart.positionOf(node));
        ASSERT_FALSE(chosen.isEmpty());
        EXPECT_EQ(chosen.back().front().toInt(), static_cast<int>(node));
    }
    QTest::keyClick(&m_chart, Qt::Key_Home);
    for (int i = 0; i < 6; ++i) QTest::keyClick(&m_chart, Qt::Key_Right);
    EXPECT_EQ(m_chart.current(), 7U) << "over the node that was not compared";
    QTest::keyClick(&m_chart, Qt::Key_End);
    QTest::keyClick(&m_chart, Qt::Key_Right);
    EXPECT_EQ(m_chart.current(), 9U);
}

TEST_F(FidelityChartTest, ShowsTheWorstWhereNodesShareAPixel) {
    auto many = std::make_shared<trace::FidelityProfile>(*departing(1));
    many->nodes.resize(20'000, many->nodes.front());
    many->nodes[10'001].sqnrDb = 5;
    m_chart.setProfile(many);
    const auto at = m_chart.positionOf(10'001);
    ASSERT_TRUE(at);
    bool seen = false;
    for (int x = -2; x <= 2; ++x) seen = seen || colourAt(*at + QPoint(x, 0)) == m_theme.palette().chartFront;
    EXPECT_TRUE(seen);
}

class FidelityPanelTest : public ::testing::Test {
protected:
    FidelityPanelTest() {
        m_panel.resize(720, 420);
        m_panel.QWidget::show();
    }
    template <class Widget>
    Widget* find(const char* name) {
        return m_panel.findChild<Widget*>(QLatin1String(name));
    }
    void show(FidelityView::State state, const QString& reason = {}, Profile profile = {}) {
        m_panel.show({state, reason, std::move(profile)});
    }

    Theme m_theme{*qApp};
    FidelityPanel m_panel{m_theme};
};

TEST_F(FidelityPanelTest, SaysWhatToClickAndWhyNothingCanBeClicked) {
    auto* button = find<QPushButton>("fidelity.compare");
    ASSERT_NE(button, nullptr);
    show(FidelityView::State::Asked);
    EXPECT_TRUE(button->isVisible());
    EXPECT_EQ(button->text(), QStringLiteral("Compare node by node"));
    QSignalSpy asked(&m_panel, &FidelityPanel::compareRequested);
    QTest::mouseClick(button, Qt::LeftButton);
    EXPECT_EQ(asked.count(), 1);
    show(FidelityView::State::Impossible, QStringLiteral("The sweep is running."));
    EXPECT_FALSE(button->isVisible());
    EXPECT_TRUE(m_panel.findChild<EmptyState*>()->text().contains(QStringLiteral("The sweep is running.")));
    show(FidelityView::State::Failed, QStringLiteral("memory"));
    EXPECT_TRUE(button->isVisible());
    EXPECT_TRUE(m_panel.findChild<EmptyState*>()->text().contains(QStringLiteral("memory")));
}

TEST_F(FidelityPanelTest, ShowsProgressAndLetsItBeCancelled) {
    show(FidelityView::State::Running);
    m_panel.showProgress(0.25, QStringLiteral("comparing"));
    EXPECT_EQ(find<QProgressBar>("fidelity.progress")->value(), 250);
    EXPECT_EQ(find<QLabel>("fidelity.progressText")->text(), QStringLiteral("comparing"));
    QSignalSpy cancelled(&m_panel, &FidelityPanel::cancelRequested);
    QTest::mouseClick(find<QPushButton>("fidelity.cancel"), Qt::LeftButton);
    EXPECT_EQ(cancelled.count(), 1);
}

TEST_F(FidelityPanelTest, TiesChartAndTableAndTellsTheDepartureInWords) {
    show(FidelityView::State::Known, {}, departing());
    EXPECT_TRUE(find<QLabel>("fidelity.departure")->text().contains(QStringLiteral("/layers.3/MatMul")));
    EXPECT_TRUE(find<QLabel>("fidelity.departure")->text().contains(QStringLiteral("25.0 dB")));
    EXPECT_TRUE(find<QLabel>("fidelity.noise")->text().contains(QStringLiteral("/layers.3/MatMul")));
    EXPECT_TRUE(find<QLabel>("fidelity.compared")->text().contains(QStringLiteral("9 of 10")));
    auto* chart = find<FidelityChart>("fidelity.chart");
    auto* table = find<QTableView>("fidelity.table");
    QTest::mouseClick(chart, Qt::LeftButton, {}, *chart->positionOf(7));
    EXPECT_EQ(table->currentIndex().siblingAtColumn(0).data().toString(), QStringLiteral("/layers.7/MatMul"));
    table->setCurrentIndex(table->model()->index(2, 0));
    EXPECT_EQ(chart->current(), 2U);
    m_panel.setWords(QStringLiteral("layers.4"));
    EXPECT_EQ(table->model()->rowCount(), 1);
    m_panel.setWords({});
    auto better = std::make_shared<trace::FidelityProfile>(*departing(3));
    show(FidelityView::State::Known, {}, better);
    EXPECT_TRUE(find<QLabel>("fidelity.departure")->text().contains(QStringLiteral("nowhere")));
    EXPECT_FALSE(find<QLabel>("fidelity.noise")->isVisible()) << "nothing was treated";
    EXPECT_EQ(table->model()->rowCount(), 3);
}

TEST(FidelityTask, AsksForTheTrialOnTheStudysDataAndCalibration) {
    trial::Study study = support::exampleStudy();
    study.dataPath = "/data";
    study.calibration = {"/calibration", 32, "abc"};
    const trial::TrialResult result = support::exampleResults().back();
    const ipc::FidelityRequest request = FidelityTask::requestFor(study, result, QStringLiteral("/moved.onnx"));
    EXPECT_EQ(request.model.model, "/moved.onnx");
    EXPECT_EQ(request.model.recipe, result.trial.recipe);
    EXPECT_EQ(request.model.calibration, study.calibration);
    EXPECT_EQ(request.data, "/data");
}

}  // namespace
}  // namespace trimtab::gui
