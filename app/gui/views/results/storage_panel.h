// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How the chosen trial's layers are stored and how their inputs are filled: asked for by a button, then a table.
#include <QWidget>

#include "app/gui/tasks/storage_task.h"
#include "app/gui/views/page_context.h"

class QLabel;
class QProgressBar;
class QStackedLayout;

namespace trimtab::gui {

class DataTable;
class EmptyState;
class StorageTableModel;
class TableFilter;

class StoragePanel : public QWidget {
    Q_OBJECT
public:
    explicit StoragePanel(const PageContext& context, QWidget* parent = nullptr);

    void setWords(const QString& filter);

private:
    QWidget* makeProgress();
    QWidget* makeResult(const Theme& theme);
    void look();
    void refresh();
    void showReport(const StorageTask::Report& report);
    /// Why the chosen trial cannot be looked at now; empty when it can.
    QString impossible() const;
    const trial::TrialResult* chosen() const;

    Workspace& m_work;
    StorageTask& m_task;
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    QLabel* m_progressText = nullptr;
    QProgressBar* m_progress = nullptr;
    QLabel* m_summary = nullptr;
    QLabel* m_leftAlone = nullptr;
    DataTable* m_table = nullptr;
    StorageTableModel* m_layers = nullptr;
    TableFilter* m_rows = nullptr;
    StorageTask::Report m_shown;
};

}  // namespace trimtab::gui
