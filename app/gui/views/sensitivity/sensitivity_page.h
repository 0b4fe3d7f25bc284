// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What each option costs and gains when it is given to one unit of layers alone, as a heat map, and the chosen cell in words.
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
class SensitivityTask;
class Workspace;

class SensitivityPage : public Page {
    Q_OBJECT
public:
    explicit SensitivityPage(const PageContext& context, QWidget* parent = nullptr);

signals:
    void openRequested();

private:
    QWidget* makeProgress();
    QWidget* makeResult();
    void connectTasks();
    void refresh();
    void showCell();
    void press();
    /// Why nothing can be measured now; empty when it can.
    QString problem() const;

    PageContext m_context;
    Workspace& m_work;
    SensitivityTask& m_task;
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    QLabel* m_progressText = nullptr;
    QProgressBar* m_progress = nullptr;
    QComboBox* m_figure = nullptr;
    QPushButton* m_again = nullptr;
    HeatMap* m_map = nullptr;
    QLabel* m_cell = nullptr;
};

}  // namespace trimtab::gui
