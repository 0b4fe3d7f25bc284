// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the usual options cost and gain for each unit of the model's layers, measured in a worker of its own. Known until another model,
// other data or other extents are chosen.
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

    /// Model, data, metric, setting and calibration as the draft of a sweep has them. No-op while one is measured.
    void measure(const trial::Study& draft);
    void cancel();
    void clear();
    /// Shows a table that a session holds, where nothing else is shown or measured.
    void show(const Table& table);

    /// Null before anything was measured.
    const Table& table() const { return m_table; }
    /// Why the last measurement gave nothing; empty when none failed.
    const QString& problem() const { return m_problem; }
    bool running() const { return m_running; }
    bool busy() const { return m_worker.busy(); }

    static ipc::SensitivityRequest requestFor(const trial::Study& draft);

signals:
    void changed();  // begun, known, failed or forgotten
    void progressed(double share, const QString& what);
    void busyChanged();

private:
    void take(const Result<Json>& answer);

    WorkerLane m_worker;
    bool m_running = false;
    Table m_table;
    QString m_problem;
};

}  // namespace trimtab::gui
