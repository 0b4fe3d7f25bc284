// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/sweep_task.h"

#include <mutex>

#include "app/tasks/session_sink.h"
#include "app/tasks/study_identity.h"
#include "app/tasks/worker_trial_runner.h"

namespace trimtab::gui {

namespace {

const QString kRunTag = QStringLiteral("run");
const QString kGridTag = QStringLiteral("grid");

/// Where the study's table stands already it is left: it may say more of what it was asked for with.
Status keepTable(store::Session& session, const MixRequest& wanted) {
    const std::string key = trial::sensitivityKey(wanted.study.id);
    const Json table = trial::toJson(*wanted.table);
    TRIMTAB_TRY(const Json known, session.document(key));
    if (known.is_object() && known.contains("table") && known["table"] == table) return {};
    return session.setDocument(key, {{"request", wanted.asked}, {"table", table}});
}

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

void SweepTask::begin(bool isMix, const QString& sessionPath, int total) {
    m_running = true;
    m_isMix = isMix;
    m_sessionPath = sessionPath;
    m_progress = {};
    m_progress.total = total;
    if (isMix) m_found.reset();
    emit runningChanged();
    emit progressed();
}

void SweepTask::run(const QString& sessionPath) {
    if (m_running) return;
    begin(false, sessionPath, m_grid ? static_cast<int>(m_grid->trials.size()) : 0);
    m_runLane.post(kRunTag, [this, study = m_draft, path = sessionPath.toStdString()](std::stop_token stop) {
        return sweepOnLane(study, path, stop);
    });
}

void SweepTask::findMix(const MixRequest& wanted, const QString& sessionPath) {
    if (m_running) return;
    begin(true, sessionPath, static_cast<int>(wanted.table->options.size()) + 2);  // the baseline and a mix, at the least
    m_runLane.post(kRunTag,
                   [this, wanted, path = sessionPath.toStdString()](std::stop_token stop) { return mixOnLane(wanted, path, stop); });
}

void SweepTask::cancel() { m_runLane.cancel(kRunTag); }

int SweepTask::workerProcessId() const {
    const std::lock_guard lock(m_run->mutex);
    return m_run->runner ? m_run->runner->workerProcessId() : 0;
}

Lane::Continuation SweepTask::sweepOnLane(trial::Study study, const std::string& sessionPath, std::stop_token stop) {
    auto outcome = std::make_shared<tune::StudyOutcome>();
    const Status done = inSession(study, sessionPath, stop, {}, [&](tune::TrialRunner& runner, tune::TrialSink& sink) -> Status {
        TRIMTAB_TRY(*outcome, tune::runStudy(study, runner, sink, observer(), stop));
        return {};
    });
    return [this, outcome, done] {
        settle();
        if (done) {
            emit ended(*outcome);
        } else {
            emit failed(done.error());
        }
    };
}

Lane::Continuation SweepTask::mixOnLane(MixRequest wanted, const std::string& sessionPath, std::stop_token stop) {
    auto found = std::make_shared<FoundMix>();
    found->table = wanted.table;
    const auto prepare = [&wanted](store::Session& session) { return keepTable(session, wanted); };
    const Status done =
        inSession(wanted.study, sessionPath, stop, prepare, [&](tune::TrialRunner& runner, tune::TrialSink& sink) -> Status {
            TRIMTAB_TRY(found->outcome, tune::searchMix(wanted.study, *wanted.table, wanted.goal, runner, sink, observer(), stop));
            return {};
        });
    found->study = wanted.study.id;
    return [this, found, done] {
        if (done) m_found = found;
        settle();
        if (done) {
            emit mixEnded();
        } else {
            emit failed(done.error());
        }
    };
}

Status SweepTask::inSession(trial::Study& study, const std::string& sessionPath, std::stop_token stop, const Prepare& prepare,
                            const Work& work) {
    {
        TRIMTAB_TRY(const auto worker, ipc::WorkerClient::start(m_options));
        TRIMTAB_TRY([[maybe_unused]] const auto subject, tasks::identify(study, *worker, false, stop));
    }
    TRIMTAB_TRY(const auto session, store::Session::open(sessionPath, store::Mode::ReadWrite));
    TRIMTAB_REQUIRE(session->addStudy(study));
    if (prepare) TRIMTAB_REQUIRE(prepare(*session));
    m_runLane.report([this, study] { emit studyStarted(study); });
    tasks::RunnerOptions options;
    options.worker = m_options;
    tasks::WorkerTrialRunner runner(options);
    tasks::SessionSink sink(*session, study.id);
    {
        const std::lock_guard lock(m_run->mutex);
        m_run->runner = &runner;
    }
    const Status done = work(runner, sink);
    const std::lock_guard lock(m_run->mutex);
    m_run->runner = nullptr;
    return done;
}

tune::StudyObserver SweepTask::observer() {
    tune::StudyObserver observer;
    observer.progress = [this](const tune::StudyProgress& progress) {
        m_runLane.report([this, progress] {
            m_progress = progress;
            emit progressed();
        });
    };
    observer.finished = [this](const trial::TrialResult& result) {
        auto copy = std::make_shared<const trial::TrialResult>(result);
        m_runLane.report([this, copy] { emit resultArrived(copy); });
    };
    observer.baselineScore = [this](const trial::Accuracy& score) {
        m_runLane.report([this, score] { emit baselineScored(score); });
    };
    return observer;
}

void SweepTask::settle() {
    m_running = false;
    emit runningChanged();
}

}  // namespace trimtab::gui
