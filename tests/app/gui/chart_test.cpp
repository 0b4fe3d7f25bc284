// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include <QCategoryAxis>
#include <QChart>
#include <QSignalSpy>
#include <QTest>

#include "app/gui/charts/pareto_chart.h"
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

TEST(ChartPlan, PutsTrialsWithoutASpeedIntoAStripOutsideTheScale) {
    const SnapshotPtr snapshot = exampleSnapshot();
    const ChartPlan plan = planChart(*snapshot);
    int inStrip = 0;
    for (const ChartPoint& point : plan.points) {
        const auto* result = snapshot->result(point.trial);
        EXPECT_EQ(point.inStrip, !result->speed.has_value());
        EXPECT_EQ(point.marker == Marker::Emulated, result->execution == trace::Execution::Emulated);
        if (!point.inStrip) {
            EXPECT_LE(point.x, plan.stripLow);
            continue;
        }
        ++inStrip;
        EXPECT_GT(point.x, plan.stripLow);
        EXPECT_LT(point.x, plan.stripHigh);
        EXPECT_FALSE(point.onFront);
    }
    EXPECT_GT(inStrip, 0);
}

TEST(ChartPlan, LeavesTheStripOutWhenTheAxisIsASize) {
    const ChartPlan plan = planChart(*exampleSnapshot(SpeedAxis::Size));
    EXPECT_EQ(plan.stripLow, plan.stripHigh);
    for (const ChartPoint& point : plan.points) EXPECT_FALSE(point.inStrip);
}

TEST(ChartPlan, ShowsTheSizeOfRandomWeightsWhereNothingIsScored) {
    auto snapshot = std::make_shared<StudySnapshot>(*exampleSnapshot());
    snapshot->study.randomWeights = 1;
    for (auto& result : snapshot->results) {
        result.accuracy.reset();
        result.sizeBytes = 1'000'000 * (1 + result.id % 3);
    }
    const ChartPlan plan = planChart(*snapshot);
    EXPECT_TRUE(plan.yTitle.contains(QStringLiteral("Weights, MB"))) << plan.yTitle.toStdString();
    ASSERT_GT(plan.points.size(), 1u);
    for (const ChartPoint& a : plan.points)
        for (const ChartPoint& b : plan.points)
            EXPECT_EQ(a.y > b.y, snapshot->result(a.trial)->sizeBytes < snapshot->result(b.trial)->sizeBytes) << "better is up";
    snapshot->study.randomWeights.reset();
    EXPECT_TRUE(planChart(*snapshot).points.empty()) << "a score that is missing is not made up";
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

/// The example as a language model's: perplexities from 1.5 up, each `factor` times the one before, with intervals of a tenth to each side.
SnapshotPtr perplexities(double factor) {
    auto snapshot = std::make_shared<StudySnapshot>(*exampleSnapshot());
    double value = 1.5;
    for (auto& result : snapshot->results) {
        if (!result.accuracy) continue;
        result.accuracy->metric = "perplexity";
        result.accuracy->higherIsBetter = false;
        result.accuracy->value = value;
        result.accuracy->interval = {value * 0.9, value * 1.1};
        value *= factor;
    }
    return snapshot;
}

TEST(ChartPlan, StandsPerplexitiesThatSpanDecadesAtEvenStepsOfTheirLogarithm) {
    const ChartPlan plan = planChart(*perplexities(20));  // 1.5, 30, 600, 12000
    ASSERT_EQ(plan.points.size(), 4u);
    EXPECT_TRUE(plan.y.logarithmic);
    EXPECT_FALSE(plan.x.logarithmic);
    const double step = plan.points[0].y - plan.points[1].y;
    EXPECT_GT(step, 0.2) << "lower is better, and better is up";
    for (std::size_t i = 1; i < plan.points.size(); ++i) EXPECT_NEAR(plan.points[i - 1].y - plan.points[i].y, step, 1e-9);
    for (const ChartPoint& point : plan.points) {
        ASSERT_TRUE(point.yInterval);
        EXPECT_TRUE(0 <= point.yInterval->low && point.yInterval->low < point.y);
        EXPECT_TRUE(point.y < point.yInterval->high && point.yInterval->high <= 1);
    }
    EXPECT_TRUE(plan.yTitle.contains(QStringLiteral("lower is better")));
}

TEST(ChartPlan, KeepsALinearAxisForPerplexitiesThatLieCloseTogetherAndForShares) {
    EXPECT_FALSE(planChart(*perplexities(1.2)).y.logarithmic);
    const ChartPlan shares = planChart(*exampleSnapshot());
    EXPECT_FALSE(shares.y.logarithmic);
    EXPECT_FALSE(shares.y.reversed);
}

TEST(ParetoChart, LabelsALogarithmicAxisWithRoundFiguresThatDoNotCoverEachOther) {
    for (const double factor : {3.0, 8.0, 20.0, 1000.0, 1e20}) {
        ParetoChart chart;
        chart.resize(640, 300);
        chart.setSnapshot(perplexities(factor));
        chart.show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(&chart));
        auto* axis = qobject_cast<QCategoryAxis*>(chart.chart()->axes(Qt::Vertical).constFirst());
        ASSERT_NE(axis, nullptr);
        const QStringList labels = axis->categoriesLabels();
        EXPECT_GE(labels.size(), 3) << factor;
        const double height = chart.chart()->plotArea().height();
        const double line = QFontMetricsF(axis->labelsFont()).height();
        double before = std::numeric_limits<double>::infinity(), stoodAt = -1;
        for (const QString& label : labels) {
            const double figure = label.toDouble();
            const double digit = figure / std::pow(10, std::floor(std::log10(figure) + 1e-9));
            EXPECT_TRUE(std::abs(digit - 1) < 1e-6 || std::abs(digit - 2) < 1e-6 || std::abs(digit - 5) < 1e-6) << label.toStdString();
            EXPECT_LT(figure, before) << "the axis points down";
            before = figure;
            EXPECT_GE((axis->endValue(label) - stoodAt) * height, line) << label.toStdString();
            stoodAt = axis->endValue(label);
        }
    }
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
