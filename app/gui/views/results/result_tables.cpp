// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/result_tables.h"

#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLineEdit>

#include "app/gui/models/layer_table_model.h"
#include "app/gui/models/roles.h"
#include "app/gui/models/table_filter.h"
#include "app/gui/models/trial_table_model.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/data_table.h"
#include "app/gui/views/results/fidelity_panel.h"
#include "app/gui/views/results/promise_panel.h"
#include "app/gui/views/results/storage_panel.h"

namespace trimtab::gui {

namespace {

constexpr int kRoomyTabs = 680;  // pixels: from there on the tabs say how many rows they have
constexpr std::size_t kFewTrials = 12;

}  // namespace

ResultTables::ResultTables(const PageContext& context, QWidget* parent) : QTabWidget(parent), m_results(context.workspace.results()) {
    setObjectName(QStringLiteral("results.tabs"));
    setDocumentMode(true);
    setUsesScrollButtons(false);
    setElideMode(Qt::ElideRight);
    makeTrials(context.theme);
    makeLayers(context.theme);
    m_promise = new PromisePanel(context);
    addTab(m_promise, tr("Promise"));
    m_fidelity = new FidelityPanel(context.theme);
    addTab(m_fidelity, tr("Fidelity"));
    m_storage = new StoragePanel(context);
    addTab(m_storage, tr("Storage"));
    makeFilter();
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &ResultTables::selectFromTable);
    connect(&m_results, &ResultsTask::snapshotChanged, this, &ResultTables::refresh);
    connect(&m_results, &ResultsTask::selectionChanged, this, &ResultTables::refreshSelection);
    refresh();
}

void ResultTables::makeTrials(const Theme& theme) {
    m_trials = new TrialTableModel(this);
    m_rows = new TableFilter(this);
    m_rows->setSourceModel(m_trials);
    m_table = new DataTable(theme, QStringLiteral("results.table"), TrialTableModel::Label);
    m_table->setModel(m_rows);
    m_table->sortByColumn(TrialTableModel::Number, Qt::AscendingOrder);
    addTab(m_table, tr("Configurations"));
}

void ResultTables::makeLayers(const Theme& theme) {
    using Column = LayerTableModel::Column;
    m_layers = new LayerTableModel({Column::Layer, Column::Operator, Column::Treatment, Column::Kernel, Column::Bits, Column::Density,
                                    Column::Bytes, Column::Reformat, Column::Time, Column::Share},
                                   this);
    m_layerRows = new TableFilter(this);
    m_layerRows->setSourceModel(m_layers);
    m_layerTable = new DataTable(theme, QStringLiteral("results.layers"));
    m_layerTable->setModel(m_layerRows);
    m_layerTable->sortByColumn(-1, Qt::AscendingOrder);
    addTab(m_layerTable, tr("Layers"));
}

void ResultTables::makeFilter() {
    m_filter = new QLineEdit;
    m_filter->setObjectName(QStringLiteral("results.filter"));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    auto* corner = new QWidget;
    auto* layout = new QHBoxLayout(corner);
    layout->setContentsMargins(0, 0, 1, kHalfGap);
    layout->addWidget(m_filter);
    setCornerWidget(corner, Qt::TopRightCorner);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_rows->setWords(text);
        m_layerRows->setWords(text);
        m_promise->setWords(text);
        m_fidelity->setWords(text);
        m_storage->setWords(text);
    });
}

void ResultTables::focusFilter() { m_filter->setFocus(); }
void ResultTables::showLayers() { setCurrentWidget(m_layerTable); }
void ResultTables::showFidelity() { setCurrentWidget(m_fidelity); }

void ResultTables::refresh() {
    const SnapshotPtr snapshot = m_results.snapshot();
    m_trials->setSnapshot(snapshot);
    if (!snapshot || snapshot->results.empty()) m_fitted = false;
    if (snapshot && !snapshot->results.empty() && (!m_fitted || snapshot->results.size() < kFewTrials)) {
        m_table->fitColumns();
        m_fitted = true;
    }
    refreshSelection();
}

void ResultTables::refreshSelection() {
    const SnapshotPtr snapshot = m_results.snapshot();
    const std::int64_t trial = m_results.selected();
    const trial::TrialResult* result = snapshot ? snapshot->result(trial) : nullptr;
    m_layers->setLayers(result ? std::make_shared<const std::vector<trace::LayerRecord>>(result->layers) : nullptr);
    nameTabs();
    setTabEnabled(indexOf(m_layerTable), result != nullptr);
    m_layerTable->setColumnHidden(m_layers->place(LayerTableModel::Column::Reformat), !m_layers->says(LayerTableModel::Column::Reformat));
    m_layerTable->fitColumns();
    const int row = m_trials->rowOf(trial);
    const QModelIndex shown = row >= 0 ? m_rows->mapFromSource(m_trials->index(row, 0)) : QModelIndex();
    if (shown.isValid() && m_table->currentIndex().row() != shown.row()) {
        m_table->setCurrentIndex(shown);
        m_table->scrollTo(shown);
    } else if (!shown.isValid()) {
        m_table->clearSelection();
    }
}

void ResultTables::nameTabs() {
    const SnapshotPtr snapshot = m_results.snapshot();
    const trial::TrialResult* result = snapshot ? snapshot->result(m_results.selected()) : nullptr;
    const bool roomy = width() >= kRoomyTabs;
    m_filter->setFixedWidth(roomy ? 200 : 80);
    setTabText(indexOf(m_table), roomy && snapshot ? tr("Configurations (%1)").arg(snapshot->results.size()) : tr("Configurations"));
    setTabText(indexOf(m_layerTable), roomy && result ? tr("Layers (%1)").arg(result->layers.size()) : tr("Layers"));
}

void ResultTables::resizeEvent(QResizeEvent* event) {
    QTabWidget::resizeEvent(event);
    nameTabs();
}

void ResultTables::selectFromTable() {
    const QModelIndex current = m_table->currentIndex();
    if (current.isValid()) m_results.select(current.data(TrialIdRole).toLongLong());
}

}  // namespace trimtab::gui
