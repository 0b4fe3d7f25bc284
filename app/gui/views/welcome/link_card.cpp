// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/welcome/link_card.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QVBoxLayout>

#include "app/gui/theme/icons.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

LinkCard::LinkCard(const Theme& theme, const QString& objectName, const QString& icon, const QString& title, const QString& text,
                   QWidget* parent)
    : QFrame(parent) {
    setObjectName(objectName);
    setProperty("card", "click");
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(title);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kWideGap, 12, kWideGap, 12);
    layout->setSpacing(kWideGap);
    auto* picture = new QLabel;
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(makeLabel(title, "heading"));
    words->addWidget(makeLabel(text, "muted"));
    layout->addWidget(picture, 0, Qt::AlignTop);
    layout->addLayout(words, 1);
    const auto paint = [this, picture, icon, &theme] {
        picture->setPixmap(iconPixmap(icon, theme.palette().accent, 32, devicePixelRatioF()));
    };
    connect(&theme, &Theme::changed, this, paint);
    paint();
}

void LinkCard::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && rect().contains(event->position().toPoint())) emit pressed();
}

void LinkCard::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Space) {
        emit pressed();
        return;
    }
    QFrame::keyPressEvent(event);
}

}  // namespace trimtab::gui
