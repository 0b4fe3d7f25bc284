// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What options cost and gain for each unit of the model's layers, measured in a worker of its own. The table is known until another model,
// other data or other extents are chosen; the options stay as they were chosen.
#include <memory>

#include <QObject>

#include "app/gui/tasks/worker_lane.h"
#include "core/ipc/sensitivity_request.h"

namespace trimtab::gui {

class SensitivityTask : public QObject {
    Q_OBJECT
public:
    using Table = std::shared_ptr<const trial::SensitivityTable>;

    explicit SensitivityTask(ipc::WorkerOptions options, QObject* parent = nullptr);

    /// What measure() tries on each unit; at first the usual options. Those of a table that is shown take their place.
    void setOptions(const std::vector<trial::SensitivityOption>& options);
    const std::vector<trial::SensitivityOption>& options() const { return m_options; }

    /// Model, data, metric, setting and calibration as the draft of a sweep has them. No-op while one is measured, and without options.
    void measure(const trial::Study& draft);
    void cancel();
    void clear();
    /// Shows a table that a session holds, where nothing else is shown or measured.
    void show(const Table& table);

    /// Null before anything was measured.
    const Table& table() const { return m_table; }
    /// What the table was asked for with; null where a session holds the table.
    const Json& asked() const { return m_asked; }
    /// Why the last measurement gave nothing; empty when none failed.
    const QString& problem() const { return m_problem; }
    bool running() const { return m_running; }
    bool busy() const { return m_worker.busy(); }

    static ipc::SensitivityRequest requestFor(const trial::Study& draft, std::vector<trial::SensitivityOption> options);

signals:
    void changed();  // begun, known, failed or forgotten
    void optionsChanged();
    void progressed(double share, const QString& what);
    void busyChanged();

private:
    void take(const Result<Json>& answer);

    WorkerLane m_worker;
    bool m_running = false;
    std::vector<trial::SensitivityOption> m_options = trial::usualOptions();
    Table m_table;
    Json m_asking;  // of the measurement that runs
    Json m_asked;
    QString m_problem;
};

}  // namespace trimtab::gui
