// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/fidelity_panel.h"

#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QProgressBar>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/charts/fidelity_chart.h"
#include "app/gui/models/fidelity_table_model.h"
#include "app/gui/models/fidelity_text.h"
#include "app/gui/models/table_filter.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/data_table.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

enum Card { kEmptyCard, kProgressCard, kResultCard };

QLabel* named(QLabel* label, const char* objectName) {
    label->setObjectName(QLatin1String(objectName));
    return label;
}

}  // namespace

FidelityPanel::FidelityPanel(const Theme& theme, QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("fidelity"));
    m_stack = new QStackedLayout(this);
    m_empty = new EmptyState(theme, QStringLiteral("model"), QStringLiteral("fidelity.compare"));
    connect(m_empty, &EmptyState::pressed, this, &FidelityPanel::compareRequested);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeProgress());
    m_stack->addWidget(makeResult(theme));
}

QWidget* FidelityPanel::makeProgress() {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(kWideGap, kWideGap, kWideGap, kWideGap);
    layout->setSpacing(kGap);
    layout->addWidget(makeLabel(tr("Running both models side by side"), "heading"));
    m_progressText = named(makeLabel({}, "muted"), "fidelity.progressText");
    m_progress = new QProgressBar;
    m_progress->setObjectName(QStringLiteral("fidelity.progress"));
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    auto* cancel = makeButton(QStringLiteral("fidelity.cancel"), tr("Cancel"));
    layout->addWidget(m_progressText);
    layout->addWidget(m_progress);
    layout->addWidget(cancel, 0, Qt::AlignLeft);
    layout->addStretch();
    connect(cancel, &QPushButton::clicked, this, &FidelityPanel::cancelRequested);
    return page;
}

QWidget* FidelityPanel::makeResult(const Theme& theme) {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kHalfGap);
    m_departure = named(makeLabel({}, ""), "fidelity.departure");
    m_noise = named(makeLabel({}, ""), "fidelity.noise");
    m_compared = named(makeLabel({}, "small"), "fidelity.compared");
    auto* foot = new QHBoxLayout;
    foot->addWidget(m_compared, 1);
    auto* again = makeButton(QStringLiteral("fidelity.again"), tr("Compare again"), "quiet");
    foot->addWidget(again);
    m_chart = new FidelityChart(theme);
    m_chart->setObjectName(QStringLiteral("fidelity.chart"));
    m_nodes = new FidelityTableModel(this);
    m_rows = new TableFilter(this);
    m_rows->setSourceModel(m_nodes);
    m_table = new DataTable(theme, QStringLiteral("fidelity.table"));
    m_table->setModel(m_rows);
    m_table->sortByColumn(-1, Qt::AscendingOrder);
    m_table->setMinimumHeight(4 * kRowHeight);
    layout->addWidget(m_departure);
    layout->addWidget(m_noise);
    layout->addWidget(m_chart);
    layout->addWidget(m_table, 1);
    layout->addLayout(foot);
    connect(again, &QPushButton::clicked, this, &FidelityPanel::compareRequested);
    connect(m_chart, &FidelityChart::nodeChosen, this, &FidelityPanel::chooseInTable);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &FidelityPanel::chooseInChart);
    return page;
}

void FidelityPanel::show(const FidelityView& view) {
    using State = FidelityView::State;
    if (view.state != State::Running) showProgress(0, tr("Starting…"));
    switch (view.state) {
        case State::Impossible: m_empty->setText(tr("Nothing to compare"), view.reason, {}); break;
        case State::Failed: m_empty->setText(tr("The comparison failed"), view.reason, tr("Try again")); break;
        case State::Asked:
            m_empty->setText(tr("Where does it depart from the unchanged model?"),
                             tr("Press to run both side by side and compare every value along the graph."), tr("Compare node by node"));
            break;
        case State::Running: break;
        case State::Known: {
            const bool fresh = m_nodes->rowCount() == 0;
            m_nodes->setProfile(view.profile);
            m_chart->setProfile(view.profile);
            if (fresh) m_table->fitColumns();
            m_departure->setText(departureText(*view.profile));
            m_noise->setText(mostNoiseText(*view.profile));
            m_noise->setVisible(!m_noise->text().isEmpty());
            m_compared->setText(comparedText(*view.profile));
            break;
        }
    }
    m_stack->setCurrentIndex(view.state == State::Known ? kResultCard : view.state == State::Running ? kProgressCard : kEmptyCard);
}

void FidelityPanel::showProgress(double share, const QString& what) {
    m_progress->setValue(static_cast<int>(share * 1000));
    m_progressText->setText(what);
}

void FidelityPanel::setWords(const QString& filter) { m_rows->setWords(filter); }

void FidelityPanel::chooseInTable(int node) {
    const QModelIndex row = m_rows->mapFromSource(m_nodes->index(node, 0));
    if (!row.isValid()) return;
    m_table->setCurrentIndex(row);
    m_table->scrollTo(row);
}

void FidelityPanel::chooseInChart() {
    const QModelIndex row = m_rows->mapToSource(m_table->currentIndex());
    m_chart->setCurrent(row.isValid() ? std::optional(static_cast<std::size_t>(row.row())) : std::nullopt);
}

}  // namespace trimtab::gui
