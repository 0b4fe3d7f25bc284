// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sweep/own_axes.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLineEdit>
#include <QVBoxLayout>

#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/sweep/axis_row.h"

namespace trimtab::gui {

namespace {

bool hasRow(const std::vector<AxisRow*>& rows, const trial::Axis& axis) {
    return std::ranges::any_of(rows, [&axis](const AxisRow* row) { return row->path().toStdString() == axis.path; });
}

}  // namespace

OwnAxes::OwnAxes(QWidget* parent) : QFrame(parent) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kWideGap, 12, kWideGap, 12);
    layout->setSpacing(kGap);
    layout->addWidget(makeLabel(tr("Any other axis"), "heading"));
    m_list = new QVBoxLayout;
    m_list->setSpacing(0);
    layout->addLayout(m_list);
    auto* row = new QHBoxLayout;
    row->setSpacing(kGap);
    m_field = new QLineEdit;
    m_field->setObjectName(QStringLiteral("sweep.axis"));
    m_field->setPlaceholderText(tr("run.symbols.seq=64,128 or prune.ratio=0:0.9:0.1"));
    m_field->setToolTip(tr("As trimtab sweep --axis takes it: a path, =, and values with commas between them, or first:last:step."));
    auto* add = makeButton(QStringLiteral("sweep.addAxis"), tr("Add"));
    row->addWidget(m_field, 1);
    row->addWidget(add);
    layout->addLayout(row);
    m_problem = makeLabel({}, "");
    m_problem->setObjectName(QStringLiteral("sweep.axisProblem"));
    m_problem->hide();
    setTone(m_problem, "bad");
    layout->addWidget(m_problem);
    connect(m_field, &QLineEdit::returnPressed, this, &OwnAxes::add);
    connect(add, &QPushButton::clicked, this, &OwnAxes::add);
}

void OwnAxes::add() {
    const auto axis = trial::parseAxis(m_field->text().trimmed().toStdString());
    m_field->setProperty("invalid", !axis);
    setTone(m_field, "");  // looks anew at its properties
    m_problem->setText(axis ? QString() : QString::fromStdString(axis.error().text()));
    m_problem->setVisible(!axis);
    if (!axis) return;
    m_field->clear();
    emit added(*axis);
}

void OwnAxes::makeRoomFor(const std::vector<trial::Axis>& axes, const std::vector<AxisRow*>& offered) {
    for (const trial::Axis& axis : axes) {
        if (hasRow(offered, axis) || hasRow(m_rows, axis)) continue;
        auto* row = new AxisRow(ownAxis(QString::fromStdString(axis.path)));
        connect(row, &AxisRow::changed, this, &OwnAxes::changed);
        m_list->addWidget(row);
        m_rows.push_back(row);
    }
}

}  // namespace trimtab::gui
