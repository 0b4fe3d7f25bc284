// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/profile_task.h"

namespace trimtab::gui {

namespace {

const QString kTag = QStringLiteral("profile");

}  // namespace

ProfileTask::ProfileTask(ipc::WorkerOptions options, QObject* parent) : QObject(parent), m_worker(std::move(options)) {
    connect(&m_worker, &WorkerLane::busyChanged, this, &ProfileTask::busyChanged);
}

void ProfileTask::profile(const ipc::ProfileRequest& request, const QString& subject) {
    m_running = true;
    m_problem.clear();
    emit changed();
    m_worker.call(kTag, "profile", ipc::toJson(request), [this, subject](Result<Json> answer) { take(answer, subject); },
                  [this](double share, const QString& what) { emit progressed(share, what); });
}

void ProfileTask::cancel() { m_worker.cancel(kTag); }

void ProfileTask::clear() {
    cancel();
    m_running = false;
    m_snapshot.reset();
    m_problem.clear();
    emit changed();
}

void ProfileTask::take(const Result<Json>& answer, const QString& subject) {
    if (!m_running) return;  // another file was opened meanwhile
    m_running = false;
    auto told = answer ? ipc::profileAnswerFromJson(*answer) : Result<ipc::ProfileAnswer>(tl::unexpected<Error>(answer.error()));
    if (told) m_snapshot = profileSnapshotOf(std::move(*told), subject);
    else if (told.error().code != ErrorCode::Cancelled) m_problem = QString::fromStdString(told.error().text());
    emit changed();
}

}  // namespace trimtab::gui
