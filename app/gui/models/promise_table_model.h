// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Two trials layer by layer as a table: what each change should have given, what it gave, and why they differ. Adapts an immutable list.
#include <memory>
#include <vector>

#include <QAbstractTableModel>

#include "core/explain/compare.h"

namespace trimtab::gui {

class PromiseTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Layer, Promise, Result, Why, OthersTime, ThisTime, Other, This, kColumns };
    using Differences = std::shared_ptr<const std::vector<explain::LayerDifference>>;

    explicit PromiseTableModel(QObject* parent = nullptr);

    void setDifferences(Differences differences);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    Differences m_differences;
    double m_largestNs = 0;  // for the bars of both times
};

}  // namespace trimtab::gui
