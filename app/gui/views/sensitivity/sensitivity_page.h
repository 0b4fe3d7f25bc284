// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What each option costs and gains when it is given to one unit of layers alone: the options to choose, the heat map with the chosen cell
// in words, and the search for the best mix of them.
#include "app/gui/tasks/sensitivity_task.h"
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QStackedLayout;

namespace trimtab::gui {

class EmptyState;
class HeatMap;
class MixCard;
class OptionsEditor;
class Workspace;

class SensitivityPage : public Page {
    Q_OBJECT
public:
    explicit SensitivityPage(const PageContext& context, QWidget* parent = nullptr);

signals:
    void openRequested();

private:
    QWidget* makeOptions();
    QWidget* makeProgress();
    QWidget* makeResult();
    void connectTasks();
    void connectMix();
    void refresh();
    void refreshEmpty();
    void refreshOptions();
    void refreshMix();
    void showTable();
    void showCell();
    void showMix();
    void press();
    /// Which of the cards is on top.
    int card() const;
    /// Why nothing can be measured now; empty when it can.
    QString problem() const;

    PageContext m_context;
    Workspace& m_work;
    SensitivityTask& m_task;
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    OptionsEditor* m_options = nullptr;
    QLabel* m_failure = nullptr;
    QLabel* m_count = nullptr;
    QPushButton* m_measure = nullptr;
    QPushButton* m_back = nullptr;
    bool m_choosing = false;  // options, though there is a table
    QLabel* m_progressText = nullptr;
    QProgressBar* m_progress = nullptr;
    QComboBox* m_figure = nullptr;
    QPushButton* m_choose = nullptr;
    QPushButton* m_again = nullptr;
    HeatMap* m_map = nullptr;
    QLabel* m_cell = nullptr;
    MixCard* m_mix = nullptr;
    SensitivityTask::Table m_shown;
};

}  // namespace trimtab::gui
