// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/layer_table_model.h"

#include <algorithm>

#include "app/gui/models/roles.h"
#include "app/gui/models/text.h"

namespace trimtab::gui {

namespace {

using Column = LayerTableModel::Column;

bool isText(Column column) {
    return column == Column::Layer || column == Column::Operator || column == Column::Treatment || column == Column::Kernel;
}

bool hasBar(Column column) {
    return column == Column::Operations || column == Column::Parameters || column == Column::Bytes || column == Column::Reformat ||
           column == Column::Share;
}

/// The figure of a column; negative: unknown.
double figure(const trace::LayerRecord& layer, Column column) {
    switch (column) {
        case Column::Operations: return layer.operations;
        case Column::Parameters: return static_cast<double>(layer.parameters);
        case Column::Bytes: return static_cast<double>(layer.weightBytes);
        case Column::Bits: return layer.weightBits;
        case Column::Density: return layer.density;
        case Column::Reformat: return static_cast<double>(layer.reformatBytes);
        case Column::Time: return layer.medianNs;
        case Column::Share: return layer.share;
        default: return -1;
    }
}

const QString kNone = QStringLiteral("–");

}  // namespace

LayerTableModel::LayerTableModel(std::vector<Column> columns, QObject* parent)
    : QAbstractTableModel(parent), m_columns(std::move(columns)), m_largest(m_columns.size(), 0) {}

void LayerTableModel::setLayers(Layers layers) {
    beginResetModel();
    m_layers = std::move(layers);
    for (std::size_t c = 0; c < m_columns.size(); ++c) {
        m_largest[c] = 0;
        if (!m_layers) continue;
        for (const auto& layer : *m_layers) m_largest[c] = std::max(m_largest[c], figure(layer, m_columns[c]));
    }
    endResetModel();
}

bool LayerTableModel::says(Column column) const {
    return isText(column) ||
           (m_layers && std::ranges::any_of(*m_layers, [column](const auto& layer) { return figure(layer, column) > 0; }));
}

int LayerTableModel::place(Column column) const {
    const auto found = std::ranges::find(m_columns, column);
    return found == m_columns.end() ? -1 : static_cast<int>(found - m_columns.begin());
}

int LayerTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_layers ? 0 : static_cast<int>(m_layers->size());
}
int LayerTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_columns.size()); }

QVariant LayerTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || !m_layers) return {};
    const trace::LayerRecord& layer = (*m_layers)[static_cast<std::size_t>(index.row())];
    const auto c = static_cast<std::size_t>(index.column());
    const Column column = m_columns[c];
    switch (role) {
        case Qt::DisplayRole: return text(layer, column);
        case Qt::ToolTipRole: return toolTip(layer, column);
        case Qt::TextAlignmentRole: return QVariant::fromValue((isText(column) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        case SortRole: return sortValue(layer, column);
        case BarRole: {
            const double value = figure(layer, column);
            if (!hasBar(column) || m_largest[c] <= 0 || value <= 0) return {};
            return value / m_largest[c];
        }
        default: return {};
    }
}

QString LayerTableModel::text(const trace::LayerRecord& layer, Column column) const {
    const double value = figure(layer, column);
    switch (column) {
        case Column::Layer: return QString::fromStdString(layer.node);
        case Column::Operator: return QString::fromStdString(layer.op);
        case Column::Treatment: return treatmentText(layer);
        case Column::Kernel: return layer.kernel.empty() ? kNone : QString::fromStdString(layer.kernel);
        case Column::Operations: return value > 0 ? countText(value) : kNone;
        case Column::Parameters: return value > 0 ? countText(value) : kNone;
        case Column::Bytes:
        case Column::Reformat: return value > 0 ? bytesText(value) : kNone;
        case Column::Bits: return layer.parameters > 0 ? QString::number(layer.weightBits) : kNone;
        case Column::Density: return layer.parameters > 0 ? percentText(layer.density, 0) : kNone;
        case Column::Time: return value >= 0 ? millisecondsText(value * 1e-6) : kNone;
        case Column::Share: return value >= 0 ? percentText(value) : kNone;
    }
    return {};
}

QVariant LayerTableModel::sortValue(const trace::LayerRecord& layer, Column column) const {
    if (isText(column)) return text(layer, column);
    return figure(layer, column);
}

QString LayerTableModel::toolTip(const trace::LayerRecord& layer, Column column) const {
    if (column == Column::Layer) {
        QStringList origins;
        for (const std::string& origin : layer.origins) origins << QString::fromStdString(origin);
        if (layer.origins.size() <= 1) return QString::fromStdString(layer.node);
        return tr("%1\nmade from: %2").arg(QString::fromStdString(layer.node), origins.join(QStringLiteral(", ")));
    }
    if (column == Column::Kernel && !layer.reason.empty()) return QString::fromStdString(layer.reason);
    return text(layer, column);
}

QVariant LayerTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    const Column column = m_columns[static_cast<std::size_t>(section)];
    if (role == Qt::ToolTipRole && column == Column::Reformat)
        return tr("Bytes read and written to bring a layer's inputs into the order and type that its kernel takes");
    if (role == Qt::TextAlignmentRole) return QVariant::fromValue((isText(column) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (column) {
        case Column::Layer: return tr("Layer");
        case Column::Operator: return tr("Operator");
        case Column::Treatment: return tr("What was done");
        case Column::Kernel: return tr("Kernel");
        case Column::Operations: return tr("Operations");
        case Column::Parameters: return tr("Parameters");
        case Column::Bytes: return tr("Bytes");
        case Column::Bits: return tr("Bits");
        case Column::Density: return tr("Density");
        case Column::Reformat: return tr("Reformat");
        case Column::Time: return tr("Time");
        case Column::Share: return tr("Share of time");
    }
    return {};
}

}  // namespace trimtab::gui
