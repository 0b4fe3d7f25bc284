// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/common/column_scroll.h"

#include <QEvent>
#include <QLayout>

namespace trimtab::gui {

ColumnScroll::ColumnScroll(QWidget* column, QWidget* parent) : QScrollArea(parent) {
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWidget(column);
    column->installEventFilter(this);
    fit();
}

void ColumnScroll::fit() {
    const QLayout& layout = *widget()->layout();
    widget()->setMinimumHeight(layout.hasHeightForWidth() ? layout.totalHeightForWidth(viewport()->width()) : 0);
}

void ColumnScroll::resizeEvent(QResizeEvent* event) {
    fit();
    QScrollArea::resizeEvent(event);
}

bool ColumnScroll::eventFilter(QObject* object, QEvent* event) {
    if (object == widget() && event->type() == QEvent::LayoutRequest) fit();
    return QScrollArea::eventFilter(object, event);
}

}  // namespace trimtab::gui
