// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/fidelity_task.h"

namespace trimtab::gui {

namespace {

const QString kTag = QStringLiteral("fidelity");

}  // namespace

FidelityTask::FidelityTask(ipc::WorkerOptions options, QObject* parent) : QObject(parent), m_worker(std::move(options)) {
    connect(&m_worker, &WorkerLane::busyChanged, this, &FidelityTask::busyChanged);
}

ipc::FidelityRequest FidelityTask::requestFor(const trial::Study& study, const trial::TrialResult& result, const QString& modelPath) {
    ipc::FidelityRequest request;
    request.model.model = modelPath.toStdString();
    request.model.recipe = result.trial.recipe;
    request.model.setting = result.trial.setting;
    request.model.calibration = trial::calibrationOf(study);
    request.data = study.dataPath;
    return request;
}

void FidelityTask::compare(const trial::Study& study, const trial::TrialResult& result, const QString& modelPath) {
    m_running = result.id;
    m_problems.erase(result.id);
    emit changed();
    m_worker.call(kTag, "fidelity", ipc::toJson(requestFor(study, result, modelPath)),
                  [this, trial = result.id](Result<Json> answer) { take(trial, answer); },
                  [this](double share, const QString& what) { emit progressed(share, what); });
}

void FidelityTask::cancel() { m_worker.cancel(kTag); }

void FidelityTask::clear() {
    cancel();
    m_running = 0;
    m_profiles.clear();
    m_problems.clear();
    emit changed();
}

FidelityTask::Profile FidelityTask::profile(std::int64_t trial) const {
    const auto found = m_profiles.find(trial);
    return found == m_profiles.end() ? nullptr : found->second;
}

QString FidelityTask::problem(std::int64_t trial) const {
    const auto found = m_problems.find(trial);
    return found == m_problems.end() ? QString() : found->second;
}

void FidelityTask::take(std::int64_t trial, const Result<Json>& answer) {
    if (m_running != trial) return;  // another file was opened meanwhile
    m_running = 0;
    auto profile = answer ? trace::fidelityProfileFromJson(*answer) : Result<trace::FidelityProfile>(tl::unexpected<Error>(answer.error()));
    if (profile) {
        m_profiles[trial] = std::make_shared<const trace::FidelityProfile>(std::move(*profile));
    } else if (profile.error().code != ErrorCode::Cancelled) {
        m_problems[trial] = QString::fromStdString(profile.error().text());
    }
    emit changed();
}

}  // namespace trimtab::gui
