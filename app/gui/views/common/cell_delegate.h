// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Paints the cells of the tables: a bar behind the figure where the model gives BarRole, a marker before the text where it gives
// MarkerRole.
#include <QStyledItemDelegate>

namespace trimtab::gui {

class Theme;

class CellDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    /// `markerColumn`: the column that shows MarkerRole; −1: none.
    CellDelegate(const Theme& theme, int markerColumn, QObject* parent);
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    void paintMarker(QPainter& painter, const QRect& cell, int marker) const;

    const Theme& m_theme;
    int m_markerColumn;
};

}  // namespace trimtab::gui
