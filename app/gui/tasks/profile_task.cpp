// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/profile_task.h"

#include <algorithm>

#include "core/base/statistics.h"

namespace trimtab::gui {

namespace {

const QString kTag = QStringLiteral("profile");
const QString kTryTag = QStringLiteral("profile.try");
constexpr double kTrySeconds = 0.7;
constexpr std::size_t kTryBlocks = 5;

}  // namespace

ProfileTask::ProfileTask(ipc::WorkerOptions options, QObject* parent) : QObject(parent), m_worker(std::move(options)) {
    connect(&m_worker, &WorkerLane::busyChanged, this, &ProfileTask::busyChanged);
}

void ProfileTask::profile(const ipc::ProfileRequest& request, const QString& subject, std::int64_t trial) {
    m_running = true;
    m_problem.clear();
    emit changed();
    m_worker.call(kTag, "profile", ipc::toJson(request),
                  [this, request, subject, trial](Result<Json> answer) { take(request, answer, subject, trial); },
                  [this](double share, const QString& what) { emit progressed(share, what); });
}

void ProfileTask::tryAdvice(std::size_t piece) {
    for (auto& [other, tried] : m_tried) tried.running = false;  // a newer request takes the place of one that waits
    m_tried[piece] = {};
    m_tried[piece].running = true;
    emit triedChanged();
    tryOnce(piece);
}

void ProfileTask::tryOnce(std::size_t piece) {
    const explain::Advice& advice = m_snapshot->advice.best[piece];
    ipc::BenchRequest request;
    request.model = m_snapshot->request.model;
    request.inputFiles = m_snapshot->request.inputFiles;
    request.baseline = trial::Trial{request.model.recipe, request.model.setting, {}};
    request.model.recipe = advice.recipe;
    request.model.setting = advice.setting;
    request.seconds = kTrySeconds;
    request.traceLayers = false;
    m_worker.call(kTryTag, "bench", ipc::toJson(request), [this, piece](Result<Json> answer) { takeTried(piece, answer); });
}

ProfileTask::Tried ProfileTask::tried(std::size_t piece) const {
    const auto found = m_tried.find(piece);
    return found == m_tried.end() ? Tried{} : found->second;
}

void ProfileTask::takeTried(std::size_t piece, const Result<Json>& answer) {
    Tried& tried = m_tried[piece];
    if (!tried.running || !m_snapshot) return;
    auto told = answer ? ipc::benchAnswerFromJson(*answer) : Result<ipc::BenchAnswer>(tl::unexpected<Error>(answer.error()));
    if (told && !told->timings.baseline.empty() && !told->timings.trial.empty()) {
        tried.throttled = tried.throttled || told->throttled;
        tried.blocks.push_back(std::move(told->timings));
        if (tried.blocks.size() < kTryBlocks) return tryOnce(piece);
        const double samples = static_cast<double>(told->batch) / static_cast<double>(std::max<std::int64_t>(told->baselineBatch, 1));
        const base::Estimate ratio = base::pairedSpeedup(tried.blocks);
        tried.speedup = {samples * ratio.value, {samples * ratio.interval.low, samples * ratio.interval.high}};
    } else if (!told && told.error().code != ErrorCode::Cancelled) {
        tried.problem = QString::fromStdString(told.error().text());
    }
    tried.running = false;
    emit triedChanged();
}

void ProfileTask::cancel() {
    m_worker.cancel(kTag);
    m_worker.cancel(kTryTag);
}

void ProfileTask::clear() {
    cancel();
    m_running = false;
    m_snapshot.reset();
    m_tried.clear();
    m_problem.clear();
    emit changed();
}

void ProfileTask::show(const ProfilePtr& profile) {
    cancel();
    m_running = false;
    m_snapshot = profile;
    m_tried.clear();
    m_problem.clear();
    emit changed();
}

void ProfileTask::take(const ipc::ProfileRequest& request, const Result<Json>& answer, const QString& subject, std::int64_t trial) {
    if (!m_running) return;  // another file was opened meanwhile
    m_running = false;
    auto told = answer ? ipc::profileAnswerFromJson(*answer) : Result<ipc::ProfileAnswer>(tl::unexpected<Error>(answer.error()));
    if (told && !told->capacity.fits()) {
        m_problem = capacityText(told->capacity, request.model);
    } else if (told) {
        auto snapshot = std::make_shared<ProfileSnapshot>(profileSnapshotOf(request, std::move(*told), subject));
        snapshot->trial = trial;
        m_snapshot = snapshot;
        m_tried.clear();
        emit made(m_snapshot);
    } else if (told.error().code != ErrorCode::Cancelled) {
        m_problem = QString::fromStdString(told.error().text());
    }
    emit changed();
}

}  // namespace trimtab::gui
