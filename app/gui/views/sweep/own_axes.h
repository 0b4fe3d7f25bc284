// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Axes that no row offers: a field for any axis in the command line's words, "PATH=VALUES", and a row for each that was added.
#include <vector>

#include <QFrame>

#include "core/trial/study.h"

class QLabel;
class QLineEdit;
class QVBoxLayout;

namespace trimtab::gui {

class AxisRow;

/// The field is named "sweep.axis", what is wrong with it stands in "sweep.axisProblem".
class OwnAxes : public QFrame {
    Q_OBJECT
public:
    explicit OwnAxes(QWidget* parent = nullptr);

    const std::vector<AxisRow*>& rows() const { return m_rows; }
    /// A row for an axis that none of `offered` and none here has.
    void makeRoomFor(const std::vector<trial::Axis>& axes, const std::vector<AxisRow*>& offered);

signals:
    void changed();
    void added(const trimtab::trial::Axis& axis);

private:
    void add();

    QVBoxLayout* m_list = nullptr;
    QLineEdit* m_field = nullptr;
    QLabel* m_problem = nullptr;
    std::vector<AxisRow*> m_rows;
};

}  // namespace trimtab::gui
