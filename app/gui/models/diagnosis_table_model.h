// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The layers of a profile with what bounds each, in the order in which they run; the time that no layer took is the last row.
#include <QAbstractTableModel>

#include "app/gui/models/profile_snapshot.h"

namespace trimtab::gui {

class DiagnosisTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Layer, Time, Share, BoundBy, Reached, Threads, Operator, Because, kColumns };

    explicit DiagnosisTableModel(QObject* parent = nullptr);

    void setProfile(ProfilePtr profile);
    /// The layer of a row; −1 for the last one.
    int layerOf(int row) const { return row < layers() ? row : -1; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    int layers() const { return m_profile ? static_cast<int>(m_profile->profile().layers.size()) : 0; }
    double nanoseconds(int row) const;
    double share(int row) const;
    QString text(int row, int column) const;
    QString elsewhereText() const;
    QVariant sortValue(int row, int column) const;

    ProfilePtr m_profile;
    double m_largest = 0;  // share
};

}  // namespace trimtab::gui
