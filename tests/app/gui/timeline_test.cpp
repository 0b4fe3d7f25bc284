// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "app/gui/charts/roofline_chart.h"
#include "app/gui/charts/timeline_view.h"
#include "app/gui/models/diagnosis_table_model.h"
#include "app/gui/models/roles.h"
#include "app/gui/models/text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/profile/advice_card.h"
#include "core/base/random.h"
#include "tests/core/trace/random_trace.h"

namespace trimtab::gui {
namespace {

TEST(TimelineRows, HoldEverySpanOnceAndNoTwoOfARowOverlap) {
    const trace::Trace trace = trace::randomTrace(5, 3000);
    std::size_t all = 0;
    for (const TimelineRow& row : timelineRows(trace)) {
        all += row.spans.size();
        std::int64_t last = 0;
        for (const std::uint32_t span : row.spans) {
            EXPECT_GE(trace.spans[span].beginNs, last);
            last = trace.spans[span].endNs();
        }
    }
    EXPECT_EQ(all, trace.spans.size());
}

TEST(TimelineRows, ShowNoMoreBarsThanTheyHaveRoomFor) {
    const trace::Trace trace = trace::randomTrace(6, 200'000);
    const TimeRange whole = wholeRange(trace);
    for (const TimelineRow& row : timelineRows(trace)) {
        const auto bars = visibleBars(trace, row, whole, 800);
        EXPECT_LE(bars.size(), 2U * 800);
        for (std::size_t i = 1; i < bars.size(); ++i) EXPECT_GE(bars[i].left, bars[i - 1].left);
    }
}

TEST(TimelineRows, ShowWhateverAPixelHolds) {
    const trace::Trace trace = trace::randomTrace(7, 20'000);
    const TimeRange whole = wholeRange(trace);
    base::Random random(1);
    for (const TimelineRow& row : timelineRows(trace)) {
        for (int i = 0; i < 50; ++i) {
            const double begin = random.uniform(whole.beginNs, whole.endNs), length = random.uniform(100, whole.lengthNs());
            const TimeRange range{begin, begin + length};
            std::vector<bool> covered(600, false);
            for (const TimelineBar& bar : visibleBars(trace, row, range, 600))
                for (int x = bar.left; x < std::min(bar.right, 600); ++x) covered[static_cast<std::size_t>(x)] = true;
            for (int x = 0; x < 600; ++x) {
                const bool holds = spanAt(trace, row, range, 600, x) >= 0;
                // A pixel at the edge of a bar may be told either way.
                const bool near = covered[static_cast<std::size_t>(x)] || (x > 0 && covered[static_cast<std::size_t>(x) - 1]) ||
                                  (x < 599 && covered[static_cast<std::size_t>(x) + 1]);
                EXPECT_TRUE(!holds || near) << x;
            }
        }
    }
}

/// Two runs of three layers; the second layer is the longest.
trace::Trace twoRuns() {
    trace::Trace trace;
    trace.names = {"run", "a", "b", "c"};
    trace.tracks = {"host"};
    for (std::int64_t run = 0; run < 2; ++run) {
        const std::int64_t begin = run * 120'000;
        trace.spans.push_back({begin, 100'000, 0, -1, 0, trace::SpanKind::Run});
        trace.spans.push_back({begin, 20'000, 1, 0, 0, trace::SpanKind::Node});
        trace.spans.push_back({begin + 20'000, 60'000, 2, 1, 0, trace::SpanKind::Node});
        trace.spans.push_back({begin + 80'000, 20'000, 3, 2, 0, trace::SpanKind::Node});
    }
    return trace;
}

class TimelineViewTest : public ::testing::Test {
protected:
    TimelineViewTest() {
        m_view.resize(864, 120);
        m_view.setTrace(std::make_shared<const trace::Trace>(twoRuns()));
        m_view.show();
    }
    Theme m_theme{*qApp};
    TimelineView m_view{m_theme};
};

TEST_F(TimelineViewTest, BeginsWithTheFirstRunAndShowsAllOnDemand) {
    EXPECT_EQ(m_view.range().lengthNs(), 100'000);
    EXPECT_TRUE(m_view.barOf(4).isEmpty()) << "the second run is not seen";
    QTest::keyClick(&m_view, Qt::Key_End);
    EXPECT_EQ(m_view.range().lengthNs(), 220'000);
    EXPECT_FALSE(m_view.barOf(4).isEmpty());
    QTest::keyClick(&m_view, Qt::Key_Home);
    EXPECT_EQ(m_view.range().lengthNs(), 100'000);
}

TEST_F(TimelineViewTest, AClickOnANodeChoosesItsLayer) {
    QSignalSpy chosen(&m_view, &TimelineView::layerChosen);
    QTest::mouseClick(&m_view, Qt::LeftButton, {}, m_view.barOf(2).center());
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(chosen.front().front().toInt(), 1);
    QTest::mouseClick(&m_view, Qt::LeftButton, {}, m_view.barOf(0).center());
    EXPECT_EQ(chosen.size(), 1) << "a run is no layer";
}

TEST_F(TimelineViewTest, ZoomsAndPansWithinTheTrace) {
    for (int i = 0; i < 100; ++i) QTest::keyClick(&m_view, Qt::Key_Plus);
    EXPECT_GT(m_view.range().lengthNs(), 1);
    for (int i = 0; i < 100; ++i) QTest::keyClick(&m_view, Qt::Key_Right);
    EXPECT_LE(m_view.range().endNs, 220'000);
    for (int i = 0; i < 200; ++i) QTest::keyClick(&m_view, Qt::Key_Minus);
    EXPECT_EQ(m_view.range().lengthNs(), 220'000);
}

TEST_F(TimelineViewTest, DraggingPansAndChoosesNothing) {
    QSignalSpy chosen(&m_view, &TimelineView::layerChosen);
    const QPoint from = m_view.barOf(2).center(), to = from - QPoint(200, 0);
    QTest::mousePress(&m_view, Qt::LeftButton, {}, from);
    QTest::mouseMove(&m_view, to);
    QTest::mouseRelease(&m_view, Qt::LeftButton, {}, to);
    EXPECT_GT(m_view.range().beginNs, 0);
    EXPECT_EQ(m_view.range().lengthNs(), 100'000);
    EXPECT_EQ(chosen.size(), 0);
}

ProfilePtr smallProfile() {
    ipc::ProfileAnswer answer;
    trace::Profile& profile = answer.profile;
    profile.trace = twoRuns();
    profile.runs = 2;
    profile.runNs = 110'000;
    profile.attributed = 100.0 / 110;
    profile.ceilings = {1e10, 0, {{"fp32", 1e11}, {"int8", 4e11}}, 500};
    const auto layer = [&](const char* name, double ns, std::int64_t bytes, double operations) {
        trace::LayerRecord record;
        record.node = name;
        record.op = "MatMul";
        record.medianNs = ns;
        record.weightBytes = bytes;
        record.operations = operations;
        record.share = ns / 100'000;
        profile.layers.push_back(record);
    };
    layer("a", 20'000, 150'000, 1e4);
    layer("b", 60'000, 1'000, 5e6);
    layer("c", 20'000, 1'000, 0);
    return std::make_shared<ProfileSnapshot>(profileSnapshotOf({}, std::move(answer), QStringLiteral("As the model is stored")));
}

TEST(RooflineChart, PlacesLayersBySpeedAndLetsThemBeChosen) {
    Theme theme{*qApp};
    RooflineChart chart(theme);
    chart.resize(500, 320);
    chart.setProfile(smallProfile());
    chart.show();
    const auto a = chart.positionOf(0), b = chart.positionOf(1);
    ASSERT_TRUE(a && b);
    EXPECT_LT(a->x(), b->x()) << "fewer operations a byte";
    EXPECT_GT(a->y(), b->y()) << "fewer operations a second";
    EXPECT_FALSE(chart.positionOf(2)) << "no operations";
    QSignalSpy chosen(&chart, &RooflineChart::layerChosen);
    QTest::mouseClick(&chart, Qt::LeftButton, {}, *b);
    ASSERT_EQ(chosen.size(), 1);
    EXPECT_EQ(chosen.front().front().toInt(), 1);
}

TEST(DiagnosisTable, TellsEachLayerAndTheTimeThatNoneTook) {
    DiagnosisTableModel model;
    model.setProfile(smallProfile());
    ASSERT_EQ(model.rowCount(), 4);
    const auto text = [&](int row, int column) { return model.data(model.index(row, column), Qt::DisplayRole).toString(); };
    EXPECT_EQ(text(0, DiagnosisTableModel::BoundBy), QStringLiteral("Memory bandwidth"));
    EXPECT_EQ(text(1, DiagnosisTableModel::BoundBy), QStringLiteral("Arithmetic"));
    EXPECT_EQ(text(1, DiagnosisTableModel::Reached), QStringLiteral("83 %"));
    EXPECT_EQ(text(3, DiagnosisTableModel::Layer), QStringLiteral("Elsewhere"));
    EXPECT_EQ(model.layerOf(3), -1);
    EXPECT_NEAR(model.data(model.index(3, DiagnosisTableModel::Time), SortRole).toDouble(), 10'000, 1);
    EXPECT_EQ(model.data(model.index(1, DiagnosisTableModel::Share), BarRole).toDouble(), 1);
}

TEST(DiagnosisTable, BarsAreAsLongAsTheSharesBesideThem) {
    auto profile = std::make_shared<ProfileSnapshot>(*smallProfile());
    profile->answer.profile.layers[0].medianNs *= 100;  // of runs that were disturbed
    DiagnosisTableModel model;
    model.setProfile(profile);
    const auto bar = [&](int row) { return model.data(model.index(row, DiagnosisTableModel::Share), BarRole).toDouble(); };
    const auto& layers = profile->answer.profile.layers;
    EXPECT_NEAR(bar(0) / bar(1), layers[0].share / layers[1].share, 1e-9);
}

TEST(DiagnosisTable, SaysWhatADeviceDidForNoLayer) {
    auto profile = std::make_shared<ProfileSnapshot>(*smallProfile());
    profile->answer.profile.device = trace::DeviceTime{90'000, 6'000, 1'000};
    DiagnosisTableModel model;
    model.setProfile(profile);
    const QString text = model.data(model.index(3, DiagnosisTableModel::Because), Qt::DisplayRole).toString();
    EXPECT_TRUE(text.contains(millisecondsText(0.006)) && text.contains(millisecondsText(0.001))) << text.toStdString();
}

TEST(ProfileSnapshot, MarksWhatMustBeKnownBesideTheFigures) {
    ProfileSnapshot snapshot = *smallProfile();
    trace::Profile& profile = snapshot.answer.profile;
    EXPECT_EQ(marksText(snapshot), QString());
    profile.trace.dropped = 7;
    profile.noActivity = "no library";
    profile.layers[0].execution = trace::Execution::Emulated;
    snapshot.request.model.randomWeights = 3;
    const QString marks = marksText(snapshot);
    EXPECT_EQ(marks.split('\n').size(), 4);
    EXPECT_TRUE(marks.contains(QStringLiteral("random weights (seed 3)")));
    EXPECT_TRUE(marks.contains(QStringLiteral("no library")) && marks.contains(QStringLiteral("7 records")) &&
                marks.contains(QStringLiteral("emulated")));
}

TEST(ProfileSnapshot, SaysWhatFitsWhereTheModelDoesNot) {
    trial::Capacity capacity{"needs 2 GB more", 1 << 30, {}};
    capacity.options = {{trial::parseOption("weights.bits=8").value(), "needs 1 GB more", trace::Execution::Native, 0, 0, 0},
                        {trial::parseOption("weights.bits=4").value(), "", trace::Execution::Native, 2e6, 60'000'000, 0}};
    const QStringList lines = capacityText(capacity, {}).split('\n');
    ASSERT_EQ(lines.size(), 3);
    EXPECT_TRUE(lines[0].contains(QStringLiteral("needs 2 GB more")));
    EXPECT_TRUE(lines[1].contains(QStringLiteral("int4")) && lines[1].contains(millisecondsText(2)));
    EXPECT_TRUE(lines[2].contains(QStringLiteral("needs 1 GB more")));
}

TEST(AdviceCard, OffersEachPieceToBeTriedAndSaysWhatItCameTo) {
    auto profile = std::make_shared<ProfileSnapshot>(*smallProfile());
    explain::Advice weights, batch;
    weights.text = "int8 on all layers with weights";
    weights.layers = {"a", "b"};
    weights.speedup = 1.8;
    batch.text = "8 samples at once";
    batch.speedup = 1.2;
    profile->advice = {{weights, batch}, {"prune 50 % makes no layer faster"}};
    AdviceCard card;
    card.resize(400, 300);
    card.setProfile(profile);
    card.show();
    QSignalSpy tried(&card, &AdviceCard::tryRequested), saved(&card, &AdviceCard::saveRequested);
    auto* attempt = card.findChild<QPushButton*>(QStringLiteral("advice.1.try"));
    ASSERT_TRUE(attempt);
    QTest::mouseClick(attempt, Qt::LeftButton);
    ASSERT_EQ(tried.size(), 1);
    EXPECT_EQ(tried.front().front().toInt(), 1);
    QTest::mouseClick(card.findChild<QPushButton*>(QStringLiteral("advice.0.save")), Qt::LeftButton);
    EXPECT_EQ(saved.size(), 1);
    EXPECT_FALSE(card.findChild<QPushButton*>(QStringLiteral("advice.1.save"))->isVisible()) << "a batch is no matter of recipes";
    auto* outcome = card.findChild<QLabel*>(QStringLiteral("advice.1.outcome"));
    EXPECT_FALSE(outcome->isVisible());
    ProfileTask::Tried trial;
    trial.running = true;
    card.setTried(1, trial);
    EXPECT_FALSE(attempt->isEnabled());
    trial.running = false;
    trial.speedup = {1.5, {1.4, 1.6}};
    card.setTried(1, trial);
    EXPECT_TRUE(attempt->isEnabled());
    EXPECT_TRUE(outcome->text().contains(QStringLiteral("1.50× (1.40 … 1.60)")));
    trial.problem = QStringLiteral("no memory");
    card.setTried(1, trial);
    EXPECT_EQ(outcome->text(), QStringLiteral("no memory"));
}

}  // namespace
}  // namespace trimtab::gui
