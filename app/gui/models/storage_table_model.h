// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How each layer of a trial is stored, as a table: its format and bytes, what a pruned one would take in each storage form, and how the
// channels of its input are filled. Adapts an immutable report.
#include <memory>
#include <vector>

#include <QAbstractTableModel>

#include "core/ipc/messages.h"

namespace trimtab::gui {

class StorageTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using Report = std::shared_ptr<const ipc::CompressAnswer>;
    enum Column {
        Layer, Format, Density, Before, After, Sqnr,
        Csr, Coo, Bsr, Bitmap, Packed, Smallest,  // of pruned layers
        Outliers, TimesMedian, Kurtosis,          // of inputs
        kColumns
    };

    explicit StorageTableModel(QObject* parent = nullptr);

    void setReport(Report report);
    /// Whether some layer has a figure there.
    bool says(Column column) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        const ipc::CompressAnswer::Layer* layer = nullptr;
        const ipc::ChannelRow* channels = nullptr;  // of its input; null: not looked at
    };
    QString text(const Row& row, Column column) const;

    Report m_report;
    std::vector<Row> m_rows;  // into the report
};

}  // namespace trimtab::gui
