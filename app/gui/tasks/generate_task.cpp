// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/generate_task.h"

#include <algorithm>

namespace trimtab::gui {

namespace {

const std::array<QString, 2> kTags{QStringLiteral("generate.stored"), QStringLiteral("generate.chosen")};

}  // namespace

GenerateTask::GenerateTask(ipc::WorkerOptions options, QObject* parent) : QObject(parent), m_worker(std::move(options)) {
    connect(&m_worker, &WorkerLane::busyChanged, this, &GenerateTask::busyChanged);
}

void GenerateTask::write(const ipc::GenerateRequest& stored, const std::optional<ipc::GenerateRequest>& chosen) {
    m_written = {};
    ask(Stored, stored);
    if (chosen) ask(Chosen, *chosen);
    else m_worker.cancel(kTags[Chosen]);
    emit changed();
}

void GenerateTask::ask(Side side, const ipc::GenerateRequest& request) {
    m_written[side].wanted = m_written[side].running = true;
    m_worker.call(kTags[side], "generate", ipc::toJson(request), [this, side](Result<Json> answer) { take(side, answer); },
                  [this, side](double share, const QString& what) {
                      if (share >= 0 || !m_written[side].running) return;  // reading the model, or a text that nobody waits for
                      m_written[side].text = what;
                      emit changed();
                  });
}

void GenerateTask::take(Side side, const Result<Json>& answer) {
    Written& written = m_written[side];
    if (!written.running) return;
    written.running = false;
    auto told = answer ? ipc::generateAnswerFromJson(*answer) : Result<ipc::GenerateAnswer>(tl::unexpected<Error>(answer.error()));
    if (told) {
        written.text = QString::fromStdString(told->texts.front().text);
        written.answer = std::move(*told);
    } else if (told.error().code != ErrorCode::Cancelled) {
        written.problem = QString::fromStdString(told.error().text());
    }
    emit changed();
}

void GenerateTask::cancel() {
    for (const QString& tag : kTags) m_worker.cancel(tag);
}

void GenerateTask::clear() {
    cancel();
    m_written = {};
    emit changed();
}

std::optional<std::size_t> GenerateTask::firstDifference() const {
    if (!m_written[Stored].answer || !m_written[Chosen].answer) return std::nullopt;
    const auto& stored = m_written[Stored].answer->texts.front().tokens;
    const auto& chosen = m_written[Chosen].answer->texts.front().tokens;
    if (stored == chosen) return std::nullopt;
    return static_cast<std::size_t>(std::ranges::mismatch(stored, chosen).in1 - stored.begin());
}

}  // namespace trimtab::gui
