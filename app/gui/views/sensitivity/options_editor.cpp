// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sensitivity/options_editor.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "app/gui/models/option_catalog.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/flow_layout.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

constexpr int kTitleWidth = 128;

}  // namespace

OptionsEditor::OptionsEditor(QWidget* parent) : QFrame(parent) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kWideGap, 12, kWideGap, 12);
    layout->setSpacing(kWideGap);
    layout->addWidget(makeLabel(tr("Options to try"), "heading"));
    for (const OptionGroup& group : optionGroups()) {
        auto* chips = new FlowBox(kGap);
        for (const OptionOffer& offer : group.offers) {
            const auto option = trial::parseOption(offer.text.toStdString());
            if (!option) continue;
            Entry& entry = addChip(chips, offer.text, offer.label, *option);
            entry.chip->setToolTip(offer.explanation + '\n' + offer.text);
        }
        layout->addWidget(makeRow(group.title, chips));
    }
    m_own = new FlowBox(kGap);
    m_ownRow = makeRow(tr("Of your own"), m_own);
    m_ownRow->hide();
    layout->addWidget(m_ownRow);
    makeField(layout);
}

QWidget* OptionsEditor::makeRow(const QString& title, FlowBox* chips) {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    auto* label = makeLabel(title, "muted");
    label->setFixedWidth(kTitleWidth);
    label->setContentsMargins(0, kHalfGap, 0, 0);
    layout->addWidget(label, 0, Qt::AlignTop);
    layout->addWidget(chips, 1, Qt::AlignTop);
    row->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    return row;
}

void OptionsEditor::makeField(QVBoxLayout* layout) {
    auto* row = new QHBoxLayout;
    row->setSpacing(kGap);
    auto* title = makeLabel(tr("Any other"), "muted");
    title->setFixedWidth(kTitleWidth);
    m_field = new QLineEdit;
    m_field->setObjectName(QStringLiteral("sensitivity.option"));
    m_field->setPlaceholderText(QStringLiteral("weights.bits=3,weights.group=64"));
    m_field->setToolTip(tr("As trimtab sensitivity --option takes it: paths of a recipe and their values, with commas between them."));
    auto* add = makeButton(QStringLiteral("sensitivity.addOption"), tr("Add"));
    row->addWidget(title);
    row->addSpacing(kGap);
    row->addWidget(m_field, 1);
    row->addWidget(add);
    layout->addLayout(row);
    m_problem = makeLabel({}, "");
    m_problem->setObjectName(QStringLiteral("sensitivity.optionProblem"));
    m_problem->setContentsMargins(kTitleWidth + kWideGap, 0, 0, 0);
    m_problem->hide();
    setTone(m_problem, "bad");
    layout->addWidget(m_problem);
    connect(m_field, &QLineEdit::returnPressed, this, &OptionsEditor::add);
    connect(add, &QPushButton::clicked, this, &OptionsEditor::add);
}

OptionsEditor::Entry& OptionsEditor::addChip(FlowBox* chips, const QString& name, const QString& label,
                                             const trial::SensitivityOption& option) {
    auto* chip = makeButton(QStringLiteral("option.") + name, label, "chip");
    chip->setCheckable(true);
    chips->add(chip);
    connect(chip, &QPushButton::toggled, this, &OptionsEditor::changed);
    return m_entries.emplace_back(Entry{chip, option});
}

OptionsEditor::Entry& OptionsEditor::entryOf(const trial::SensitivityOption& option) {
    const auto known = std::ranges::find(m_entries, option.settings, [](const Entry& entry) { return entry.option.settings; });
    if (known != m_entries.end()) return *known;
    m_ownRow->show();
    const QString name = QString::fromStdString(option.name);
    return addChip(m_own, name, name, option);
}

std::vector<trial::SensitivityOption> OptionsEditor::options() const {
    std::vector<trial::SensitivityOption> options;
    for (const Entry& entry : m_entries)
        if (entry.chip->isChecked()) options.push_back(entry.option);
    return options;
}

void OptionsEditor::setOptions(const std::vector<trial::SensitivityOption>& options) {
    const QSignalBlocker quiet(this);
    for (const Entry& entry : m_entries) entry.chip->setChecked(false);
    for (const trial::SensitivityOption& option : options) entryOf(option).chip->setChecked(true);
}

void OptionsEditor::add() {
    const auto option = trial::parseOption(m_field->text().trimmed().toStdString());
    m_field->setProperty("invalid", !option);
    setTone(m_field, "");  // looks anew at its properties
    m_problem->setText(option ? QString() : QString::fromStdString(option.error().text()));
    m_problem->setVisible(!option);
    if (!option) return;
    m_field->clear();
    Entry& entry = entryOf(*option);
    if (entry.chip->isChecked()) return;
    entry.chip->setChecked(true);
}

}  // namespace trimtab::gui
