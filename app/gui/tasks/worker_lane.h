// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Calls to one worker process, made on a thread of their own. The process is started by the first call and again after it died.
// Answers and progress come on the owner's thread; an answer that a newer request of the same tag has replaced never comes.
#include <functional>
#include <memory>

#include "app/gui/tasks/lane.h"
#include "core/ipc/client.h"

namespace trimtab::gui {

class WorkerLane : public QObject {
    Q_OBJECT
public:
    using Answered = std::function<void(Result<Json>)>;
    using Progressed = std::function<void(double share, const QString& what)>;

    explicit WorkerLane(ipc::WorkerOptions options, QObject* parent = nullptr);

    void call(const QString& tag, std::string method, Json params, Answered answered, Progressed progressed = {});
    void cancel(const QString& tag) { m_lane.cancel(tag); }
    bool busy() const { return m_lane.busy(); }
    /// Of the running worker; 0 when none runs. Tests end it with this.
    int processId() const;

signals:
    void busyChanged(bool busy);

private:
    Result<Json> callWorker(const std::string& method, Json params, const ipc::CallProgress& progress, std::stop_token stop);

    ipc::WorkerOptions m_options;
    std::unique_ptr<ipc::WorkerClient> m_client;  // used by the lane's thread alone
    std::atomic<int> m_processId = 0;
    Lane m_lane;
};

}  // namespace trimtab::gui
