// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The trials of a study as a table. Adapts an immutable snapshot.
#include <QAbstractTableModel>

#include "app/gui/models/roles.h"
#include "app/gui/models/study_snapshot.h"

namespace trimtab::gui {

Marker markerOf(const trial::TrialResult& result);

class TrialTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Label, Execution, Front, Score, Difference, Latency, Speedup, Size, Throughput, Number, kColumns };

    explicit TrialTableModel(QObject* parent = nullptr);

    void setSnapshot(SnapshotPtr snapshot);
    int rowOf(std::int64_t trialId) const;  // −1 when it is not there

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const trial::TrialResult& result, const tune::ParetoRow* row, int column) const;
    QVariant sortValue(const trial::TrialResult& result, const tune::ParetoRow* row, int column) const;
    QString toolTip(const trial::TrialResult& result, const tune::ParetoRow* row, int column) const;
    std::string metric() const;

    SnapshotPtr m_snapshot;
};

}  // namespace trimtab::gui
