// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/promise_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/models/promise_table_model.h"
#include "app/gui/models/table_filter.h"
#include "app/gui/models/text.h"
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
    const QString name = result.isBaseline
                             ? PromisePanel::tr("Baseline")
                             : PromisePanel::tr("%1: %2").arg(result.id).arg(QString::fromStdString(result.trial.label));
    return result.execution == trace::Execution::Emulated ? PromisePanel::tr("%1 (emulated)").arg(name) : name;
}

/// Of the settings what makes a run the work that it is.
bool doSameWork(recipe::RunSetting a, recipe::RunSetting b) {
    a.threads = b.threads = 0;
    a.engine = b.engine;
    a.device = b.device;
    return a == b;
}

/// Why there is no speed to tell; empty where there is one.
QString whyNoSpeed(const trial::TrialResult& result) {
    if (result.speed) return {};
    const QString name = nameOf(result);
    return result.execution == trace::Execution::Emulated
               ? PromisePanel::tr("%1 has no speed: its time is not that of its format.").arg(name)
               : PromisePanel::tr("%1 was not timed.").arg(name);
}

QString summaryOf(const trial::TrialResult& there, const trial::TrialResult& here,
                  const std::vector<explain::LayerDifference>& differences) {
    QStringList parts;
    if (const auto promise = explain::promiseOfRun(there, here, differences))
        parts << PromisePanel::tr("By its layers a run should go %1× as fast.").arg(*promise, 0, 'f', 2);
    if (const auto result = explain::resultOfRun(there, here)) parts << PromisePanel::tr("It goes %1.").arg(speedupText(*result));
    if (!doSameWork(there.trial.setting, here.trial.setting)) parts << PromisePanel::tr("Their runs do different work.");
    for (const trial::TrialResult* side : {&there, &here}) {
        if (const QString why = whyNoSpeed(*side); !why.isEmpty()) parts << why;
        if (side->stale) parts << PromisePanel::tr("%1 is stale.").arg(nameOf(*side));
    }
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
        m_shown = {};
        return;
    }
    Shown now{m_results.sessionPath(), snapshot->study.id, chosen->id, chosen->finishedAt, 0, {}};
    const bool isOther = now.session != m_shown.session || now.study != m_shown.study || now.chosen != m_shown.chosen;
    offer(*snapshot, *chosen, isOther ? 0 : m_shown.held);
    if (const trial::TrialResult* against = snapshot->result(m_against->currentData().toLongLong())) {
        now.held = against->id;
        now.heldAt = against->finishedAt;
        if (now != m_shown) compare(*against, *chosen);
    } else {
        m_layers->setDifferences(nullptr);
        m_summary->setText(chosen->isBaseline ? tr("This is the baseline itself.") : tr("Nothing else has run yet."));
    }
    m_shown = now;
}

/// Against what it was held before, else against the baseline.
void PromisePanel::offer(const StudySnapshot& snapshot, const trial::TrialResult& chosen, std::int64_t held) {
    std::vector<std::int64_t> offered;
    for (const trial::TrialResult& result : snapshot.results)
        if (result.id != chosen.id && hasLayers(result)) offered.push_back(result.id);
    const auto place = [&](std::int64_t id) { return m_against->findData(QVariant::fromValue<qlonglong>(id)); };
    if (offered != m_offered || held == 0) {
        m_against->clear();
        for (const std::int64_t id : offered) m_against->addItem(nameOf(*snapshot.result(id)), QVariant::fromValue<qlonglong>(id));
        const trial::TrialResult* baseline = snapshot.baseline();
        m_against->setCurrentIndex(held != 0 && place(held) >= 0 ? place(held) : baseline ? place(baseline->id) : -1);
        m_offered = std::move(offered);
    }
}

void PromisePanel::compare(const trial::TrialResult& there, const trial::TrialResult& here) {
    auto differences = std::make_shared<const std::vector<explain::LayerDifference>>(explain::compareLayers(there, here));
    m_summary->setText(summaryOf(there, here, *differences));
    m_layers->setDifferences(std::move(differences));
    m_table->fitColumns();
}

void PromisePanel::setWords(const QString& filter) { m_rows->setWords(filter); }

}  // namespace trimtab::gui
