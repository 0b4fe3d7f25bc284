// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A trial's model held against the unchanged one node by node, in a worker of its own so that nothing else waits for it. What was found is
// kept until another file is opened.
#include <map>
#include <memory>

#include <QObject>

#include "app/gui/tasks/worker_lane.h"
#include "core/ipc/messages_fidelity.h"

namespace trimtab::gui {

class FidelityTask : public QObject {
    Q_OBJECT
public:
    using Profile = std::shared_ptr<const trace::FidelityProfile>;

    explicit FidelityTask(ipc::WorkerOptions options, QObject* parent = nullptr);

    /// On the study's data, else on drawn inputs. Takes the place of a comparison that runs.
    void compare(const trial::Study& study, const trial::TrialResult& result, const QString& modelPath);
    void cancel();
    void clear();

    /// Null before the trial was compared.
    Profile profile(std::int64_t trial) const;
    /// Why the last comparison of the trial gave nothing; empty when none failed.
    QString problem(std::int64_t trial) const;
    /// The trial that is compared now; 0 when none is.
    std::int64_t running() const { return m_running; }
    bool busy() const { return m_worker.busy(); }

    static ipc::FidelityRequest requestFor(const trial::Study& study, const trial::TrialResult& result, const QString& modelPath);

signals:
    void changed();  // begun, known, failed or forgotten
    void progressed(double share, const QString& what);
    void busyChanged();

private:
    void take(std::int64_t trial, const Result<Json>& answer);

    WorkerLane m_worker;
    std::int64_t m_running = 0;
    std::map<std::int64_t, Profile> m_profiles;
    std::map<std::int64_t, QString> m_problems;
};

}  // namespace trimtab::gui
