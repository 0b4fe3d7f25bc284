// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/fidelity_table_model.h"

#include <algorithm>
#include <cmath>

#include "app/gui/models/fidelity_text.h"
#include "app/gui/models/roles.h"

namespace trimtab::gui {

namespace {

constexpr double kFullBar = 60;  // decibels: from there on nothing is to be seen
const QString kNone = QStringLiteral("–");

bool isText(int column) {
    return column == FidelityTableModel::Node || column == FidelityTableModel::Operator || column == FidelityTableModel::Treated ||
           column == FidelityTableModel::Remark;
}

}  // namespace

FidelityTableModel::FidelityTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void FidelityTableModel::setProfile(Profile profile) {
    if (profile == m_profile) return;  // what is chosen in the table stays chosen
    beginResetModel();
    m_profile = std::move(profile);
    m_departure = m_profile ? m_profile->firstDeparture() : std::nullopt;
    m_noise = m_profile ? m_profile->mostNoise() : std::nullopt;
    endResetModel();
}

int FidelityTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_profile ? 0 : static_cast<int>(m_profile->nodes.size());
}
int FidelityTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumns; }

QVariant FidelityTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || !m_profile) return {};
    const auto row = static_cast<std::size_t>(index.row());
    const trace::NodeFidelity& node = m_profile->nodes[row];
    switch (role) {
        case Qt::DisplayRole: return text(row, index.column());
        case Qt::ToolTipRole: return nodeText(node);
        case Qt::TextAlignmentRole:
            return QVariant::fromValue((isText(index.column()) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        case SortRole: return sortValue(row, index.column());
        case BarRole: {
            if (index.column() != Sqnr || !node.skipped.empty() || node.sqnrDb <= 0) return {};
            return std::min(1.0, node.sqnrDb / kFullBar);
        }
        default: return {};
    }
}

QString FidelityTableModel::text(std::size_t row, int column) const {
    const trace::NodeFidelity& node = m_profile->nodes[row];
    const bool compared = node.skipped.empty();
    switch (column) {
        case Node: return QString::fromStdString(node.node);
        case Operator: return QString::fromStdString(node.op);
        case Treated: return node.isTreated ? tr("yes") : QString();
        case Sqnr: return compared ? decibelsText(node.sqnrDb) : kNone;
        case Input: return compared ? decibelsText(node.inputSqnrDb) : kNone;
        case Cosine: return compared ? QString::number(node.cosine, 'f', 5) : kNone;
        case Largest: return !compared ? kNone : std::isfinite(node.maxError) ? QString::number(node.maxError, 'g', 2) : tr("not finite");
        case Remark: return remark(row);
        default: return {};
    }
}

QString FidelityTableModel::remark(std::size_t row) const {
    if (row == m_departure && row == m_noise) return tr("departs here, makes most of the error");
    if (row == m_departure) return tr("departs here");
    if (row == m_noise) return tr("makes most of the error");
    const std::string& skipped = m_profile->nodes[row].skipped;
    return skipped.empty() ? QString() : tr("not compared: %1").arg(QString::fromStdString(skipped));
}

QVariant FidelityTableModel::sortValue(std::size_t row, int column) const {
    const trace::NodeFidelity& node = m_profile->nodes[row];
    if (isText(column)) return text(row, column);
    if (!node.skipped.empty()) return trace::kMostDecibels + 1;  // behind all that were compared, whatever the figure
    switch (column) {
        case Sqnr: return node.sqnrDb;
        case Input: return node.inputSqnrDb;
        case Cosine: return node.cosine;
        default: return node.maxError;
    }
}

QVariant FidelityTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) return QVariant::fromValue((isText(section) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        if (section == Sqnr)
            return tr("Power of the unchanged model's output over the power of the difference from it. 40 dB is a hundredth in amplitude.");
        if (section == Input) return tr("The worst value that the node reads: what was handed to it.");
        return {};
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Node: return tr("Node");
        case Operator: return tr("Operator");
        case Treated: return tr("Treated");
        case Sqnr: return tr("SQNR");
        case Input: return tr("At its inputs");
        case Cosine: return tr("Cosine");
        case Largest: return tr("Largest error");
        case Remark: return tr("Remark");
        default: return {};
    }
}

}  // namespace trimtab::gui
