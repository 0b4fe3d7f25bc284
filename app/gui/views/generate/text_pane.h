// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One text that a model writes, with the figures of its writing below.
#include <QFrame>

#include "app/gui/tasks/generate_task.h"

class QLabel;
class QPlainTextEdit;

namespace trimtab::gui {

class Theme;

class TextPane : public QFrame {
    Q_OBJECT
public:
    /// The text is named "<name>.text", the figures "<name>.figures".
    TextPane(const Theme& theme, const QString& name, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setWritten(const GenerateTask::Written& written);
    /// Marks what stands behind so many characters; negative: nothing.
    void markFrom(qsizetype character);

private:
    const Theme& m_theme;
    QLabel* m_title = nullptr;
    QPlainTextEdit* m_text = nullptr;
    QLabel* m_figures = nullptr;
    QLabel* m_mark = nullptr;
};

}  // namespace trimtab::gui
