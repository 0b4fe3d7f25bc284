// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The live Pareto chart, the table of configurations, the layers of the chosen one, and its detail.
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSplitter;
class QStackedLayout;
class QTabWidget;

namespace trimtab::gui {

class DataTable;
class EmptyState;
class FidelityPanel;
class LayerTableModel;
class ParetoChart;
class ResultsTask;
class StoragePanel;
class TableFilter;
class TrialDetail;
class TrialTableModel;
class Workspace;

class ResultsPage : public Page {
    Q_OBJECT
public:
    explicit ResultsPage(const PageContext& context, QWidget* parent = nullptr);

    void focusFilter();
    void exportModel();
    void writeReport();

signals:
    void openRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeBody();
    QWidget* makeChartBox();
    QWidget* makeTables();
    void makeActions();
    void connectTasks();
    void refresh();
    void refreshSelection();
    void refreshEmpty();
    void nameTabs();
    void refreshStudies();
    void refreshExport();
    void refreshFidelity();
    void compareNodes();
    /// Why the chosen trial cannot be compared with the unchanged model now; empty when it can.
    QString fidelityProblem() const;
    void selectFromTable();
    void copyRecipe();
    QString suggestedName(const QString& suffix) const;

    PageContext m_context;
    Workspace& m_work;
    ResultsTask& m_results;
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    QComboBox* m_studies = nullptr;
    QComboBox* m_axis = nullptr;
    QPushButton* m_near = nullptr;
    ParetoChart* m_chart = nullptr;
    QTabWidget* m_tabs = nullptr;
    QLineEdit* m_filter = nullptr;
    DataTable* m_table = nullptr;
    DataTable* m_layerTable = nullptr;
    TrialTableModel* m_trials = nullptr;
    TableFilter* m_rows = nullptr;
    LayerTableModel* m_layers = nullptr;
    TableFilter* m_layerRows = nullptr;
    FidelityPanel* m_fidelity = nullptr;
    StoragePanel* m_storage = nullptr;
    TrialDetail* m_detail = nullptr;
    bool m_fitted = false;
};

}  // namespace trimtab::gui
