// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Sorts a table by SortRole and filters it by words: a row stays when each word stands somewhere in it.
#include <QSortFilterProxyModel>
#include <QStringList>

namespace trimtab::gui {

class TableFilter : public QSortFilterProxyModel {
    Q_OBJECT
public:
    explicit TableFilter(QObject* parent = nullptr);
    void setWords(const QString& text);

protected:
    bool filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const override;

private:
    QStringList m_words;
};

}  // namespace trimtab::gui
