// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/export_task.h"

#include "core/base/file.h"

namespace trimtab::gui {

namespace {

const QString kTag = QStringLiteral("export");

}  // namespace

ExportTask::ExportTask(WorkerLane& worker, QObject* parent) : QObject(parent), m_worker(worker) {}

void ExportTask::exportModel(const QString& modelPath, const trial::Trial& trial, const trial::Calibration& calibration,
                             const QString& output) {
    ipc::CompressRequest request;
    request.model.model = modelPath.toStdString();
    request.model.recipe = trial.recipe;
    request.model.setting = trial.setting;
    request.model.calibration = calibration;
    request.output = output.toStdString();
    m_running = true;
    emit runningChanged();
    m_worker.call(kTag, "export", ipc::toJson(request),
                  [this, output, recipe = trial.recipe](Result<Json> answer) { take(output, recipe, answer); });
}

void ExportTask::take(const QString& output, const recipe::Recipe& recipe, const Result<Json>& answer) {
    m_running = false;
    emit runningChanged();
    const Result<ipc::CompressAnswer> written = answer ? ipc::compressAnswerFromJson(*answer) : tl::unexpected<Error>(answer.error());
    if (!written) {
        emit failed(QString::fromStdString(written.error().text()));
        return;
    }
    std::filesystem::path beside(output.toStdString());
    beside.replace_extension(".recipe.json");
    if (const Status status = base::writeFileAtomically(beside, base::dumpJson(recipe::toJson(recipe), 2) + "\n"); !status) {
        emit failed(QString::fromStdString(status.error().text()));
        return;
    }
    emit exported(output, *written);
}

}  // namespace trimtab::gui
