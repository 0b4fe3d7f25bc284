// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/sensitivity_task.h"

namespace trimtab::gui {

namespace {

const QString kTag = QStringLiteral("sensitivity");

}  // namespace

SensitivityTask::SensitivityTask(ipc::WorkerOptions options, QObject* parent) : QObject(parent), m_worker(std::move(options)) {
    connect(&m_worker, &WorkerLane::busyChanged, this, &SensitivityTask::busyChanged);
}

ipc::SensitivityRequest SensitivityTask::requestFor(const trial::Study& draft, std::vector<trial::SensitivityOption> options) {
    ipc::SensitivityRequest request;
    request.model.model = draft.modelPath;
    request.model.setting = draft.setting;
    request.model.calibration = trial::calibrationOf(draft);
    request.data = draft.dataPath;
    request.metric = draft.metric;
    request.batch = draft.budget.evaluationBatch;
    request.samples = draft.dataPath.empty() ? draft.budget.fidelitySamples : draft.budget.samples;
    request.options = std::move(options);
    return request;
}

void SensitivityTask::setOptions(const std::vector<trial::SensitivityOption>& options) {
    m_options = options;
    emit optionsChanged();
}

void SensitivityTask::measure(const trial::Study& draft) {
    if (m_running || m_options.empty()) return;
    m_running = true;
    m_problem.clear();
    m_asking = ipc::toJson(requestFor(draft, m_options));
    emit changed();
    m_worker.call(kTag, "sensitivity", m_asking, [this](Result<Json> answer) { take(answer); },
                  [this](double share, const QString& what) { emit progressed(share, what); });
}

void SensitivityTask::cancel() { m_worker.cancel(kTag); }

void SensitivityTask::clear() {
    cancel();
    m_running = false;
    m_table.reset();
    m_problem.clear();
    emit changed();
}

void SensitivityTask::show(const Table& table) {
    if (!table || m_table || m_running) return;
    m_table = table;
    m_asked = nullptr;
    m_problem.clear();
    setOptions(table->options);
    emit changed();
}

void SensitivityTask::take(const Result<Json>& answer) {
    if (!m_running) return;  // another model was opened meanwhile
    m_running = false;
    auto table = answer ? trial::sensitivityTableFromJson(*answer) : Result<trial::SensitivityTable>(tl::unexpected<Error>(answer.error()));
    if (table) {
        m_table = std::make_shared<const trial::SensitivityTable>(std::move(*table));
        m_asked = m_asking;
    } else if (table.error().code != ErrorCode::Cancelled) {
        m_problem = QString::fromStdString(table.error().text());
    }
    emit changed();
}

}  // namespace trimtab::gui
