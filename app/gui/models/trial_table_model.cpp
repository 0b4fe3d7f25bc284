// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/trial_table_model.h"

#include <limits>

#include "app/gui/models/text.h"

namespace trimtab::gui {

namespace {

const QString kNone = QStringLiteral("–");

QString frontText(const tune::ParetoRow* row) {
    if (!row) return kNone;
    return row->onFront ? QStringLiteral("●") : QString();
}

}  // namespace

Marker markerOf(const trial::TrialResult& result) {
    if (result.state == trial::State::Failed) return Marker::Failed;
    if (result.isBaseline) return Marker::Baseline;
    return result.execution == trace::Execution::Emulated ? Marker::Emulated : Marker::Native;
}

TrialTableModel::TrialTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void TrialTableModel::setSnapshot(SnapshotPtr snapshot) {
    const bool grows =
        m_snapshot && snapshot && m_snapshot->study.id == snapshot->study.id && m_snapshot->results.size() < snapshot->results.size();
    if (grows) {
        const auto first = static_cast<int>(m_snapshot->results.size());
        beginInsertRows({}, first, static_cast<int>(snapshot->results.size()) - 1);
        m_snapshot = std::move(snapshot);
        endInsertRows();
        emit dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
        emit headerDataChanged(Qt::Horizontal, Score, Score);
        return;
    }
    beginResetModel();
    m_snapshot = std::move(snapshot);
    endResetModel();
}

int TrialTableModel::rowOf(std::int64_t trialId) const {
    if (!m_snapshot) return -1;
    for (std::size_t i = 0; i < m_snapshot->results.size(); ++i) {
        if (m_snapshot->results[i].id == trialId) return static_cast<int>(i);
    }
    return -1;
}

int TrialTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_snapshot ? 0 : static_cast<int>(m_snapshot->results.size());
}
int TrialTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumns; }

QVariant TrialTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || !m_snapshot) return {};
    const trial::TrialResult& result = m_snapshot->results[static_cast<std::size_t>(index.row())];
    const tune::ParetoRow* row = m_snapshot->row(result.id);
    switch (role) {
        case Qt::DisplayRole: return text(result, row, index.column());
        case Qt::ToolTipRole: return toolTip(result, row, index.column());
        case Qt::TextAlignmentRole:
            if (index.column() == Front) return QVariant::fromValue(Qt::AlignCenter | Qt::AlignVCenter);
            return QVariant::fromValue((index.column() <= Execution ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        case SortRole: return sortValue(result, row, index.column());
        case TrialIdRole: return QVariant::fromValue<qlonglong>(result.id);
        case MarkerRole: return static_cast<int>(markerOf(result));
        default: return {};
    }
}

QString TrialTableModel::text(const trial::TrialResult& r, const tune::ParetoRow* row, int column) const {
    switch (column) {
        case Label: return QString::fromStdString(r.trial.label);
        case Execution: return r.isBaseline ? tr("Baseline") : executionTitle(r);
        case Front: return frontText(row);
        case Score: return r.accuracy ? metricText(r.accuracy->metric, r.accuracy->value) : kNone;
        case Difference:
            if (!r.accuracyDifference || !r.accuracy || r.isBaseline) return kNone;
            return metricIsShare(r.accuracy->metric) ? signedNumber(r.accuracyDifference->value * 100, 2) + tr(" pt")
                                                     : signedNumber(r.accuracyDifference->value, 3);
        case Latency: return r.speed ? millisecondsText(r.speed->medianMs) : kNone;
        case Speedup: return r.speed ? QStringLiteral("%1×").arg(r.speed->speedup.value, 0, 'f', 2) : kNone;
        case Throughput: return r.speed ? axisText(SpeedAxis::Throughput, r.speed->throughput()) : kNone;
        case Size: return r.sizeBytes > 0 ? bytesText(static_cast<double>(r.sizeBytes)) : kNone;
        case Number: return QString::number(r.id);
        default: return {};
    }
}

QVariant TrialTableModel::sortValue(const trial::TrialResult& r, const tune::ParetoRow* row, int column) const {
    constexpr double kLast = std::numeric_limits<double>::infinity();
    switch (column) {
        case Label:
        case Execution: return text(r, row, column);
        case Front: return row && row->onFront ? 0 : 1;
        case Score: return r.accuracy ? r.accuracy->value : -kLast;
        case Difference: return r.accuracyDifference ? r.accuracyDifference->value : -kLast;
        case Latency: return r.speed ? r.speed->medianMs : kLast;
        case Speedup: return r.speed ? r.speed->speedup.value : -kLast;
        case Throughput: return r.speed ? r.speed->throughput() : -kLast;
        case Size: return static_cast<double>(r.sizeBytes);
        case Number: return static_cast<double>(r.id);
        default: return {};
    }
}

QString TrialTableModel::toolTip(const trial::TrialResult& r, const tune::ParetoRow* row, int column) const {
    if (column == Execution && r.state == trial::State::Failed) return QString::fromStdString(r.failure);
    if (column == Execution && !emulationReasons(r).isEmpty()) return emulationReasons(r).join('\n');
    if (column == Front && row) return row->onFront ? tr("On the front") : QString::fromStdString(row->leftOutBecause);
    if (column == Speedup && r.speed) return speedupText(r.speed->speedup);
    if (column == Score && r.accuracy) return metricIntervalText(*r.accuracy);
    if (column == Difference && r.accuracy && r.accuracyDifference) return metricDifferenceText(r.accuracy->metric, *r.accuracyDifference);
    return text(r, row, column);
}

std::string TrialTableModel::metric() const {
    if (!m_snapshot) return {};
    for (const auto& result : m_snapshot->results) {
        if (result.accuracy) return result.accuracy->metric;
    }
    return m_snapshot->study.metric;
}

QVariant TrialTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) {
        if (section == Front) return QVariant::fromValue(Qt::AlignCenter | Qt::AlignVCenter);
        return QVariant::fromValue((section <= Execution ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Label: return tr("Configuration");
        case Execution: return tr("Execution");
        case Front: return tr("Front");
        case Score: return metricTitle(metric());
        case Difference: return tr("Difference");
        case Latency: return tr("Latency");
        case Speedup: return tr("Speed-up");
        case Throughput: return tr("Throughput");
        case Size: return tr("Size");
        case Number: return tr("No.");
        default: return {};
    }
}

}  // namespace trimtab::gui
