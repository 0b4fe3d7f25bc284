// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/table_filter.h"

#include <algorithm>

#include "app/gui/models/roles.h"

namespace trimtab::gui {

TableFilter::TableFilter(QObject* parent) : QSortFilterProxyModel(parent) {
    setSortRole(SortRole);
    setSortCaseSensitivity(Qt::CaseInsensitive);
    setDynamicSortFilter(true);
}

void TableFilter::setWords(const QString& text) {
    m_words = text.split(' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

bool TableFilter::filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const {
    if (m_words.isEmpty()) return true;
    QString all;
    for (int column = 0; column < sourceModel()->columnCount(sourceParent); ++column) {
        all += sourceModel()->index(sourceRow, column, sourceParent).data(Qt::DisplayRole).toString() + '\n';
    }
    return std::all_of(m_words.begin(), m_words.end(), [&all](const QString& word) { return all.contains(word, Qt::CaseInsensitive); });
}

}  // namespace trimtab::gui
