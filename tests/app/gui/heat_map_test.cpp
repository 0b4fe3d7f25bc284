// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QApplication>
#include <QImage>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include "app/gui/charts/heat_map.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {
namespace {

/// Losses rise from layer to layer and from option to option; the second option gains on the first layer, the last cell is refused.
HeatSnapshotPtr rising(int layers, int options) {
    auto snapshot = std::make_shared<HeatSnapshot>();
    snapshot->metric = QStringLiteral("Top-1 accuracy");
    for (int i = 0; i < layers; ++i)
        snapshot->layers << QStringLiteral("/stages/stages.%1/a_rather_long_name_of_a_body/body.0/Conv").arg(i);
    for (int i = 0; i < options; ++i) snapshot->options << QStringLiteral("int%1 in groups of 128 by awq+gptq").arg(8 - i);
    for (int layer = 0; layer < layers; ++layer)
        for (int option = 0; option < options; ++option) {
            HeatCell cell;
            cell.loss = 0.01 * layer + 0.002 * (option + 1);
            cell.lossLow = cell.loss - 0.001;
            cell.lossHigh = cell.loss + 0.001;
            cell.gainMs = 0.1 * (option + 1) - 0.15;
            cell.savedBytes = 1000 * (layer + 1) * (option + 1);
            snapshot->cells.push_back(cell);
        }
    snapshot->cells.back().refusal = QStringLiteral("convolutions have no groups");
    return snapshot;
}

class HeatMapTest : public ::testing::Test {
protected:
    HeatMapTest() {
        m_theme.setParent(nullptr);
        m_map.resize(640, 300);
        m_map.show();
    }
    QColor colourAt(HeatPlace place) {
        const QImage image = m_map.viewport()->grab().toImage();
        const QPoint at = m_map.cellRect(place).bottomLeft() + QPoint(5, -4);  // beside the text
        return image.pixelColor(at * image.devicePixelRatio());
    }
    /// How much redder than green, and the other way round.
    static int redness(const QColor& colour) { return colour.red() - colour.green(); }

    Theme m_theme{*qApp};
    HeatMap m_map{m_theme};
};

TEST_F(HeatMapTest, ColoursLossesTheDeeperTheWorseInBothPalettes) {
    m_map.setSnapshot(rising(5, 3));
    for (const ThemeChoice choice : {ThemeChoice::Light, ThemeChoice::Dark}) {
        m_theme.choose(choice);
        const int mild = redness(colourAt({0, 0})), middle = redness(colourAt({2, 0})), worst = redness(colourAt({4, 1}));
        EXPECT_LT(mild, middle);
        EXPECT_LT(middle, worst);
        EXPECT_GT(worst, 40);
    }
}

TEST_F(HeatMapTest, ColoursTimeSavedGreenAndTimeLostRed) {
    m_map.setSnapshot(rising(5, 3));
    m_map.setFigure(HeatFigure::Time);
    for (const ThemeChoice choice : {ThemeChoice::Light, ThemeChoice::Dark}) {
        m_theme.choose(choice);
        EXPECT_GT(redness(colourAt({1, 0})), redness(m_theme.palette().surface));
        EXPECT_LT(redness(colourAt({1, 2})), redness(m_theme.palette().surface) - 20);
    }
}

TEST_F(HeatMapTest, LeavesOpenAndRefusedCellsUncoloured) {
    auto snapshot = std::make_shared<HeatSnapshot>(*rising(4, 2));
    snapshot->cells[4].lossLow = -0.001;  // layer 2, option 0: a loss of 0.022 that may be none
    m_map.setSnapshot(snapshot);
    EXPECT_EQ(colourAt({2, 0}), m_theme.palette().surface);
    EXPECT_NE(colourAt({2, 1}), m_theme.palette().surface);
    EXPECT_FALSE(heatValue(snapshot->at(3, 1), HeatFigure::Loss));
    EXPECT_EQ(heatText(*snapshot, snapshot->at(3, 1), HeatFigure::Loss), QStringLiteral("–"));
    EXPECT_TRUE(heatToolTip(*snapshot, 3, 1).contains(QStringLiteral("convolutions have no groups")));
    EXPECT_TRUE(heatToolTip(*snapshot, 2, 0).contains(QStringLiteral("not to be told")));
}

TEST_F(HeatMapTest, NeverGivesEmulatedCellsATime) {
    auto snapshot = std::make_shared<HeatSnapshot>(*rising(2, 2));
    snapshot->cells[0].native = false;
    snapshot->cells[0].gainMs = HeatCell::kUnknown;
    m_map.setSnapshot(snapshot);
    m_map.setFigure(HeatFigure::Time);
    EXPECT_EQ(heatText(*snapshot, snapshot->at(0, 0), HeatFigure::Time), QStringLiteral("–"));
    EXPECT_TRUE(heatToolTip(*snapshot, 0, 0).contains(QStringLiteral("emulated")));
    const QImage image = m_map.viewport()->grab().toImage();
    const QPoint corner = m_map.cellRect({0, 0}).topRight() + QPoint(-2, 3);
    EXPECT_EQ(image.pixelColor(corner * image.devicePixelRatio()), m_theme.palette().chartEmulated);
}

TEST_F(HeatMapTest, TakesATableAsItWasMeasured) {
    trial::SensitivityTable table;
    table.metric = "perplexity";
    table.units = {{"q, k and v", {"q", "k", "v"}, 300, 1200}, {"out", {"out"}, 100, 400}};
    table.options = {{"int8", {}}, {"int3", {}}};
    table.cells.resize(4);
    table.cells[1].loss = {0.25, {0.125, 0.5}};
    table.cells[1].kl = 0.5;
    table.cells[1].storedBytes = 200;
    table.cells[1].execution = trace::Execution::Emulated;
    table.cells[2].gainNs = base::Estimate{2e6, {1e6, 3e6}};
    table.cells[3].refusal = "no";
    const HeatSnapshotPtr snapshot = heatSnapshotOf(table);
    EXPECT_EQ(snapshot->layers, (QStringList{"q, k and v", "out"}));
    EXPECT_EQ(snapshot->options, (QStringList{"int8", "int3"}));
    EXPECT_FALSE(snapshot->isShare);
    EXPECT_EQ(snapshot->at(0, 1).loss, 0.25);
    EXPECT_EQ(snapshot->at(0, 1).lossHigh, 0.5);
    EXPECT_EQ(snapshot->at(0, 1).savedBytes, 1000);
    EXPECT_FALSE(snapshot->at(0, 1).native || heatValue(snapshot->at(0, 1), HeatFigure::Time));
    EXPECT_EQ(heatValue(snapshot->at(1, 0), HeatFigure::Time), 2.0);
    EXPECT_EQ(snapshot->at(1, 1).refusal, QStringLiteral("no"));
    EXPECT_FALSE(heatValue(snapshot->at(1, 1), HeatFigure::Bytes));
    table.cells[2].gainNs = base::Estimate{2e6, {-1e6, 5e6}};
    EXPECT_FALSE(isSettled(heatSnapshotOf(table)->at(1, 0), HeatFigure::Time)) << "it may be nothing";
}

TEST_F(HeatMapTest, TellsInFullWhatItHadToShorten) {
    const HeatSnapshotPtr snapshot = rising(5, 3);
    m_map.setSnapshot(snapshot);
    const QRect cell = m_map.cellRect({1, 1});
    EXPECT_EQ(m_map.placeAt(cell.center()), (HeatPlace{1, 1}));
    EXPECT_TRUE(m_map.toolTipAt(cell.center()).contains(snapshot->layers[1]));
    EXPECT_EQ(m_map.toolTipAt({4, cell.center().y()}), snapshot->layers[1]);
    EXPECT_EQ(m_map.toolTipAt({cell.center().x(), 6}), snapshot->options[1]);
    EXPECT_FALSE(m_map.toolTipAt({20, m_map.viewport()->height() - 4}).isEmpty());
    EXPECT_TRUE(m_map.toolTipAt({m_map.viewport()->width() - 1, cell.center().y()}).isEmpty() ||
                m_map.placeAt({m_map.viewport()->width() - 1, cell.center().y()}));
}

TEST_F(HeatMapTest, MovesByTheKeysAndScrollsAlong) {
    m_map.setSnapshot(rising(60, 12));
    QSignalSpy chosen(&m_map, &HeatMap::placeChosen);
    QTest::keyClick(&m_map, Qt::Key_Down);
    EXPECT_EQ(m_map.current(), (HeatPlace{0, 0})) << "the first key only enters";
    QTest::keyClick(&m_map, Qt::Key_Down);
    QTest::keyClick(&m_map, Qt::Key_Right);
    EXPECT_EQ(m_map.current(), (HeatPlace{1, 1}));
    QTest::keyClick(&m_map, Qt::Key_End, Qt::ControlModifier);
    EXPECT_EQ(m_map.current(), (HeatPlace{59, 11}));
    EXPECT_EQ(m_map.placeAt(m_map.cellRect({59, 11}).center()), (HeatPlace{59, 11})) << "it is in sight";
    EXPECT_EQ(m_map.verticalScrollBar()->value(), m_map.verticalScrollBar()->maximum());
    QTest::keyClick(&m_map, Qt::Key_Right);
    EXPECT_EQ(m_map.current(), (HeatPlace{59, 11})) << "and stays inside";
    QTest::keyClick(&m_map, Qt::Key_Home, Qt::ControlModifier);
    EXPECT_EQ(m_map.verticalScrollBar()->value(), 0);
    ASSERT_FALSE(chosen.isEmpty());
    EXPECT_EQ(chosen.back(), (QList<QVariant>{0, 0}));
    QTest::mouseClick(m_map.viewport(), Qt::LeftButton, {}, m_map.cellRect({2, 1}).center());
    EXPECT_EQ(chosen.back(), (QList<QVariant>{2, 1}));
}

TEST_F(HeatMapTest, TakesAnEmptySnapshotAndASmallerOne) {
    m_map.setSnapshot(rising(9, 4));
    m_map.setCurrent({8, 3});
    m_map.setSnapshot(rising(2, 2));
    EXPECT_FALSE(m_map.current());
    m_map.setSnapshot(std::make_shared<HeatSnapshot>());
    QTest::keyClick(&m_map, Qt::Key_Down);
    EXPECT_FALSE(m_map.current());
    m_map.setSnapshot(nullptr);
    EXPECT_FALSE(m_map.grab().isNull());
    EXPECT_TRUE(m_map.toolTipAt({10, 60}).isEmpty());
}

}  // namespace
}  // namespace trimtab::gui
