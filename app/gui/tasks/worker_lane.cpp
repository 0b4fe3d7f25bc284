// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/worker_lane.h"

#include <chrono>

namespace trimtab::gui {

namespace {

constexpr auto kProgressPeriod = std::chrono::milliseconds(40);

/// Lets progress through at most every kProgressPeriod, and always the last.
class ProgressGate {
public:
    bool passes(double share) {
        const auto now = std::chrono::steady_clock::now();
        if (share < 1 && now - m_last < kProgressPeriod) return false;
        m_last = now;
        return true;
    }

private:
    std::chrono::steady_clock::time_point m_last{};
};

}  // namespace

WorkerLane::WorkerLane(ipc::WorkerOptions options, QObject* parent) : QObject(parent), m_options(std::move(options)) {
    connect(&m_lane, &Lane::busyChanged, this, &WorkerLane::busyChanged);
}

int WorkerLane::processId() const { return m_processId; }

void WorkerLane::call(const QString& tag, std::string method, Json params, Answered answered, Progressed progressed) {
    m_lane.post(tag, [this, method = std::move(method), params = std::move(params), answered = std::move(answered),
                      progressed = std::move(progressed)](std::stop_token stop) -> Lane::Continuation {
        ipc::CallProgress progress;
        if (progressed) {
            progress = [this, progressed, gate = std::make_shared<ProgressGate>()](double share, const std::string& what) {
                if (!gate->passes(share)) return;
                m_lane.report([progressed, share, text = QString::fromStdString(what)] { progressed(share, text); });
            };
        }
        auto answer = std::make_shared<Result<Json>>(callWorker(method, params, progress, stop));
        return [answered, answer] { answered(std::move(*answer)); };
    });
}

Result<Json> WorkerLane::callWorker(const std::string& method, Json params, const ipc::CallProgress& progress, std::stop_token stop) {
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "Cancelled.");
    if (!m_client) {
        TRIMTAB_TRY(m_client, ipc::WorkerClient::start(m_options));
        m_processId = m_client->processId();
    }
    Result<Json> answer = m_client->call(method, std::move(params), progress, stop);
    const bool gone = !answer && (answer.error().code == ErrorCode::WorkerDied || answer.error().code == ErrorCode::Cancelled);
    if (gone) {  // a cancelled worker may have been killed; the next call starts a fresh one
        m_client.reset();
        m_processId = 0;
    }
    return answer;
}

}  // namespace trimtab::gui
