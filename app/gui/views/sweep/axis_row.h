// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One axis of the sweep: what it is, the values it proposes as chips to switch on, and a field for values of one's own.
#include <optional>

#include <QFrame>

#include "app/gui/models/axis_catalog.h"

class QLineEdit;
class QPushButton;

namespace trimtab::gui {

class FlowBox;

/// Chips are named "axis.<path>.<value>", the field "axis.<path>.custom".
class AxisRow : public QFrame {
    Q_OBJECT
public:
    explicit AxisRow(const AxisOffer& offer, QWidget* parent = nullptr);

    const QString& path() const { return m_offer.path; }
    /// Values in the order of the chips, own values last; nullopt when none is on.
    std::optional<trial::Axis> axis() const;
    /// Switches on exactly these; values without a chip get one. Nothing is emitted.
    void setAxis(const std::optional<trial::Axis>& axis);

signals:
    void changed();

private:
    QPushButton* addChip(const QString& value, const QString& label);
    void addCustom();

    AxisOffer m_offer;
    FlowBox* m_flow = nullptr;
    QLineEdit* m_custom = nullptr;
    QList<QPushButton*> m_chips;
};

}  // namespace trimtab::gui
