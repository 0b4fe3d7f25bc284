// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/profile_snapshot.h"

#include <cmath>

#include <QCoreApplication>

#include "app/gui/models/text.h"
#include "core/base/units.h"
#include "core/trial/work_of_run.h"

namespace trimtab::gui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Profile", text); }

}  // namespace

ProfileSnapshot profileSnapshotOf(const ipc::ProfileRequest& request, ipc::ProfileAnswer answer, const QString& subject) {
    ProfileSnapshot snapshot;
    snapshot.subject = subject;
    snapshot.request = request;
    snapshot.diagnosis = explain::diagnose(answer.profile, answer.environment.lastLevelCacheBytes);
    snapshot.advice = explain::advise({answer.profile, snapshot.diagnosis, answer.trials, request.model.recipe, request.model.setting,
                                       answer.batch, answer.largerBatch, answer.reordering, answer.removals});
    snapshot.answer = std::move(answer);
    return snapshot;
}

ProfilePtr profileSnapshotOf(store::KeptProfile kept) {
    auto snapshot = std::make_shared<ProfileSnapshot>(
        profileSnapshotOf(kept.request, std::move(kept.answer), QString::fromStdString(kept.heading.subject)));
    snapshot->trial = kept.heading.trial;
    snapshot->recordedAt = QString::fromStdString(kept.heading.recordedAt);
    return snapshot;
}

QString causeTitle(explain::Cause cause) {
    switch (cause) {
        case explain::Cause::Memory: return tr("Memory bandwidth");
        case explain::Cause::Arithmetic: return tr("Arithmetic");
        case explain::Cause::Launch: return tr("Launch");
        case explain::Cause::SmallShapes: return tr("Small shapes");
        case explain::Cause::Reformat: return tr("Reformatting");
        case explain::Cause::Threads: return tr("Few threads");
        case explain::Cause::Communication: return tr("Communication");
        case explain::Cause::Planning: return tr("Planning");
        case explain::Cause::Capacity: return tr("Memory capacity");
        case explain::Cause::Emulated: return tr("Emulated");
        case explain::Cause::Unexplained: return tr("Not explained");
    }
    return {};
}

QString marksText(const ProfileSnapshot& snapshot) {
    const trace::Profile& profile = snapshot.profile();
    QStringList lines;
    if (const auto seed = snapshot.request.model.randomWeights)
        lines << tr("Made with random weights (seed %1): times are what they would be, answers mean nothing.").arg(*seed);
    if (trace::overall(profile.layers) == trace::Execution::Emulated)
        lines << tr("Some layers are emulated: these times are not those of the format asked for.");
    if (profile.throttled) lines << tr("The machine slowed down while this was measured.");
    if (profile.trace.dropped > 0) lines << tr("%1 records of the trace were lost.").arg(profile.trace.dropped);
    if (profile.lostTeamSpans > 0) lines << tr("The lines of threads end early: the trace has the first spans of each.");
    if (!profile.noActivity.empty())
        lines << (profile.attributed > 0 ? tr("Layers are timed one by one; the device's own activity was not recorded: %1.")
                                         : tr("Nothing tells of the layers: %1."))
                     .arg(QString::fromStdString(profile.noActivity));
    if (!profile.noLayerCounters.empty())
        lines << tr("The device counted nothing: %1.").arg(QString::fromStdString(profile.noLayerCounters));
    if (!profile.noCeilings.empty()) lines << tr("No ceilings were measured: %1.").arg(QString::fromStdString(profile.noCeilings));
    return lines.join('\n');
}

EnergyFigure energyFigure(const ProfileSnapshot& profile) {
    const trace::Profile& run = profile.profile();
    const trial::WorkOfRun work = trial::workOfRun(profile.answer.batch, profile.request.model.setting);
    const QString clocks = run.clocks ? QString::fromStdString(trace::clocksInWords(*run.clocks)) : QString();
    if (!run.energy) {
        const QString why = run.noEnergy.empty() ? tr("not measured") : tr("not measured: %1").arg(QString::fromStdString(run.noEnergy));
        return {{}, clocks.isEmpty() ? why : clocks + '\n' + why};
    }
    const double each = run.energy->joulesPerRun.value / static_cast<double>(work.count);
    const QString joules = QString::fromStdString(base::formatJoules(each));
    return {work.isTokens() ? tr("%1 a token").arg(joules) : tr("%1 a sample").arg(joules),
            clocks.isEmpty() ? tr("%1 W, idle power included").arg(run.energy->watts, 0, 'f', 1) : clocks};
}

QString capacityText(const trial::Capacity& capacity, const ipc::ModelRequest& model) {
    QStringList lines{tr("It does not fit into memory: %1.").arg(QString::fromStdString(capacity.problem))};
    const explain::AdviceList advice = explain::adviseToFit(capacity, model.recipe, model.setting);
    for (const explain::Advice& piece : advice.best)
        lines << tr("%1: a run takes %2; %3.")
                     .arg(QString::fromStdString(piece.text), millisecondsText(piece.runNs / 1e6), QString::fromStdString(piece.because));
    for (const std::string& nothing : advice.nothing) lines << QString::fromStdString(nothing) + '.';
    return lines.join('\n');
}

QString overheadText(const base::Estimate& ratio) {
    const auto percent = [](double value) { return signedNumber(100 * (value - 1), 1); };
    const QString value = percent(ratio.value) + QStringLiteral(" %");
    if (!std::isfinite(ratio.interval.high)) return value;
    return tr("%1 (%2 … %3 %)").arg(value, percent(ratio.interval.low), percent(ratio.interval.high));
}

}  // namespace trimtab::gui
