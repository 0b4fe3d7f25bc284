// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/common/labels.h"

#include <QStyle>

namespace trimtab::gui {

QLabel* makeLabel(const QString& text, const char* role) {
    auto* label = new QLabel(text);
    label->setTextFormat(Qt::PlainText);
    label->setProperty("role", role);
    const QLatin1String word(role);
    label->setWordWrap(word != QLatin1String("badge") && word != QLatin1String("value") && word != QLatin1String("title"));
    return label;
}

void setTone(QWidget* widget, const char* tone) {
    widget->setProperty("tone", tone);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

QFrame* makeCard() {
    auto* card = new QFrame;
    card->setProperty("card", true);
    return card;
}

QPushButton* makeButton(const QString& objectName, const QString& text, const char* kind) {
    auto* button = new QPushButton(text);
    button->setObjectName(objectName);
    button->setProperty("kind", kind);
    button->setCursor(Qt::PointingHandCursor);
    return button;
}

}  // namespace trimtab::gui
