// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/storage_task.h"

#include <QTemporaryDir>

namespace trimtab::gui {

namespace {

const QString kTag = QStringLiteral("storage");

}  // namespace

StorageTask::StorageTask(ipc::WorkerOptions options, QObject* parent) : QObject(parent), m_worker(std::move(options)) {
    connect(&m_worker, &WorkerLane::busyChanged, this, &StorageTask::busyChanged);
}

ipc::CompressRequest StorageTask::requestFor(const trial::Study& study, const trial::TrialResult& result, const QString& modelPath,
                                             const QString& output) {
    ipc::CompressRequest request;
    request.model.model = modelPath.toStdString();
    request.model.recipe = result.trial.recipe;
    request.model.setting = result.trial.setting;
    request.model.calibration = trial::calibrationOf(study);
    request.output = output.toStdString();
    request.reportChannels = !request.model.calibration.path.empty() || request.model.recipe.needsCalibration();
    return request;
}

void StorageTask::look(const trial::Study& study, const trial::TrialResult& result, const QString& modelPath) {
    m_running = result.id;
    m_problems.erase(result.id);
    emit changed();
    const auto folder = std::make_shared<QTemporaryDir>();  // goes with the last who knows of it
    const ipc::CompressRequest request = requestFor(study, result, modelPath, folder->filePath(QStringLiteral("model.onnx")));
    m_worker.call(kTag, "compress", ipc::toJson(request),
                  [this, folder, trial = result.id](Result<Json> answer) {
                      folder->remove();
                      take(trial, answer);
                  },
                  [this](double share, const QString& what) { emit progressed(share, what); });
}

void StorageTask::cancel() { m_worker.cancel(kTag); }

void StorageTask::clear() {
    cancel();
    m_running = 0;
    m_reports.clear();
    m_problems.clear();
    emit changed();
}

StorageTask::Report StorageTask::report(std::int64_t trial) const {
    const auto found = m_reports.find(trial);
    return found == m_reports.end() ? nullptr : found->second;
}

QString StorageTask::problem(std::int64_t trial) const {
    const auto found = m_problems.find(trial);
    return found == m_problems.end() ? QString() : found->second;
}

void StorageTask::take(std::int64_t trial, const Result<Json>& answer) {
    if (m_running != trial) return;  // another file was opened meanwhile
    m_running = 0;
    auto report = answer ? ipc::compressAnswerFromJson(*answer) : Result<ipc::CompressAnswer>(tl::unexpected<Error>(answer.error()));
    if (report) {
        m_reports[trial] = std::make_shared<const ipc::CompressAnswer>(std::move(*report));
    } else if (report.error().code != ErrorCode::Cancelled) {
        m_problems[trial] = QString::fromStdString(report.error().text());
    }
    emit changed();
}

}  // namespace trimtab::gui
