// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include <QSignalSpy>
#include <QTest>

#include "app/gui/charts/pareto_chart.h"
#include "core/base/random.h"
#include "tests/support/study_example.h"

namespace trimtab::gui {
namespace {

SnapshotPtr exampleSnapshot(SpeedAxis axis = SpeedAxis::Latency) {
    auto snapshot = std::make_shared<StudySnapshot>();
    snapshot->study = support::exampleStudy();
    snapshot->results = support::exampleResults();
    std::int64_t id = 0;
    for (auto& result : snapshot->results) result.id = ++id;
    snapshot->axis = axis;
    auto rows = tune::paretoRows(snapshot->results, word(axis));
    if (rows) snapshot->rows = *rows;
    return snapshot;
}

TEST(Ticks, EncloseTheirDataAtRoundSteps) {
    base::Random random(7);
    for (int i = 0; i < 2000; ++i) {
        const double low = random.uniform(-1, 1) * std::pow(10, random.uniform(-6, 9));
        const double high = low + std::pow(10, random.uniform(-6, 9));
        const Ticks ticks = niceTicks(low, high, 6);
        const double slack = ticks.step * 1e-6;
        EXPECT_LE(ticks.low, low + slack);
        EXPECT_GE(ticks.high, high - slack);
        EXPECT_GE(ticks.positions.size(), 2u);
        EXPECT_LE(ticks.positions.size(), 14u);
        const double mantissa = ticks.step / std::pow(10, std::floor(std::log10(ticks.step) + 1e-9));
        EXPECT_TRUE(std::abs(mantissa - 1) < 1e-6 || std::abs(mantissa - 2) < 1e-6 || std::abs(mantissa - 5) < 1e-6) << ticks.step;
    }
}

TEST(Ticks, WidenAnEmptyRange) {
    const Ticks ticks = niceTicks(3, 3, 6);
    EXPECT_LT(ticks.low, 3);
    EXPECT_GT(ticks.high, 3);
}

TEST(ChartPlan, PutsTrialsWithoutASpeedIntoAStripOutsideTheScale) {
    const SnapshotPtr snapshot = exampleSnapshot();
    const ChartPlan plan = planChart(*snapshot);
    int inStrip = 0;
    for (const ChartPoint& point : plan.points) {
        const auto* result = snapshot->result(point.trial);
        EXPECT_EQ(point.inStrip, !result->speed.has_value());
        EXPECT_EQ(point.marker == Marker::Emulated, result->execution == trace::Execution::Emulated);
        if (!point.inStrip) {
            EXPECT_LE(point.x, plan.x.high);
            continue;
        }
        ++inStrip;
        EXPECT_GT(point.x, plan.x.high);
        EXPECT_LT(point.x, plan.xHigh);
        EXPECT_FALSE(point.onFront);
    }
    EXPECT_GT(inStrip, 0);
}

TEST(ChartPlan, LeavesTheStripOutWhenTheAxisIsASize) {
    const ChartPlan plan = planChart(*exampleSnapshot(SpeedAxis::Size));
    EXPECT_EQ(plan.stripLow, plan.stripHigh);
    for (const ChartPoint& point : plan.points) EXPECT_FALSE(point.inStrip);
}

TEST(ChartPlan, IsNotPressedTogetherByOneVeryWideInterval) {
    auto snapshot = std::make_shared<StudySnapshot>(*exampleSnapshot());
    double slowest = 0;
    for (auto& result : snapshot->results) {
        if (!result.speed) continue;
        slowest = std::max(slowest, result.speed->medianMs);
        result.speed->medianInterval.high = result.speed->medianMs * 50;
    }
    const ChartPlan plan = planChart(*snapshot);
    EXPECT_LE(plan.x.high / plan.xScale, 2 * slowest);
}

TEST(ChartPlan, LeavesOutFailedTrials) {
    const SnapshotPtr snapshot = exampleSnapshot();
    for (const ChartPoint& point : planChart(*snapshot).points) EXPECT_EQ(snapshot->result(point.trial)->state, trial::State::Finished);
}

TEST(ChartPlan, JoinsTheFrontFromLeftToRight) {
    const SnapshotPtr snapshot = exampleSnapshot();
    const ChartPlan plan = planChart(*snapshot);
    ASSERT_FALSE(plan.front.empty());
    for (std::size_t i = 0; i < plan.front.size(); ++i) {
        EXPECT_TRUE(snapshot->row(plan.points[plan.front[i]].trial)->onFront);
        EXPECT_LE(plan.points[plan.front[i == 0 ? 0 : i - 1]].x, plan.points[plan.front[i]].x);
    }
}

TEST(ChartPlan, KeepsTheFrontAndCountsWhatItLeavesOut) {
    const SnapshotPtr snapshot = exampleSnapshot();
    const ChartPlan all = planChart(*snapshot);
    const ChartPlan close = planChart(*snapshot, true);
    EXPECT_EQ(close.front.size(), all.front.size());
    EXPECT_EQ(close.points.size() + static_cast<std::size_t>(close.leftOut), all.points.size());
}

TEST(ParetoChart, TellsWhichPointWasClicked) {
    ParetoChart chart;
    chart.resize(640, 420);
    chart.setSnapshot(exampleSnapshot());
    chart.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&chart));
    for (const ChartPoint& point : chart.plan().points) {
        const auto at = chart.positionOf(point.trial);
        ASSERT_TRUE(at.has_value());
        EXPECT_TRUE(chart.rect().contains(*at));
        QSignalSpy clicked(&chart, &ParetoChart::trialClicked);
        QTest::mouseClick(chart.viewport(), Qt::LeftButton, {}, *at);
        ASSERT_EQ(clicked.count(), 1);
        const ChartPoint* hit = nullptr;
        for (const ChartPoint& other : chart.plan().points) {
            if (other.trial == clicked.front().front().toLongLong()) hit = &other;
        }
        // Points that lie on each other may answer for each other.
        ASSERT_NE(hit, nullptr);
        const auto other = chart.positionOf(hit->trial);
        EXPECT_LE((*other - *at).manhattanLength(), 2);
    }
}

TEST(ParetoChart, TakesAnEmptySnapshot) {
    ParetoChart chart;
    chart.resize(400, 300);
    chart.setSnapshot(std::make_shared<StudySnapshot>());
    chart.setSnapshot(nullptr);
    EXPECT_FALSE(chart.positionOf(1).has_value());
    EXPECT_FALSE(chart.grab().isNull());
}

}  // namespace
}  // namespace trimtab::gui
