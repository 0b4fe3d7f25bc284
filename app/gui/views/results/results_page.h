// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The live Pareto chart, the tables below it, and the detail of the chosen configuration.
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSplitter;
class QStackedLayout;

namespace trimtab::gui {

class EmptyState;
class ParetoChart;
class ResultsTask;
class ResultTables;
class TrialDetail;
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

private:
    QWidget* makeBody();
    QWidget* makeChartBox();
    void makeActions();
    void connectTasks();
    void refresh();
    void refreshSelection();
    void refreshEmpty();
    void refreshStudies();
    void refreshExport();
    void refreshFidelity();
    void compareNodes();
    /// Why the chosen trial cannot be compared with the unchanged model now; empty when it can.
    QString fidelityProblem() const;
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
    ResultTables* m_tables = nullptr;
    TrialDetail* m_detail = nullptr;
};

}  // namespace trimtab::gui
