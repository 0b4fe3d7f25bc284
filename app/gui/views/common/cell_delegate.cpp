// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/common/cell_delegate.h"

#include <QPainter>

#include "app/gui/models/roles.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {

namespace {

constexpr int kPadding = 8;
constexpr int kMarkerSpace = 16;

}  // namespace

CellDelegate::CellDelegate(const Theme& theme, int markerColumn, QObject* parent)
    : QStyledItemDelegate(parent), m_theme(theme), m_markerColumn(markerColumn) {}

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const Palette& palette = m_theme.palette();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    if (selected) painter->fillRect(option.rect, palette.accentSoft);
    QRect inner = option.rect.adjusted(kPadding, 0, -kPadding, 0);
    const QVariant bar = index.data(BarRole);
    if (bar.isValid()) {
        const double share = std::clamp(bar.toDouble(), 0.0, 1.0);
        QColor colour = palette.accent;
        colour.setAlphaF(palette.dark ? 0.32f : 0.20f);
        painter->setPen(Qt::NoPen);
        painter->setBrush(colour);
        painter->drawRoundedRect(QRectF(inner.left(), inner.top() + 5, std::max(2.0, share * inner.width()), inner.height() - 10), 3, 3);
    }
    if (index.column() == m_markerColumn) {
        paintMarker(*painter, inner, index.data(MarkerRole).toInt());
        inner.adjust(kMarkerSpace, 0, 0, 0);
    }
    const auto alignment = static_cast<Qt::Alignment>(index.data(Qt::TextAlignmentRole).toInt());
    if (alignment.testFlag(Qt::AlignRight)) inner.adjust(0, 0, -kHalfGap, 0);  // keeps figures off the end of a full bar
    const Qt::TextElideMode elide = alignment.testFlag(Qt::AlignRight) ? Qt::ElideLeft : Qt::ElideRight;
    painter->setFont(option.font);
    const bool mark = index.data(Qt::DisplayRole).toString() == QStringLiteral("●");
    painter->setPen(mark ? palette.chartFront : palette.text);
    painter->drawText(inner, static_cast<int>(alignment),
                      option.fontMetrics.elidedText(index.data(Qt::DisplayRole).toString(), elide, inner.width()));
    painter->restore();
}

void CellDelegate::paintMarker(QPainter& painter, const QRect& cell, int marker) const {
    const Palette& palette = m_theme.palette();
    const QPointF at(cell.left() + 5, cell.center().y() + 0.5);
    switch (static_cast<Marker>(marker)) {
        case Marker::Baseline:
            painter.setPen(Qt::NoPen);
            painter.setBrush(palette.chartBaseline);
            painter.drawPolygon(QPolygonF({at + QPointF(0, -5), at + QPointF(5, 0), at + QPointF(0, 5), at + QPointF(-5, 0)}));
            return;
        case Marker::Native:
            painter.setPen(Qt::NoPen);
            painter.setBrush(palette.chartNative);
            break;
        case Marker::Emulated:
            painter.setPen(QPen(palette.chartEmulated, 1.6));
            painter.setBrush(Qt::NoBrush);
            break;
        case Marker::Failed:
            painter.setPen(QPen(palette.bad, 1.8));
            painter.drawLine(at + QPointF(-3.5, -3.5), at + QPointF(3.5, 3.5));
            painter.drawLine(at + QPointF(3.5, -3.5), at + QPointF(-3.5, 3.5));
            return;
    }
    painter.drawEllipse(at, 4, 4);
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const int text = option.fontMetrics.horizontalAdvance(index.data(Qt::DisplayRole).toString());
    const int marker = index.column() == m_markerColumn ? kMarkerSpace : 0;
    return {text + 2 * kPadding + marker + (index.data(BarRole).isValid() ? 24 : 12), kRowHeight};
}

}  // namespace trimtab::gui
