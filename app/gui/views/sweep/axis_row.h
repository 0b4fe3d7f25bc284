// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One axis of the sweep: what it is, the values it proposes as chips to switch on, and a field for values of one's own.
#include <optional>

#include <QFrame>
#include <QMap>

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
    /// Greys the chip of a value that cannot be had here and says why when pointed at; an empty reason offers it again. One that is on can
    /// still be switched off.
    void setUnavailable(const QString& value, const QString& reason);

signals:
    void changed();

private:
    QPushButton* addChip(const QString& value, const QString& label);
    void addCustom();
    void showAvailability();

    AxisOffer m_offer;
    FlowBox* m_flow = nullptr;
    QLineEdit* m_custom = nullptr;
    QList<QPushButton*> m_chips;
    QMap<QString, QString> m_unavailable;  // value → reason
};

}  // namespace trimtab::gui
