// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/common/data_table.h"

#include <algorithm>

#include <QHeaderView>

#include "app/gui/models/roles.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/cell_delegate.h"

namespace trimtab::gui {

namespace {

constexpr int kRowsMeasured = 100;
constexpr int kNarrowest = 56;
constexpr int kWidest = 320;
constexpr int kBarWidth = 120;
constexpr int kSortArrow = 22;

}  // namespace

DataTable::DataTable(const Theme& theme, const QString& objectName, int markerColumn, QWidget* parent) : QTableView(parent) {
    setObjectName(objectName);
    setItemDelegate(new CellDelegate(theme, markerColumn, this));
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSortingEnabled(true);
    setShowGrid(false);
    setWordWrap(false);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setTabKeyNavigation(false);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(kRowHeight);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(48);
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void DataTable::setStretchColumn(int column) { m_stretchColumn = column; }

void DataTable::fitColumns() {
    if (!model()) return;
    const int rows = std::min(model()->rowCount(), kRowsMeasured);
    for (int column = 0; column < model()->columnCount(); ++column) {
        int width = fontMetrics().horizontalAdvance(model()->headerData(column, Qt::Horizontal).toString()) + kSortArrow;
        for (int row = 0; row < rows; ++row) {
            const QModelIndex cell = model()->index(row, column);
            QStyleOptionViewItem option;
            initViewItemOption(&option);
            width = std::max(width, itemDelegate()->sizeHint(option, cell).width());
            if (cell.data(BarRole).isValid()) width = std::max(width, kBarWidth);
        }
        setColumnWidth(column, std::clamp(width, kNarrowest, kWidest));
        if (column == m_stretchColumn) m_stretchMinimum = std::clamp(width, 120, 200);
    }
    stretch();
}

void DataTable::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    stretch();
}

void DataTable::stretch() {
    if (!model() || model()->columnCount() == 0) return;
    int others = 0;
    for (int column = 0; column < model()->columnCount(); ++column) {
        if (column != m_stretchColumn && !isColumnHidden(column)) others += columnWidth(column);
    }
    setColumnWidth(m_stretchColumn, std::max(m_stretchMinimum, viewport()->width() - others));
}

}  // namespace trimtab::gui
