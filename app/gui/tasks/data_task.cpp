// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/data_task.h"

#include <QFileInfo>

#include "app/gui/tasks/model_task.h"

namespace trimtab::gui {

namespace {

const QString kInfoTag = QStringLiteral("data.info");
const QString kScoreTag = QStringLiteral("data.score");

}  // namespace

DataTask::DataTask(WorkerLane& worker, ModelTask& model, QObject* parent) : QObject(parent), m_worker(worker), m_model(model) {}

void DataTask::choose(const QString& path) {
    if (m_model.randomWeights()) return goWithout();  // their answers would mean nothing
    forgetScore();
    m_path = QFileInfo(path).absoluteFilePath();
    m_info.reset();
    m_state = State::Loading;
    emit stateChanged();
    Json params{{"data", m_path.toStdString()}};
    if (!m_model.path().isEmpty()) params["model"] = m_model.path().toStdString();
    m_worker.call(kInfoTag, "dataset", std::move(params), [this](Result<Json> answer) { takeInfo(std::move(answer)); });
}

void DataTask::goWithout() {
    forgetScore();
    m_worker.cancel(kInfoTag);
    m_path.clear();
    m_info.reset();
    m_state = State::None;
    emit stateChanged();
}

void DataTask::clear() {
    goWithout();
    m_state = State::Undecided;
    emit stateChanged();
}

void DataTask::takeInfo(Result<Json> answer) {
    if (m_state != State::Loading) return;
    Result<ipc::DatasetInfo> info = answer ? ipc::datasetInfoFromJson(*answer) : tl::unexpected<Error>(answer.error());
    if (!info) {
        m_error = info.error();
        m_state = State::Failed;
    } else {
        m_info = std::move(*info);
        m_state = State::Ready;
    }
    emit stateChanged();
}

void DataTask::scoreReference() {
    if (m_state != State::Ready || m_scoring || !m_model.loaded()) return;
    ipc::EvalRequest request;
    request.model.model = m_model.path().toStdString();
    request.model.setting = m_model.setting();
    request.data = m_path.toStdString();
    m_score.reset();
    m_scoreProblem.clear();
    m_scoring = true;
    m_scoringSince.start();
    emit scoreChanged();
    m_worker.call(kScoreTag, "eval", ipc::toJson(request), [this](Result<Json> answer) { takeScore(std::move(answer)); },
                  [this](double share, const QString& what) { emit scoringProgressed(share, what); });
}

void DataTask::cancelScoring() { m_worker.cancel(kScoreTag); }

void DataTask::takeScore(Result<Json> answer) {
    if (!m_scoring) return;  // other data were chosen meanwhile
    m_scoring = false;
    Result<trial::Accuracy> score = answer ? ipc::accuracyFromJson(*answer) : tl::unexpected<Error>(answer.error());
    if (score) {
        m_score = std::move(*score);
        m_secondsPerSample =
            static_cast<double>(m_scoringSince.elapsed()) * 1e-3 / static_cast<double>(std::max<std::int64_t>(1, m_score->n));
    } else if (score.error().code != ErrorCode::Cancelled) {
        m_scoreProblem = QString::fromStdString(score.error().text());
    }
    emit scoreChanged();
}

void DataTask::forgetScore() {
    m_worker.cancel(kScoreTag);
    m_scoring = false;
    m_score.reset();
    m_secondsPerSample = 0;
    m_scoreProblem.clear();
    emit scoreChanged();
}

}  // namespace trimtab::gui
