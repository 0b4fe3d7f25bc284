// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where the time of a run goes: one profile at a time, made by a worker of its own. The last one is kept until another file is opened.
#include <map>
#include <vector>

#include <QObject>

#include "app/gui/models/profile_snapshot.h"
#include "app/gui/tasks/worker_lane.h"

namespace trimtab::gui {

class ProfileTask : public QObject {
    Q_OBJECT
public:
    explicit ProfileTask(ipc::WorkerOptions options, QObject* parent = nullptr);

    /// `subject` names what runs; `trial`: its number in the session on show, or 0. Takes the place of one that goes on.
    void profile(const ipc::ProfileRequest& request, const QString& subject, std::int64_t trial);
    /// One that was made before, instead of the last one.
    void show(const ProfilePtr& profile);
    /// Runs a piece of the snapshot's advice beside what was profiled, in turns. REQUIRES: there is such a piece.
    void tryAdvice(std::size_t piece);
    void cancel();
    void clear();

    /// Null before there is one.
    const ProfilePtr& snapshot() const { return m_snapshot; }
    /// Why the last one could not be made; empty when none failed.
    const QString& problem() const { return m_problem; }
    bool running() const { return m_running; }
    /// What a piece of advice came to when it was tried.
    struct Tried {
        bool running = false;
        std::vector<base::PairedBlock> blocks;  // ms of runs, one call each
        base::Estimate speedup;                 // of a sample; 0: it was not tried, or failed
        bool throttled = false;
        QString problem;
    };
    Tried tried(std::size_t piece) const;
    bool busy() const { return m_worker.busy(); }

signals:
    void changed();  // begun, known, failed or forgotten
    void made(const trimtab::gui::ProfilePtr& profile);
    void triedChanged();
    void progressed(double share, const QString& what);
    void busyChanged();

private:
    void take(const ipc::ProfileRequest& request, const Result<Json>& answer, const QString& subject, std::int64_t trial);
    void tryOnce(std::size_t piece);
    void takeTried(std::size_t piece, const Result<Json>& answer);

    WorkerLane m_worker;
    ProfilePtr m_snapshot;
    QString m_problem;
    bool m_running = false;
    std::map<std::size_t, Tried> m_tried;
};

}  // namespace trimtab::gui
