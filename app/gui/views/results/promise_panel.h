// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The chosen trial held against its baseline, or against another trial: what each layer's change should have given, what it gave, and why.
#include <string>
#include <vector>

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
    /// What the table tells of. Snapshots come with every result of a sweep; it stays as it is while this does.
    struct Shown {
        QString session;
        std::int64_t study = 0, chosen = 0;
        std::string chosenAt;
        std::int64_t held = 0;
        std::string heldAt;
        bool operator==(const Shown&) const = default;
    };
    QWidget* makeResult(const Theme& theme);
    /// Compares only while it is seen: models may have thousands of layers.
    void refresh();
    void offer(const StudySnapshot& snapshot, const trial::TrialResult& chosen, std::int64_t held);
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
    std::vector<std::int64_t> m_offered;  // trials, in the order of the list
    Shown m_shown;
};

}  // namespace trimtab::gui
