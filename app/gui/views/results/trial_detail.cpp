// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/trial_detail.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/models/fidelity_text.h"
#include "app/gui/models/text.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/column_scroll.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/common/stat_tile.h"
#include "app/gui/views/results/time_bars.h"
#include "core/base/units.h"
#include "core/trial/work_of_run.h"

namespace trimtab::gui {

namespace {

QLabel* named(QLabel* label, const char* objectName) {
    label->setObjectName(QLatin1String(objectName));
    return label;
}

}  // namespace

TrialDetail::TrialDetail(const Theme& theme, QWidget* parent) : QFrame(parent), m_theme(theme) {
    setObjectName(QStringLiteral("detail"));
    setProperty("card", true);
    m_stack = new QStackedLayout(this);
    m_empty = new EmptyState(theme, QStringLiteral("results"), QStringLiteral("detail.nothing"));
    m_empty->setText(tr("Click a point"), tr("Its layers, its gain and its price appear here."), {});
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(1, 1, 1, 1);
    layout->setSpacing(0);
    layout->addWidget(new ColumnScroll(makeBody()), 1);
    layout->addWidget(makeButtons());
    m_stack->addWidget(m_empty);
    m_stack->addWidget(page);
}

QWidget* TrialDetail::makeBody() {
    auto* body = new QWidget;
    auto* layout = new QVBoxLayout(body);
    layout->setContentsMargins(kWideGap, kWideGap, kWideGap, kWideGap);
    layout->setSpacing(kGap);
    m_label = named(makeLabel({}, "heading"), "detail.label");
    m_label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_label);
    layout->addWidget(makeBadges());
    m_reason = named(makeLabel({}, "muted"), "detail.reason");
    layout->addWidget(m_reason);
    layout->addLayout(makeTiles());
    layout->addSpacing(kGap);
    layout->addWidget(makeLabel(tr("What was done"), "heading"));
    m_done = named(makeLabel({}, ""), "detail.done");
    layout->addWidget(m_done);
    layout->addSpacing(kGap);
    layout->addWidget(makeTime());
    layout->addSpacing(kGap);
    layout->addWidget(makeFidelity());
    layout->addSpacing(kGap);
    layout->addWidget(makeLabel(tr("Recipe"), "heading"));
    m_json = new QPlainTextEdit;
    m_json->setObjectName(QStringLiteral("detail.json"));
    m_json->setReadOnly(true);
    m_json->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_json->setFixedHeight(152);
    layout->addWidget(m_json);
    m_environment = named(makeLabel({}, "small"), "detail.environment");
    layout->addWidget(m_environment);
    layout->addStretch();
    return body;
}

QWidget* TrialDetail::makeBadges() {
    auto* badges = new QWidget;
    auto* flow = new QHBoxLayout(badges);
    flow->setContentsMargins(0, 0, 0, kHalfGap);
    flow->setSpacing(kHalfGap);
    m_execution = named(makeLabel({}, "badge"), "detail.execution");
    m_front = named(makeLabel({}, "badge"), "detail.front");
    m_basis = named(makeLabel({}, "badge"), "detail.basis");
    m_stale = named(makeLabel(tr("stale"), "badge"), "detail.stale");
    for (QLabel* badge : {m_execution, m_front, m_basis, m_stale}) flow->addWidget(badge);
    flow->addStretch();
    return badges;
}

QGridLayout* TrialDetail::makeTiles() {
    auto* tiles = new QGridLayout;
    tiles->setSpacing(kGap);
    const auto tile = [tiles](const char* objectName, const QString& name, int row, int column) {
        auto* made = new StatTile(name);
        made->setObjectName(QLatin1String(objectName));
        tiles->addWidget(made, row, column);
        return made;
    };
    m_speedup = tile("detail.speedup", tr("Speed-up"), 0, 0);
    m_quality = tile("detail.quality", tr("Quality"), 0, 1);
    m_latency = tile("detail.latency", tr("Latency"), 1, 0);
    m_size = tile("detail.size", tr("Size of the weights"), 1, 1);
    tiles->setColumnStretch(0, 1);
    tiles->setColumnStretch(1, 1);
    return tiles;
}

QWidget* TrialDetail::makeTime() {
    m_timeBox = new QWidget;
    auto* time = new QVBoxLayout(m_timeBox);
    time->setContentsMargins(0, 0, 0, 0);
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(tr("Where its time goes"), "heading"), 1);
    auto* all = makeButton(QStringLiteral("detail.layers"), tr("All layers"), "quiet");
    head->addWidget(all);
    time->addLayout(head);
    m_time = new TimeBars(m_theme);
    time->addWidget(m_time);
    connect(all, &QPushButton::clicked, this, &TrialDetail::layersRequested);
    return m_timeBox;
}

QWidget* TrialDetail::makeFidelity() {
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(makeLabel(tr("Where it departs"), "heading"));
    m_fidelity = named(makeLabel({}, ""), "detail.departure");
    layout->addWidget(m_fidelity);
    m_compare = makeButton(QStringLiteral("detail.fidelity"), tr("Compare node by node"));
    layout->addWidget(m_compare, 0, Qt::AlignLeft);
    connect(m_compare, &QPushButton::clicked, this, &TrialDetail::fidelityRequested);
    return box;
}

QWidget* TrialDetail::makeButtons() {
    auto* row = new QFrame;
    row->setProperty("card", "strip");
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(kGap, kGap, kGap, kGap);
    layout->setSpacing(kGap);
    m_export = makeButton(QStringLiteral("detail.export"), tr("Export model…"), "primary");
    auto* report = makeButton(QStringLiteral("detail.report"), tr("Report…"));
    auto* copy = makeButton(QStringLiteral("detail.copy"), tr("Copy recipe"));
    layout->addWidget(m_export);
    layout->addWidget(report);
    layout->addWidget(copy);
    connect(m_export, &QPushButton::clicked, this, &TrialDetail::exportRequested);
    connect(report, &QPushButton::clicked, this, &TrialDetail::reportRequested);
    connect(copy, &QPushButton::clicked, this, &TrialDetail::copyRequested);
    return row;
}

void TrialDetail::setExportProblem(const QString& reason) {
    m_export->setEnabled(reason.isEmpty());
    m_export->setToolTip(reason.isEmpty() ? tr("Writes the model with this recipe applied, and the recipe beside it.") : reason);
}

void TrialDetail::setFidelity(const trace::FidelityProfile* profile, const QString& problem) {
    m_fidelity->setText(
        !profile ? problem : departureText(*profile) + (mostNoiseText(*profile).isEmpty() ? QString() : '\n' + mostNoiseText(*profile)));
    m_fidelity->setVisible(!m_fidelity->text().isEmpty());
    m_compare->setText(profile ? tr("All nodes") : tr("Compare node by node"));
    m_compare->setEnabled(problem.isEmpty());
    m_compare->setToolTip(tr("Runs this model beside the unchanged one and compares every value along the graph."));
}

void TrialDetail::show(SnapshotPtr snapshot, std::int64_t trial) {
    const trial::TrialResult* result = snapshot ? snapshot->result(trial) : nullptr;
    m_stack->setCurrentIndex(result ? 1 : 0);
    if (!result) return;
    const tune::ParetoRow* row = snapshot->row(trial);
    m_label->setText(QString::fromStdString(result->trial.label));
    showBadges(*result, row);
    showReason(*result, row);
    showFigures(*result);
    QStringList done = recipeSentences(result->trial.recipe, result->trial.setting);
    if (const auto file = trial::fileOf(snapshot->study, result->trial); file && !result->trial.variant.empty())
        done.front() = tr("Another file of the model, as it is: %1").arg(QString::fromStdString(file->path));
    m_done->setText(done.join('\n'));
    m_time->setLayers(result->layers);
    m_timeBox->setVisible(!m_time->isEmpty());
    m_json->setPlainText(QString::fromStdString(base::dumpJson(recipe::toJson(result->trial.recipe), 2)));
    const trial::Environment& where = result->environment;
    QStringList lines;
    for (const std::string& part : {where.engine + " " + where.engineVersion, where.instructionSet, where.device, where.system}) {
        if (part.find_first_not_of(' ') != std::string::npos) lines << QString::fromStdString(part);
    }
    if (where.threads > 0) lines << tr("%1 threads").arg(where.threads);
    if (!result->finishedAt.empty()) lines << QString::fromStdString(result->finishedAt);
    m_environment->setText(lines.join(QStringLiteral(" · ")));
}

void TrialDetail::showBadges(const trial::TrialResult& result, const tune::ParetoRow* row) {
    const bool failed = result.state == trial::State::Failed;
    const bool emulated = result.execution == trace::Execution::Emulated;
    m_execution->setText(executionTitle(result));
    setTone(m_execution, failed ? "bad" : emulated ? "warning" : "good");
    m_front->setVisible((row && row->onFront) || result.isBaseline);
    m_front->setText(result.isBaseline ? tr("Baseline") : tr("On the front"));
    setTone(m_front, "accent");
    const std::string_view basis = trial::name(result.basis);
    m_basis->setText(QString::fromUtf8(basis.data(), static_cast<qsizetype>(basis.size())));
    m_basis->setVisible(!failed);
    m_stale->setVisible(result.stale);
    setTone(m_stale, "warning");
}

/// What a sample or a token draws, and at which clocks the trial and its baseline ran.
QStringList TrialDetail::powerLines(const trial::TrialResult& result) const {
    QStringList lines;
    if (!result.speed || !result.speed->power) return lines;
    const trace::PowerOfTurns& power = *result.speed->power;
    if (const auto joules = trial::joulesOf(*result.speed, result.trial.setting))
        lines << (trial::workOfRun(result.speed->batch, result.trial.setting).isTokens() ? tr("Energy: %1 a token (%2 … %3).")
                                                                                         : tr("Energy: %1 a sample (%2 … %3)."))
                     .arg(QString::fromStdString(base::formatJoules(joules->value)),
                          QString::fromStdString(base::formatJoules(joules->interval.low)),
                          QString::fromStdString(base::formatJoules(joules->interval.high)));
    if (power.clocks) lines << tr("Ran at %1.").arg(QString::fromStdString(trace::clocksInWords(*power.clocks)));
    if (power.clocks && power.baselineClocks && !result.isBaseline)
        lines << tr("Its baseline at %1.").arg(QString::fromStdString(trace::clocksInWords(*power.baselineClocks)));
    return lines;
}

void TrialDetail::showReason(const trial::TrialResult& result, const tune::ParetoRow* row) {
    QStringList lines;
    if (result.state == trial::State::Failed) lines << QString::fromStdString(result.failure);
    if (result.execution == trace::Execution::Emulated) {
        lines << (result.accuracy ? tr("Its quality is real, its speed would not be, so it has none.")
                                  : tr("Its speed would not be real, so it has none."));
        lines << emulationReasons(result);
    }
    if (result.speed && result.speed->throttled) lines << tr("The clock was throttled while this was measured.");
    lines << powerLines(result);
    if (row && !row->onFront && !row->leftOutBecause.empty() && result.state != trial::State::Failed) {
        lines << tr("Not on the front: %1.").arg(QString::fromStdString(row->leftOutBecause));
    }
    m_reason->setText(lines.join('\n'));
    m_reason->setVisible(!lines.isEmpty());
}

void TrialDetail::showFigures(const trial::TrialResult& result) {
    if (result.speed) {
        const trial::Speed& speed = *result.speed;
        m_speedup->setValue(
            QStringLiteral("%1×").arg(speed.speedup.value, 0, 'f', 2),
            result.isBaseline
                ? tr("the baseline itself")
                : QStringLiteral("%1 … %2×").arg(speed.speedup.interval.low, 0, 'f', 2).arg(speed.speedup.interval.high, 0, 'f', 2));
        QString detail = tr("batch %1, %2 timings").arg(speed.batch).arg(speed.n);
        if (speed.p95Ms) detail += tr("\n95 % under %1").arg(millisecondsText(speed.p95Ms->value));
        m_latency->setValue(millisecondsText(speed.medianMs), detail);
    } else {
        m_speedup->setValue({}, tr("not measured"));
        m_latency->setValue({}, tr("not measured"));
    }
    if (result.accuracy) {
        const trial::Accuracy& accuracy = *result.accuracy;
        m_quality->setName(metricTitle(accuracy.metric));
        QString detail = metricIntervalText(accuracy);
        const char* tone = "";
        if (result.accuracyDifference && !result.isBaseline) {
            detail +=
                '\n' +
                metricDifferenceText(accuracy.metric, *result.accuracyDifference).replace(QStringLiteral(" ("), QStringLiteral("\n("));
            const base::Interval& i = result.accuracyDifference->interval;
            const bool worse = accuracy.higherIsBetter ? i.high < 0 : i.low > 0;
            const bool better = accuracy.higherIsBetter ? i.low > 0 : i.high < 0;
            tone = worse ? "bad" : better ? "good" : "";
        }
        m_quality->setValue(metricText(accuracy.metric, accuracy.value), detail, tone);
    } else {
        m_quality->setName(tr("Quality"));
        m_quality->setValue({}, tr("not measured"));
    }
    m_size->setValue(result.sizeBytes > 0 ? bytesText(static_cast<double>(result.sizeBytes)) : QString());
}

}  // namespace trimtab::gui
