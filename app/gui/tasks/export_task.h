// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Writes the model of a trial, with its recipe beside it. The worker applies the recipe, writes the file, reads it back and compares.
#include <optional>

#include <QObject>

#include "app/gui/tasks/worker_lane.h"
#include "core/ipc/messages.h"

namespace trimtab::gui {

class ExportTask : public QObject {
    Q_OBJECT
public:
    explicit ExportTask(WorkerLane& worker, QObject* parent = nullptr);

    /// The recipe is written as <stem>.recipe.json beside the model. `calibration` as the study had it: what was measured is what is
    /// written.
    void exportModel(const QString& modelPath, const trial::Trial& trial, const trial::Calibration& calibration, const QString& output);
    bool running() const { return m_running; }

signals:
    void runningChanged();
    void exported(const QString& path, const trimtab::ipc::CompressAnswer& answer);
    void failed(const QString& message);

private:
    void take(const QString& output, const recipe::Recipe& recipe, const Result<Json>& answer);

    WorkerLane& m_worker;
    bool m_running = false;
};

}  // namespace trimtab::gui
