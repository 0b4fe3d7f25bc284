// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A language model goes on from a prompt, as it is stored and under one recipe, one after the other in a worker of its own. Text comes as
// it grows; what was written is kept until another file is opened.
#include <array>
#include <optional>

#include <QObject>

#include "app/gui/tasks/worker_lane.h"
#include "core/ipc/generate_request.h"

namespace trimtab::gui {

class GenerateTask : public QObject {
    Q_OBJECT
public:
    enum Side : std::size_t { Stored, Chosen };
    struct Written {
        bool wanted = false;
        bool running = false;
        QString text;  // so far
        std::optional<ipc::GenerateAnswer> answer;
        QString problem;
    };

    explicit GenerateTask(ipc::WorkerOptions options, QObject* parent = nullptr);

    /// Both requests of one prompt; takes the place of what is being written.
    void write(const ipc::GenerateRequest& stored, const std::optional<ipc::GenerateRequest>& chosen);
    void cancel();
    void clear();

    const Written& written(Side side) const { return m_written[side]; }
    bool running() const { return m_written[Stored].running || m_written[Chosen].running; }
    bool busy() const { return m_worker.busy(); }
    /// The first new token, counted from 0, in which both answers differ; nothing where they agree or one is missing.
    std::optional<std::size_t> firstDifference() const;

signals:
    void changed();
    void busyChanged();

private:
    void ask(Side side, const ipc::GenerateRequest& request);
    void take(Side side, const Result<Json>& answer);

    WorkerLane m_worker;
    std::array<Written, 2> m_written;
};

}  // namespace trimtab::gui
