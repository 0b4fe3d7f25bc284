// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/devices_task.h"

namespace trimtab::gui {

DevicesTask::DevicesTask(ipc::WorkerOptions options, QObject* parent) : QObject(parent), m_options(std::move(options)) {}

void DevicesTask::ask() {
    if (m_asked) return;
    m_asked = true;
    m_lane = std::make_unique<WorkerLane>(m_options);
    m_lane->call(QStringLiteral("devices"), "devices", Json::object(), [this](Result<Json> answer) {
        // The lane that delivers this cannot be ended from inside it.
        QMetaObject::invokeMethod(this, [this, answer = std::move(answer)] {
            m_lane.reset();
            take(answer.value_or(Json::object()));
        }, Qt::QueuedConnection);
    });
}

void DevicesTask::take(const Json& answer) {
    m_problems.clear();
    for (const Json& engine : answer.value("engines", Json::array())) {
        if (engine.value("available", false)) continue;
        const QString reason = QString::fromStdString(engine.value("reason", std::string()));
        m_problems[engine.value("name", std::string())] = reason.isEmpty() ? tr("It cannot run here.") : reason;
    }
    emit changed();
}

QString DevicesTask::problem(const std::string& engine) const {
    const auto found = m_problems.find(engine);
    return found == m_problems.end() ? QString() : found->second;
}

}  // namespace trimtab::gui
