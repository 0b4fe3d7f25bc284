// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The data that quality is measured on, or the choice to go on without; and the unchanged model's own score, to be looked at before any
// sweep.
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QFrame;

namespace trimtab::gui {

class DataTask;

class DataPage : public Page {
    Q_OBJECT
public:
    explicit DataPage(const PageContext& context, QWidget* parent = nullptr);

private:
    QWidget* makeChoices();
    QWidget* makePreview();
    QWidget* makeScore();
    void choose(bool folder);
    void refresh();
    void refreshScore();

    PageContext m_context;
    DataTask& m_data;
    QPushButton* m_next = nullptr;
    QPushButton* m_folder = nullptr;
    QPushButton* m_file = nullptr;
    QPushButton* m_without = nullptr;
    QLabel* m_state = nullptr;
    QFrame* m_previewCard = nullptr;
    QLabel* m_previewTitle = nullptr;
    QLabel* m_previewText = nullptr;
    QFrame* m_scoreCard = nullptr;
    QLabel* m_scoreTitle = nullptr;
    QLabel* m_scoreValue = nullptr;
    QLabel* m_scoreText = nullptr;
    QProgressBar* m_progress = nullptr;
    QPushButton* m_scoreButton = nullptr;
};

}  // namespace trimtab::gui
