// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The data that the second axis is measured on, or none; and the unchanged model's own score on it, before any sweep.
#include <optional>

#include <QElapsedTimer>
#include <QObject>

#include "app/gui/tasks/worker_lane.h"
#include "core/ipc/messages.h"

namespace trimtab::gui {

class ModelTask;

class DataTask : public QObject {
    Q_OBJECT
public:
    enum class State { Undecided, None, Loading, Ready, Failed };

    DataTask(WorkerLane& worker, ModelTask& model, QObject* parent = nullptr);

    /// Nothing is chosen for a model of random weights.
    void choose(const QString& path);
    /// Goes on without data: the second axis is fidelity to the unchanged model.
    void goWithout();
    void clear();
    void scoreReference();
    void cancelScoring();

    State state() const { return m_state; }
    bool decided() const { return m_state == State::None || m_state == State::Ready; }
    const QString& path() const { return m_path; }
    const Error& error() const { return m_error; }
    /// REQUIRES: state() is Ready.
    const ipc::DatasetInfo& info() const { return *m_info; }
    const std::optional<trial::Accuracy>& referenceScore() const { return m_score; }
    const QString& scoreProblem() const { return m_scoreProblem; }
    bool scoring() const { return m_scoring; }
    /// What scoring took, start included; 0 before the model was scored.
    double secondsPerSample() const { return m_secondsPerSample; }

signals:
    void stateChanged();
    void scoreChanged();    // begun, known, failed or forgotten
    void scoringProgressed(double share, const QString& what);

private:
    void takeInfo(Result<Json> answer);
    void takeScore(Result<Json> answer);
    void forgetScore();

    WorkerLane& m_worker;
    ModelTask& m_model;
    State m_state = State::Undecided;
    QString m_path;
    Error m_error;
    std::optional<ipc::DatasetInfo> m_info;
    std::optional<trial::Accuracy> m_score;
    QString m_scoreProblem;
    bool m_scoring = false;
    QElapsedTimer m_scoringSince;
    double m_secondsPerSample = 0;
};

}  // namespace trimtab::gui
