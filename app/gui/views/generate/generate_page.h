// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A prompt, and what the model writes behind it: as it is stored, and beside it under the configuration that is chosen on the Results page.
#include "app/gui/tasks/generate_task.h"
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace trimtab::trial {
struct TrialResult;
}

namespace trimtab::gui {

class TextPane;

class GeneratePage : public Page {
    Q_OBJECT
public:
    explicit GeneratePage(const PageContext& context, QWidget* parent = nullptr);

private:
    QWidget* makeForm();
    void makeChat();
    QWidget* makePanes();
    void write();
    void refresh();
    void refreshTexts();
    /// The trial that stands beside the model as stored; null where none is chosen or it failed.
    const trial::TrialResult* beside() const;
    /// The model says how a conversation is put into words.
    bool canChat() const;
    /// Why nothing can be written now; empty when it can.
    QString impossible() const;
    ipc::GenerateRequest request() const;

    PageContext m_context;
    GenerateTask& m_task;
    QPlainTextEdit* m_prompt = nullptr;
    QSpinBox* m_tokens = nullptr;
    QDoubleSpinBox* m_temperature = nullptr;
    QSpinBox* m_seed = nullptr;
    QPushButton* m_chat = nullptr;
    QLineEdit* m_system = nullptr;
    QPushButton* m_write = nullptr;
    QPushButton* m_cancel = nullptr;
    QLabel* m_note = nullptr;
    TextPane* m_stored = nullptr;
    TextPane* m_chosen = nullptr;
    QLabel* m_difference = nullptr;
};

}  // namespace trimtab::gui
