// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Which engines can run here, asked of a worker of its own that ends with its answer: looking at a GPU leaves something of the driver in a
// process. Asked once, when the first model is opened.
#include <map>
#include <memory>

#include <QObject>
#include <QString>

#include "app/gui/tasks/worker_lane.h"

namespace trimtab::gui {

class DevicesTask : public QObject {
    Q_OBJECT
public:
    explicit DevicesTask(ipc::WorkerOptions options, QObject* parent = nullptr);

    /// No-op after the first call.
    void ask();
    bool busy() const { return m_lane != nullptr; }
    /// Why an engine cannot run here, in one line; empty when it can, and while nothing is known.
    QString problem(const std::string& engine) const;

    /// What `devices` answered (engines: name, available, reason). Tests hand in machines that are not here.
    void take(const Json& answer);

signals:
    void changed();  // answered, or found that nobody answers

private:
    ipc::WorkerOptions m_options;
    std::unique_ptr<WorkerLane> m_lane;
    bool m_asked = false;
    std::map<std::string, QString> m_problems;
};

}  // namespace trimtab::gui
