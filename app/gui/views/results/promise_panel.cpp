// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/promise_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/models/promise_table_model.h"
#include "app/gui/models/table_filter.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/data_table.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

/// It ran, so that its layers are known.
bool hasLayers(const trial::TrialResult& result) { return result.state != trial::State::Failed && !result.layers.empty(); }

QString nameOf(const trial::TrialResult& result) {
    return result.isBaseline ? PromisePanel::tr("Baseline")
                             : PromisePanel::tr("%1: %2").arg(result.id).arg(QString::fromStdString(result.trial.label));
}

QString summaryOf(const trial::TrialResult& there, const trial::TrialResult& here,
                  const std::vector<explain::LayerDifference>& differences) {
    const auto promise = explain::promiseOfRun(there, here, differences);
    const auto result = explain::resultOfRun(there, here);
    QStringList parts;
    if (promise) parts << PromisePanel::tr("By its layers it should run %1× as fast.").arg(*promise, 0, 'f', 2);
    if (result)
        parts << PromisePanel::tr("It runs %1× as fast (95 %: %2 … %3).")
                     .arg(result->value, 0, 'f', 2)
                     .arg(result->interval.low, 0, 'f', 2)
                     .arg(result->interval.high, 0, 'f', 2);
    else if (here.execution == trace::Execution::Emulated)
        parts << PromisePanel::tr("It is emulated here, so it has no speed of its own.");
    return parts.join(' ');
}

}  // namespace

PromisePanel::PromisePanel(const PageContext& context, QWidget* parent) : QWidget(parent), m_results(context.workspace.results()) {
    setObjectName(QStringLiteral("promise"));
    m_stack = new QStackedLayout(this);
    m_empty = new EmptyState(context.theme, QStringLiteral("results"), QStringLiteral("promise.nothing"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeResult(context.theme));
    connect(&m_results, &ResultsTask::selectionChanged, this, &PromisePanel::refresh);
    connect(&m_results, &ResultsTask::snapshotChanged, this, &PromisePanel::refresh);
    connect(m_against, &QComboBox::activated, this, &PromisePanel::refresh);
    refresh();
}

QWidget* PromisePanel::makeResult(const Theme& theme) {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, kHalfGap, 0, 0);
    layout->setSpacing(kHalfGap);
    auto* head = new QHBoxLayout;
    head->setSpacing(kGap);
    head->addWidget(makeLabel(tr("Held against"), "muted"));
    m_against = new QComboBox;
    m_against->setObjectName(QStringLiteral("promise.against"));
    m_against->setMaximumWidth(280);
    m_against->setPlaceholderText(tr("Choose a configuration"));
    head->addWidget(m_against);
    m_summary = makeLabel({}, "");
    m_summary->setObjectName(QStringLiteral("promise.summary"));
    head->addWidget(m_summary, 1);
    m_layers = new PromiseTableModel(this);
    m_rows = new TableFilter(this);
    m_rows->setSourceModel(m_layers);
    m_table = new DataTable(theme, QStringLiteral("promise.table"));
    m_table->setModel(m_rows);
    m_table->sortByColumn(PromiseTableModel::ThisTime, Qt::DescendingOrder);
    layout->addLayout(head);
    layout->addWidget(m_table, 1);
    return page;
}

QString PromisePanel::impossible(const trial::TrialResult* chosen) const {
    if (!chosen) return tr("Click a point or a row first.");
    if (chosen->state == trial::State::Failed) return tr("This configuration failed.");
    return chosen->layers.empty() ? tr("The session does not tell of this configuration's layers.") : QString();
}

void PromisePanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh();
}

void PromisePanel::refresh() {
    if (!isVisible()) return;
    const SnapshotPtr snapshot = m_results.snapshot();
    const trial::TrialResult* chosen = snapshot ? snapshot->result(m_results.selected()) : nullptr;
    const QString why = impossible(chosen);
    m_stack->setCurrentIndex(why.isEmpty() ? 1 : 0);
    if (!why.isEmpty()) {
        m_empty->setText(tr("Nothing to hold against another"), why, {});
        return;
    }
    if (snapshot != m_shown || chosen->id != m_chosen) offer(*snapshot, *chosen);
    m_shown = snapshot;
    m_chosen = chosen->id;
    const trial::TrialResult* against = snapshot->result(m_against->currentData().toLongLong());
    m_held = against ? against->id : 0;
    if (against) {
        compare(*against, *chosen);
    } else {
        m_layers->setDifferences(nullptr);
        m_summary->setText(tr("This is the baseline itself."));
    }
}

/// The baseline where nothing else was held against this trial before.
void PromisePanel::offer(const StudySnapshot& snapshot, const trial::TrialResult& chosen) {
    const trial::TrialResult* baseline = snapshot.baseline();
    const std::int64_t held = chosen.id == m_chosen && m_held != 0 ? m_held : baseline ? baseline->id : 0;
    m_against->clear();
    for (const trial::TrialResult& result : snapshot.results) {
        if (result.id != chosen.id && hasLayers(result)) m_against->addItem(nameOf(result), QVariant::fromValue<qlonglong>(result.id));
    }
    m_against->setCurrentIndex(m_against->findData(QVariant::fromValue<qlonglong>(held)));
}

void PromisePanel::compare(const trial::TrialResult& there, const trial::TrialResult& here) {
    auto differences = std::make_shared<const std::vector<explain::LayerDifference>>(explain::compareLayers(there, here));
    m_summary->setText(summaryOf(there, here, *differences));
    m_layers->setDifferences(std::move(differences));
    m_table->fitColumns();
}

void PromisePanel::setWords(const QString& filter) { m_rows->setWords(filter); }

}  // namespace trimtab::gui
