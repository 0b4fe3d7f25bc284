// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/promise_table_model.h"

#include <algorithm>

#include "app/gui/models/roles.h"
#include "app/gui/models/text.h"

namespace trimtab::gui {

namespace {

using Model = PromiseTableModel;
using explain::LayerDifference;
const QString kNone = QStringLiteral("–");

bool isText(int column) { return column == Model::Layer || column == Model::Other || column == Model::This || column == Model::Why; }
bool hasOther(const LayerDifference& layer) { return !layer.a.node.empty(); }
bool hasThis(const LayerDifference& layer) { return !layer.b.node.empty(); }

/// Negative: not known.
double figure(const LayerDifference& layer, int column) {
    switch (column) {
        case Model::OthersTime: return hasOther(layer) ? layer.a.medianNs : -1;
        case Model::ThisTime: return hasThis(layer) ? layer.b.medianNs : -1;
        case Model::Promise: return hasOther(layer) && hasThis(layer) ? layer.promise : -1;
        default: return layer.result > 0 ? layer.result : -1;
    }
}

QString text(const LayerDifference& layer, int column) {
    switch (column) {
        case Model::Layer: return QString::fromStdString(layer.node);
        case Model::Other: return hasOther(layer) ? treatmentText(layer.a) : kNone;
        case Model::This: return hasThis(layer) ? treatmentText(layer.b) : kNone;
        case Model::Why: return QString::fromStdString(layer.note);
        default: break;
    }
    const double value = figure(layer, column);
    if (value < 0) return kNone;
    const bool isTime = column == Model::OthersTime || column == Model::ThisTime;
    return isTime ? millisecondsText(value * 1e-6) : QStringLiteral("%1×").arg(value, 0, 'f', 2);
}

QString toolTip(const LayerDifference& layer, int column) {
    if (column == Model::Other) return QString::fromStdString(layer.a.kernel);
    if (column == Model::This) return QString::fromStdString(layer.b.kernel);
    return text(layer, column);
}

}  // namespace

PromiseTableModel::PromiseTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void PromiseTableModel::setDifferences(Differences differences) {
    if (differences == m_differences) return;
    beginResetModel();
    m_differences = std::move(differences);
    m_largestNs = 0;
    if (m_differences) {
        for (const LayerDifference& layer : *m_differences) m_largestNs = std::max({m_largestNs, layer.a.medianNs, layer.b.medianNs});
    }
    endResetModel();
}

int PromiseTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_differences ? 0 : static_cast<int>(m_differences->size());
}
int PromiseTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumns; }

QVariant PromiseTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || !m_differences) return {};
    const LayerDifference& layer = (*m_differences)[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    switch (role) {
        case Qt::DisplayRole: return text(layer, column);
        case Qt::ToolTipRole: return toolTip(layer, column);
        case Qt::TextAlignmentRole: return QVariant::fromValue((isText(column) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        case SortRole: return isText(column) ? QVariant(text(layer, column)) : QVariant(figure(layer, column));
        case BarRole: {
            const bool isTime = column == OthersTime || column == ThisTime;
            if (!isTime || m_largestNs <= 0 || figure(layer, column) < 0) return {};
            return figure(layer, column) / m_largestNs;
        }
        default: return {};
    }
}

QVariant PromiseTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) return QVariant::fromValue((isText(section) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        if (section == Promise)
            return tr(
                "How many times as fast the layer should run by what bounds it in the other: its operations, or the bytes that it moves. "
                "1 where it does little more than start.");
        if (section == Result) return tr("The other's time over this one's.");
        return {};
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Layer: return tr("Layer");
        case Other: return tr("Other");
        case This: return tr("This");
        case OthersTime: return tr("Other's time");
        case ThisTime: return tr("This one's time");
        case Promise: return tr("Promise");
        case Result: return tr("Result");
        case Why: return tr("Why");
        default: return {};
    }
}

}  // namespace trimtab::gui
