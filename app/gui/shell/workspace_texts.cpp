// SPDX-License-Identifier: GPL-3.0-or-later
// What the window says of its work: marks, and why something cannot begin now.
#include "app/gui/shell/workspace.h"

#include <set>

#include "app/gui/models/recordings.h"

namespace trimtab::gui {

QString Workspace::recording() const { return m_results->recording() ? whereAndWhen(*m_results->recording()) : QString(); }

QString Workspace::mark() const {
    QStringList marks;
    if (const QString where = recording(); !where.isEmpty())
        marks << tr("Recorded on %1 — read-only. Nothing on show was measured on this machine.").arg(where);
    if (const QString why = answersProblem(); !why.isEmpty()) marks << why;
    return marks.join('\n');
}

QString Workspace::answersProblem() const {
    const SnapshotPtr snapshot = m_results->snapshot();
    std::optional<std::uint64_t> seed;
    if (m_model->loaded()) seed = m_model->randomWeights();
    else if (snapshot) seed = snapshot->study.randomWeights;
    return seed ? tr("The weights are random (seed %1): speed and memory are what they would be, answers mean nothing.").arg(*seed)
                : QString();
}

QString Workspace::subjectTitle() const {
    const auto seed = m_model->randomWeights();
    return seed ? tr("With random weights (seed %1)").arg(*seed) : tr("As the model is stored");
}

QString Workspace::runningText() const {
    return m_sweep->isMix() ? tr("The search for the best mix is running.") : tr("A sweep is running.");
}

QString Workspace::studyProblem() const {
    if (m_sweep->running()) return runningText();
    if (const QString where = recording(); !where.isEmpty())
        return tr("This session was recorded on %1 and can only be read. Open a model to run a sweep of your own.").arg(where);
    if (!m_model->loaded()) return tr("Open a model first.");
    if (!m_data->decided()) return tr("Choose data, or go on without, on the Data page.");
    if (const Status drawn = trial::checkRandomWeights(m_draft); !drawn) return QString::fromStdString(drawn.error().text());
    return {};
}

QString Workspace::runProblem() const {
    if (const QString why = studyProblem(); !why.isEmpty()) return why;
    if (m_draft.axes.empty() && m_draft.variants.empty()) return tr("Choose at least one value to vary.");
    if (!m_sweep->gridProblem().isEmpty()) return m_sweep->gridProblem();
    return engineProblem(m_draft.axes);
}

QString Workspace::mixProblem() const {
    if (const QString why = studyProblem(); !why.isEmpty()) return why;
    if (const QString why = answersProblem(); !why.isEmpty()) return why;
    if (m_sensitivity->running() || !m_sensitivity->table()) return tr("Measure first which layer can take what.");
    return engineProblem({});
}

QString Workspace::engineProblem(const std::vector<trial::Axis>& axes) const {
    std::set<std::string> engines{m_draft.setting.engine};
    for (const trial::Axis& axis : axes) {
        if (axis.path != "run.engine") continue;
        for (const Json& value : axis.values) engines.insert(value.is_string() ? value.get<std::string>() : std::string());
    }
    for (const std::string& engine : engines) {
        const QString problem = m_devices->problem(engine);
        if (!problem.isEmpty()) return tr("The engine %1 cannot run here: %2").arg(QString::fromStdString(engine), problem);
    }
    return {};
}

}  // namespace trimtab::gui
