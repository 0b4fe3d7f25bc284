// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The study that is being put together (draft), what its axes come to (grid), and the sweep that runs it on a thread of its own.
// Every finished trial is in the session file before resultArrived() tells of it.
#include <memory>
#include <optional>

#include <QObject>

#include "app/gui/tasks/lane.h"
#include "core/ipc/client.h"
#include "core/trial/study.h"
#include "core/tune/run_study.h"
#include "core/tune/search_space.h"

namespace trimtab::gui {

class SweepTask : public QObject {
    Q_OBJECT
public:
    explicit SweepTask(ipc::WorkerOptions options, QObject* parent = nullptr);
    ~SweepTask() override;

    void setDraft(const trial::Study& study);
    const trial::Study& draft() const { return m_draft; }
    /// Of the draft; null while it is being worked out or when it was refused (gridProblem()).
    std::shared_ptr<const tune::Grid> grid() const { return m_grid; }
    const QString& gridProblem() const { return m_gridProblem; }

    /// Runs the draft into the session file; goes on where an equal study in it was left. No-op while one runs.
    void run(const QString& sessionPath);
    void cancel();

    bool running() const { return m_running; }
    const tune::StudyProgress& progress() const { return m_progress; }
    const QString& sessionPath() const { return m_sessionPath; }
    /// Of the worker that measures now; 0 when none does.
    int workerProcessId() const;

signals:
    void draftChanged();
    void gridChanged();
    void runningChanged();
    void progressed();
    void studyStarted(const trimtab::trial::Study& study);  // with its id and hashes, as it stands in the session
    void baselineScored(const trimtab::trial::Accuracy& score);
    void resultArrived(std::shared_ptr<const trimtab::trial::TrialResult> result);
    void ended(const trimtab::tune::StudyOutcome& outcome);
    void failed(const trimtab::Error& error);  // Cancelled too

private:
    struct Run;
    Lane::Continuation runOnLane(trial::Study study, const std::string& sessionPath, std::stop_token stop);
    Result<tune::StudyOutcome> sweep(trial::Study& study, const std::string& sessionPath, std::stop_token stop);
    tune::StudyObserver observer();
    void settle();

    ipc::WorkerOptions m_options;
    trial::Study m_draft;
    std::shared_ptr<const tune::Grid> m_grid;
    QString m_gridProblem;
    bool m_running = false;
    tune::StudyProgress m_progress;
    QString m_sessionPath;
    std::shared_ptr<Run> m_run;  // shared with the lane's thread
    Lane m_gridLane;
    Lane m_sweepLane;
};

}  // namespace trimtab::gui
