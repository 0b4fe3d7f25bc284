// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Layers as a table: of a model as it stands in the file (operations, parameters, bytes), or of a trial as it ran (kernel, bits, density,
// time). Adapts an immutable list of records.
#include <memory>
#include <vector>

#include <QAbstractTableModel>

#include "core/trace/layer_record.h"

namespace trimtab::gui {

class LayerTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using Layers = std::shared_ptr<const std::vector<trace::LayerRecord>>;
    enum class Column { Layer, Operator, Treatment, Kernel, Operations, Parameters, Bytes, Bits, Density, Reformat, Time, Share };

    /// Only these columns, in this order.
    explicit LayerTableModel(std::vector<Column> columns, QObject* parent = nullptr);

    void setLayers(Layers layers);
    /// Whether some layer has a figure other than 0 there; of columns of text always.
    bool says(Column column) const;
    /// Where the column stands; −1: it was not asked for.
    int place(Column column) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const trace::LayerRecord& layer, Column column) const;
    QVariant sortValue(const trace::LayerRecord& layer, Column column) const;
    QString toolTip(const trace::LayerRecord& layer, Column column) const;

    std::vector<Column> m_columns;
    std::vector<double> m_largest;  // of each column, for its bars
    Layers m_layers;
};

}  // namespace trimtab::gui
