// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The chosen trial held against its baseline, or against another trial: what each layer's change should have given, what it gave, and why.
#include <optional>

#include <QWidget>

#include "app/gui/tasks/results_task.h"
#include "app/gui/views/page_context.h"

class QComboBox;
class QLabel;
class QStackedLayout;

namespace trimtab::gui {

class DataTable;
class EmptyState;
class PromiseTableModel;
class TableFilter;

class PromisePanel : public QWidget {
    Q_OBJECT
public:
    explicit PromisePanel(const PageContext& context, QWidget* parent = nullptr);

    void setWords(const QString& filter);

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeResult(const Theme& theme);
    /// Compares only while it is seen: models may have thousands of layers.
    void refresh();
    void offer(const StudySnapshot& snapshot, const trial::TrialResult& chosen);
    void compare(const trial::TrialResult& there, const trial::TrialResult& here);
    /// Why nothing can be held against anything; empty when it can.
    QString impossible(const trial::TrialResult* chosen) const;

    ResultsTask& m_results;
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    QComboBox* m_against = nullptr;
    QLabel* m_summary = nullptr;
    DataTable* m_table = nullptr;
    PromiseTableModel* m_layers = nullptr;
    TableFilter* m_rows = nullptr;
    SnapshotPtr m_shown;
    std::int64_t m_chosen = 0, m_held = 0;  // what is shown
};

}  // namespace trimtab::gui
