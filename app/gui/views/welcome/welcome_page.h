// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where one begins: drop zone, the models that ship with the product, recent files.
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"

namespace trimtab::gui {

class DropZone;

class WelcomePage : public Page {
    Q_OBJECT
public:
    explicit WelcomePage(const PageContext& context, QWidget* parent = nullptr);
    DropZone& dropZone() { return *m_drop; }

signals:
    void openRequested();

private:
    QWidget* makeSteps();
    QWidget* makeSamples();
    void addRecordings(QVBoxLayout& layout);
    void refreshRecent();

    PageContext m_context;
    DropZone* m_drop = nullptr;
    QVBoxLayout* m_recent = nullptr;
};

}  // namespace trimtab::gui
