// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How a trial's weights are stored, layer by layer, what zeros would take in each form, and how its layers' inputs are filled: what
// `trimtab compress --report` tells, found by a worker of its own that writes the model to a folder which is thrown away. What was found is
// kept until another file is opened.
#include <map>
#include <memory>

#include <QObject>

#include "app/gui/tasks/worker_lane.h"
#include "core/ipc/messages.h"

namespace trimtab::gui {

class StorageTask : public QObject {
    Q_OBJECT
public:
    using Report = std::shared_ptr<const ipc::CompressAnswer>;

    explicit StorageTask(ipc::WorkerOptions options, QObject* parent = nullptr);

    /// Takes the place of a look that goes on.
    void look(const trial::Study& study, const trial::TrialResult& result, const QString& modelPath);
    void cancel();
    void clear();

    /// Null before the trial was looked at.
    Report report(std::int64_t trial) const;
    /// Why the last look at the trial gave nothing; empty when none failed.
    QString problem(std::int64_t trial) const;
    /// The trial that is looked at now; 0 when none is.
    std::int64_t running() const { return m_running; }
    bool busy() const { return m_worker.busy(); }

    /// Inputs are looked at where the study has data to look at, or the recipe does so anyway.
    static ipc::CompressRequest requestFor(const trial::Study& study, const trial::TrialResult& result, const QString& modelPath,
                                           const QString& output);

signals:
    void changed();  // begun, known, failed or forgotten
    void progressed(double share, const QString& what);
    void busyChanged();

private:
    void take(std::int64_t trial, const Result<Json>& answer);

    WorkerLane m_worker;
    std::int64_t m_running = 0;
    std::map<std::int64_t, Report> m_reports;
    std::map<std::int64_t, QString> m_problems;
};

}  // namespace trimtab::gui
