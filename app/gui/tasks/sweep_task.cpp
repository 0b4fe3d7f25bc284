// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/sweep_task.h"

#include <mutex>

#include "app/tasks/session_sink.h"
#include "app/tasks/study_identity.h"
#include "app/tasks/worker_trial_runner.h"
#include "core/store/session.h"

namespace trimtab::gui {

namespace {

const QString kSweepTag = QStringLiteral("sweep");
const QString kGridTag = QStringLiteral("grid");

}  // namespace

/// The runner of the sweep that runs now, so that the GUI thread can ask for its worker.
struct SweepTask::Run {
    std::mutex mutex;
    tasks::WorkerTrialRunner* runner = nullptr;
};

SweepTask::SweepTask(ipc::WorkerOptions options, QObject* parent)
    : QObject(parent), m_options(std::move(options)), m_run(std::make_shared<Run>()) {}

SweepTask::~SweepTask() = default;

void SweepTask::setDraft(const trial::Study& study) {
    m_draft = study;
    m_grid.reset();
    m_gridProblem.clear();
    emit draftChanged();
    m_gridLane.post(kGridTag, [this, study](std::stop_token) -> Lane::Continuation {
        auto grid = std::make_shared<Result<tune::Grid>>(tune::expandGrid(study));
        return [this, grid] {
            if (*grid) {
                m_grid = std::make_shared<const tune::Grid>(std::move(**grid));
            } else {
                m_gridProblem = QString::fromStdString(grid->error().text());
            }
            emit gridChanged();
        };
    });
}

void SweepTask::run(const QString& sessionPath) {
    if (m_running) return;
    m_running = true;
    m_sessionPath = sessionPath;
    m_progress = {};
    m_progress.total = m_grid ? static_cast<int>(m_grid->trials.size()) : 0;
    emit runningChanged();
    emit progressed();
    m_sweepLane.post(kSweepTag, [this, study = m_draft, path = sessionPath.toStdString()](std::stop_token stop) {
        return runOnLane(study, path, stop);
    });
}

void SweepTask::cancel() { m_sweepLane.cancel(kSweepTag); }

int SweepTask::workerProcessId() const {
    const std::lock_guard lock(m_run->mutex);
    return m_run->runner ? m_run->runner->workerProcessId() : 0;
}

Lane::Continuation SweepTask::runOnLane(trial::Study study, const std::string& sessionPath, std::stop_token stop) {
    auto outcome = std::make_shared<Result<tune::StudyOutcome>>(sweep(study, sessionPath, stop));
    return [this, outcome] {
        settle();
        if (*outcome) {
            emit ended(**outcome);
        } else {
            emit failed(outcome->error());
        }
    };
}

Result<tune::StudyOutcome> SweepTask::sweep(trial::Study& study, const std::string& sessionPath, std::stop_token stop) {
    {
        TRIMTAB_TRY(const auto worker, ipc::WorkerClient::start(m_options));
        TRIMTAB_TRY([[maybe_unused]] const auto subject, tasks::identify(study, *worker, false, stop));
    }
    TRIMTAB_TRY(const auto session, store::Session::open(sessionPath, store::Mode::ReadWrite));
    TRIMTAB_REQUIRE(session->addStudy(study));
    m_sweepLane.report([this, study] { emit studyStarted(study); });
    tasks::RunnerOptions options;
    options.worker = m_options;
    tasks::WorkerTrialRunner runner(options);
    tasks::SessionSink sink(*session, study.id);
    {
        const std::lock_guard lock(m_run->mutex);
        m_run->runner = &runner;
    }
    Result<tune::StudyOutcome> outcome = tune::runStudy(study, runner, sink, observer(), stop);
    const std::lock_guard lock(m_run->mutex);
    m_run->runner = nullptr;
    return outcome;
}

tune::StudyObserver SweepTask::observer() {
    tune::StudyObserver observer;
    observer.progress = [this](const tune::StudyProgress& progress) {
        m_sweepLane.report([this, progress] {
            m_progress = progress;
            emit progressed();
        });
    };
    observer.finished = [this](const trial::TrialResult& result) {
        auto copy = std::make_shared<const trial::TrialResult>(result);
        m_sweepLane.report([this, copy] { emit resultArrived(copy); });
    };
    observer.baselineScore = [this](const trial::Accuracy& score) {
        m_sweepLane.report([this, score] { emit baselineScored(score); });
    };
    return observer;
}

void SweepTask::settle() {
    m_running = false;
    emit runningChanged();
}

}  // namespace trimtab::gui
