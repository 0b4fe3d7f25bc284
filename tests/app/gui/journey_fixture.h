// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The steps that journeys through the window share.
#include <QTest>

#include "app/gui/charts/pareto_chart.h"
#include "tests/app/gui/waiting.h"
#include "tests/app/gui/window_fixture.h"

namespace trimtab::gui_tests {

class Journey : public WindowFixture {
protected:
    void openModel(const QString& path) {
        workspace().open(path);
        ASSERT_TRUE(waitUntil(workspace().model(), &gui::ModelTask::stateChanged,
                              [this] { return workspace().model().state() != gui::ModelTask::State::Loading; }));
        ASSERT_TRUE(workspace().model().loaded()) << workspace().model().error().text();
    }

    /// Baseline, 8 and 4 bits; as little timing as a study can do with.
    void chooseTinySweep() {
        click(QStringLiteral("nav.sweep"));
        click(QStringLiteral("sweep.preset.clear"));
        for (const char* bits : {"32", "8", "4"}) click(QStringLiteral("axis.weights.bits.") + bits);
        setTinyBudget();
        waitForGrid();
    }

    void setTinyBudget() {
        trial::Budget budget;
        budget.speedSeconds = 0.02;
        budget.processes = 2;
        budget.fidelitySamples = 8;
        workspace().setBudget(budget);
    }

    void waitForGrid() {
        ASSERT_TRUE(waitUntil(workspace().sweep(), &gui::SweepTask::gridChanged, [this] { return workspace().sweep().grid() != nullptr; }));
    }

    void waitForEnd() {
        ASSERT_TRUE(waitUntil(workspace().sweep(), &gui::SweepTask::runningChanged, [this] { return !workspace().sweep().running(); }));
    }

    std::size_t shownResults() {
        const auto snapshot = workspace().results().snapshot();
        return snapshot ? snapshot->results.size() : 0;
    }

    void waitForResults(std::size_t count) {
        ASSERT_TRUE(waitUntil(workspace().results(), &gui::ResultsTask::snapshotChanged, [this, count] { return shownResults() >= count; }))
            << message().toStdString();
    }

    /// Over one axis in as little time as it can do with; ends when so many results, the baseline's among them, are shown.
    void sweepOver(const char* axis, std::size_t results) {
        setTinyBudget();
        workspace().setAxes({trial::parseAxis(axis).value()});
        waitForGrid();
        ASSERT_EQ(workspace().runProblem(), QString()) << workspace().runProblem().toStdString();
        workspace().runSweep();
        waitForEnd();
        waitForResults(results);
    }

    void clickPoint(std::int64_t trial) {
        auto* chart = find<gui::ParetoChart>(QStringLiteral("results.chart"));
        const auto at = chart->positionOf(trial);
        ASSERT_TRUE(at.has_value());
        QTest::mouseClick(chart->viewport(), Qt::LeftButton, {}, *at);
    }
};

}  // namespace trimtab::gui_tests
