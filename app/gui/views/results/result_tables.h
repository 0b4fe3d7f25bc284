// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What stands below the chart: the configurations, and of the chosen one its layers, promise against result, fidelity and storage. One
// filter for all of them.
#include <QTabWidget>

#include "app/gui/tasks/results_task.h"
#include "app/gui/views/page_context.h"

class QLineEdit;

namespace trimtab::gui {

class DataTable;
class FidelityPanel;
class LayerTableModel;
class PromisePanel;
class StoragePanel;
class TableFilter;
class TrialTableModel;

class ResultTables : public QTabWidget {
    Q_OBJECT
public:
    explicit ResultTables(const PageContext& context, QWidget* parent = nullptr);

    void focusFilter();
    void showLayers();
    void showFidelity();
    FidelityPanel& fidelity() { return *m_fidelity; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void makeTrials(const Theme& theme);
    void makeLayers(const Theme& theme);
    void makeFilter();
    void refresh();
    void refreshSelection();
    void nameTabs();
    void selectFromTable();

    ResultsTask& m_results;
    QLineEdit* m_filter = nullptr;
    DataTable* m_table = nullptr;
    DataTable* m_layerTable = nullptr;
    TrialTableModel* m_trials = nullptr;
    TableFilter* m_rows = nullptr;
    LayerTableModel* m_layers = nullptr;
    TableFilter* m_layerRows = nullptr;
    PromisePanel* m_promise = nullptr;
    FidelityPanel* m_fidelity = nullptr;
    StoragePanel* m_storage = nullptr;
    bool m_fitted = false;
};

}  // namespace trimtab::gui
