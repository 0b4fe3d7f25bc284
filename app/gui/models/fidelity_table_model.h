// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The nodes of a fidelity profile as a table, in the order of the graph. Adapts an immutable profile.
#include <memory>

#include <QAbstractTableModel>

#include "core/trace/fidelity.h"

namespace trimtab::gui {

class FidelityTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Node, Operator, Treated, Sqnr, Input, Cosine, Largest, Remark, kColumns };
    using Profile = std::shared_ptr<const trace::FidelityProfile>;

    explicit FidelityTableModel(QObject* parent = nullptr);

    void setProfile(Profile profile);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(std::size_t row, int column) const;
    QString remark(std::size_t row) const;
    QVariant sortValue(std::size_t row, int column) const;

    Profile m_profile;
    std::optional<std::size_t> m_departure, m_noise;
};

}  // namespace trimtab::gui
