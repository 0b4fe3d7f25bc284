// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/mark_bar.h"

#include <QHBoxLayout>
#include <QLabel>

#include "app/gui/theme/metrics.h"

namespace trimtab::gui {

MarkBar::MarkBar(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("markBar"));
    setProperty("card", "message");
    setProperty("tone", "warning");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kWideGap, kGap, kWideGap, kGap);
    m_text = new QLabel;
    m_text->setObjectName(QStringLiteral("markBar.text"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_text, 1);
    hide();
}

void MarkBar::setText(const QString& text) {
    m_text->setText(text);
    setVisible(!text.isEmpty());
}

}  // namespace trimtab::gui
