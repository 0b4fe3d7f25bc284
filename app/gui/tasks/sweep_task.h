// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The study that is being put together (draft), what its axes come to (grid), and what runs on a thread of its own: the sweep over the
// grid, or a search for the best mix. Every finished trial is in the session file before resultArrived() tells of it.
#include <functional>
#include <memory>
#include <optional>

#include <QObject>

#include "app/gui/tasks/lane.h"
#include "core/ipc/client.h"
#include "core/store/session.h"
#include "core/trial/sensitivity.h"
#include "core/trial/study.h"
#include "core/tune/mixed_search.h"
#include "core/tune/run_study.h"
#include "core/tune/search_space.h"

namespace trimtab::gui {

/// The best mix that is looked for.
struct MixRequest {
    trial::Study study;  // without axes
    std::shared_ptr<const trial::SensitivityTable> table;
    Json asked;          // what the table was asked for with; null: not known
    tune::MixGoal goal;
};

/// What came of it. The study is the one in the session.
struct FoundMix {
    std::int64_t study = 0;
    std::shared_ptr<const trial::SensitivityTable> table;
    tune::MixOutcome outcome;
};

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
    /// Looks for the best mix, and keeps the table and every trial in the session file. No-op while something runs.
    void findMix(const MixRequest& wanted, const QString& sessionPath);
    void cancel();

    bool running() const { return m_running; }
    /// Whether what runs, or ran last, is the search for the best mix.
    bool isMix() const { return m_isMix; }
    /// What the last search came to; null before one has ended.
    const std::shared_ptr<const FoundMix>& foundMix() const { return m_found; }
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
    void mixEnded();
    void failed(const trimtab::Error& error);  // Cancelled too

private:
    struct Run;
    using Prepare = std::function<Status(store::Session& session)>;
    using Work = std::function<Status(tune::TrialRunner& runner, tune::TrialSink& sink)>;
    void begin(bool isMix, const QString& sessionPath, int total);
    Lane::Continuation sweepOnLane(trial::Study study, const std::string& sessionPath, std::stop_token stop);
    Lane::Continuation mixOnLane(MixRequest wanted, const std::string& sessionPath, std::stop_token stop);
    /// Enters the study in the session, prepares it, tells that it has begun, and does the work.
    Status inSession(trial::Study& study, const std::string& sessionPath, std::stop_token stop, const Prepare& prepare, const Work& work);
    tune::StudyObserver observer();
    void settle();

    ipc::WorkerOptions m_options;
    trial::Study m_draft;
    std::shared_ptr<const tune::Grid> m_grid;
    QString m_gridProblem;
    bool m_running = false;
    bool m_isMix = false;
    std::shared_ptr<const FoundMix> m_found;
    tune::StudyProgress m_progress;
    QString m_sessionPath;
    std::shared_ptr<Run> m_run;  // shared with the lane's thread
    Lane m_gridLane;
    Lane m_runLane;
};

}  // namespace trimtab::gui
