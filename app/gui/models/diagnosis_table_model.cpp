// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/diagnosis_table_model.h"

#include <algorithm>

#include "app/gui/models/roles.h"
#include "app/gui/models/text.h"

namespace trimtab::gui {

namespace {

bool isText(int column) {
    return column == DiagnosisTableModel::Layer || column == DiagnosisTableModel::Operator || column == DiagnosisTableModel::BoundBy ||
           column == DiagnosisTableModel::Because;
}

QVariant alignment(int column) { return QVariant::fromValue((isText(column) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter); }

const QString kNone = QStringLiteral("–");

}  // namespace

DiagnosisTableModel::DiagnosisTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void DiagnosisTableModel::setProfile(ProfilePtr profile) {
    beginResetModel();
    m_profile = std::move(profile);
    m_largest = 0;
    for (int row = 0; row < rowCount(); ++row) m_largest = std::max(m_largest, share(row));
    endResetModel();
}

int DiagnosisTableModel::rowCount(const QModelIndex& parent) const { return parent.isValid() || !m_profile ? 0 : layers() + 1; }
int DiagnosisTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : int{kColumns}; }

double DiagnosisTableModel::nanoseconds(int row) const {
    if (row < layers()) return m_profile->profile().layers[static_cast<std::size_t>(row)].medianNs;
    return share(row) * m_profile->profile().runNs;
}

double DiagnosisTableModel::share(int row) const {
    const explain::Diagnosis& diagnosis = m_profile->diagnosis;
    if (row >= layers()) return diagnosis.elsewhere + m_profile->profile().planning + diagnosis.transfers;
    return m_profile->profile().shareOf(m_profile->profile().layers[static_cast<std::size_t>(row)]);
}

QVariant DiagnosisTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || !m_profile) return {};
    switch (role) {
        case Qt::DisplayRole:
        case Qt::ToolTipRole: return text(index.row(), index.column());
        case Qt::TextAlignmentRole: return alignment(index.column());
        case SortRole: return sortValue(index.row(), index.column());
        case BarRole:
            if (index.column() != Share || m_largest <= 0 || share(index.row()) <= 0) return {};
            return share(index.row()) / m_largest;
        default: return {};
    }
}

QString DiagnosisTableModel::elsewhereText() const {
    const trace::Profile& profile = m_profile->profile();
    const auto& device = profile.device;
    if (profile.planning > 0)
        return tr("Planning for new shapes %1; for the rest between the layers: inputs, outputs, scheduling")
            .arg(millisecondsText(profile.planning * profile.runNs / 1e6));
    if (!device) return tr("Between the layers: inputs, outputs, scheduling");
    return tr("Inputs and outputs %1, of no layer that is known %2; for the rest the device waits: launches, the host")
        .arg(millisecondsText(device->transfersNs / 1e6), millisecondsText(device->restNs / 1e6));
}

QString DiagnosisTableModel::text(int row, int column) const {
    const double time = nanoseconds(row);
    if (column == Time) return time >= 0 ? millisecondsText(time / 1e6) : kNone;
    if (column == Share) return time >= 0 ? percentText(share(row)) : kNone;
    if (layerOf(row) < 0) {
        if (column == Layer) return tr("Elsewhere");
        return column == Because ? elsewhereText() : QString();
    }
    const auto at = static_cast<std::size_t>(row);
    const trace::LayerRecord& layer = m_profile->profile().layers[at];
    const explain::LayerDiagnosis& found = m_profile->diagnosis.layers[at];
    const auto atWork = m_profile->profile().threadsAtWork(at);
    switch (column) {
        case Layer: return QString::fromStdString(layer.node);
        case Operator: return QString::fromStdString(layer.op);
        case Threads: return atWork ? QString::number(*atWork, 'f', 1) : kNone;
        case Reached: return found.reached ? percentText(*found.reached, 0) : kNone;
        case BoundBy: return found.evidence.empty() ? kNone : causeTitle(found.cause);
        case Because: return QString::fromStdString(found.evidence);
        default: return {};
    }
}

QVariant DiagnosisTableModel::sortValue(int row, int column) const {
    if (isText(column)) return text(row, column);
    if (column == Threads) return layerOf(row) < 0 ? -1 : m_profile->profile().threadsAtWork(static_cast<std::size_t>(row)).value_or(-1);
    if (column == Reached) return layerOf(row) < 0 ? -1 : m_profile->diagnosis.layers[static_cast<std::size_t>(row)].reached.value_or(-1);
    return nanoseconds(row);
}

QVariant DiagnosisTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) return alignment(section);
    if (role == Qt::ToolTipRole && section == Reached)
        return tr("Of what the layer's bytes or its operations allow at the ceilings that were measured here, whichever take longer");
    if (role == Qt::ToolTipRole && section == Threads)
        return tr("Of the %1 threads that the run has, the mean number at work while the layer ran")
            .arg(m_profile ? m_profile->profile().threads : 0);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Layer: return tr("Layer");
        case Operator: return tr("Operator");
        case Time: return tr("Time");
        case Share: return tr("Share of time");
        case Reached: return tr("Reached");
        case Threads: return tr("Threads");
        case BoundBy: return tr("Bound by");
        case Because: return tr("Because");
        default: return {};
    }
}

}  // namespace trimtab::gui
