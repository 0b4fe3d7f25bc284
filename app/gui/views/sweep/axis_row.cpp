// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sweep/axis_row.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/flow_layout.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

constexpr int kTitleWidth = 176;
const char* const kValue = "axisValue";

}  // namespace

AxisRow::AxisRow(const AxisOffer& offer, QWidget* parent) : QFrame(parent), m_offer(offer) {
    setObjectName(QStringLiteral("axis.") + offer.path);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, kGap, 0, kGap);
    layout->setSpacing(kWideGap);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    auto* title = makeLabel(offer.title, "");
    auto* path = makeLabel(offer.path, "small");
    title->setFixedWidth(kTitleWidth);
    title->setWordWrap(false);
    path->setWordWrap(false);
    setToolTip(offer.explanation);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    words->addWidget(title);
    words->addWidget(path);
    words->addStretch();
    m_flow = new FlowBox(kGap);
    for (int i = 0; i < offer.values.size(); ++i) addChip(offer.values[i], offer.labels[i]);
    m_custom = new QLineEdit;
    m_custom->setObjectName(QStringLiteral("axis.%1.custom").arg(offer.path));
    m_custom->setPlaceholderText(tr("other"));
    m_custom->setToolTip(tr("A value, several with commas, or first:last:step. Press Enter to add."));
    m_custom->setFixedWidth(88);
    layout->addLayout(words);
    layout->addWidget(m_flow, 1, Qt::AlignTop);
    layout->addWidget(m_custom, 0, Qt::AlignTop);
    connect(m_custom, &QLineEdit::returnPressed, this, &AxisRow::addCustom);
}

QPushButton* AxisRow::addChip(const QString& value, const QString& label) {
    auto* chip = makeButton(QStringLiteral("axis.%1.%2").arg(m_offer.path, value), label, "chip");
    chip->setCheckable(true);
    chip->setProperty(kValue, value);
    m_flow->add(chip);
    m_chips << chip;
    connect(chip, &QPushButton::toggled, this, &AxisRow::showAvailability);
    connect(chip, &QPushButton::toggled, this, &AxisRow::changed);
    return chip;
}

void AxisRow::addCustom() {
    const auto parsed = trial::parseAxis(QStringLiteral("%1=%2").arg(m_offer.path, m_custom->text().trimmed()).toStdString());
    m_custom->setProperty("invalid", !parsed);
    m_custom->setToolTip(parsed ? tr("A value, several with commas, or first:last:step. Press Enter to add.")
                                : QString::fromStdString(parsed.error().text()));
    m_custom->style()->unpolish(m_custom);
    m_custom->style()->polish(m_custom);
    if (!parsed) return;
    trial::Axis wanted = axis().value_or(trial::Axis{m_offer.path.toStdString(), {}});
    wanted.values.insert(wanted.values.end(), parsed->values.begin(), parsed->values.end());
    setAxis(wanted);
    m_custom->clear();
    emit changed();
}

std::optional<trial::Axis> AxisRow::axis() const {
    QStringList values;
    for (const QPushButton* chip : m_chips) {
        if (chip->isChecked()) values << chip->property(kValue).toString();
    }
    if (values.isEmpty()) return std::nullopt;
    auto parsed = trial::parseAxis(QStringLiteral("%1=%2").arg(m_offer.path, values.join(',')).toStdString());
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
}

void AxisRow::setAxis(const std::optional<trial::Axis>& axis) {
    QStringList wanted;
    if (axis) {
        for (const Json& value : axis->values) wanted << axisValueText(value);
    }
    for (QPushButton* chip : m_chips) {
        const QSignalBlocker quiet(chip);
        chip->setChecked(wanted.removeAll(chip->property(kValue).toString()) > 0);
    }
    for (const QString& value : wanted) {
        QPushButton* chip = addChip(value, value);
        const QSignalBlocker quiet(chip);
        chip->setChecked(true);
    }
    showAvailability();
}

void AxisRow::setUnavailable(const QString& value, const QString& reason) {
    if (reason.isEmpty()) {
        m_unavailable.remove(value);
    } else {
        m_unavailable[value] = reason;
    }
    showAvailability();
}

void AxisRow::showAvailability() {
    for (QPushButton* chip : m_chips) {
        const QString reason = m_unavailable.value(chip->property(kValue).toString());
        chip->setEnabled(reason.isEmpty() || chip->isChecked());
        chip->setToolTip(reason);
    }
}

}  // namespace trimtab::gui
