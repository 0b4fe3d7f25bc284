// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>

#include "app/gui/theme/metrics.h"

namespace trimtab::gui {

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("messageBar"));
    setProperty("card", "message");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kWideGap, kGap, kGap, kGap);
    m_text = new QLabel;
    m_text->setObjectName(QStringLiteral("messageBar.text"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* close = new QPushButton(tr("Close"));
    close->setObjectName(QStringLiteral("messageBar.close"));
    close->setProperty("kind", "quiet");
    layout->addWidget(m_text, 1);
    layout->addWidget(close, 0, Qt::AlignTop);
    connect(close, &QPushButton::clicked, this, &QWidget::hide);
    hide();
}

void MessageBar::showMessage(Tone tone, const QString& text) {
    setProperty("tone", tone == Tone::Good ? "good" : tone == Tone::Warning ? "warning" : "bad");
    style()->unpolish(this);
    style()->polish(this);
    m_text->setText(text);
    show();
}

QString MessageBar::text() const { return m_text->text(); }

}  // namespace trimtab::gui
