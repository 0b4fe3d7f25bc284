// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/model/symbol_form.h"

#include <QHBoxLayout>
#include <QSpinBox>

#include "app/gui/tasks/model_task.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

constexpr int kLargestExtent = 1 << 20;

}  // namespace

SymbolForm::SymbolForm(ModelTask& model, QWidget* parent) : QFrame(parent), m_model(model) {
    setObjectName(QStringLiteral("model.symbols"));
    setProperty("card", true);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kWideGap, kGap, kWideGap, kGap);
    layout->setSpacing(kWideGap);
    auto* text = makeLabel(tr("The file leaves these dimensions open. How large are they when it runs?"), "");
    layout->addWidget(text, 1);
    m_fields = new QHBoxLayout;
    m_fields->setSpacing(kGap);
    layout->addLayout(m_fields);
    auto* use = makeButton(QStringLiteral("model.symbols.apply"), tr("Use these"), "primary");
    layout->addWidget(use);
    connect(use, &QPushButton::clicked, this, &SymbolForm::apply);
    connect(&model, &ModelTask::stateChanged, this, &SymbolForm::rebuild);
    connect(&model, &ModelTask::symbolsChanged, this, &SymbolForm::rebuild);
    rebuild();
}

void SymbolForm::rebuild() {
    setVisible(m_model.loaded() && !m_model.openSymbols().empty());
    if (m_model.loaded() && m_shown == m_model.symbols() && m_boxes.size() == m_model.openSymbols().size()) return;
    while (QLayoutItem* item = m_fields->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_boxes.clear();
    m_shown = m_model.symbols();
    if (!m_model.loaded()) return;
    for (const std::string& name : m_model.openSymbols()) {
        auto* box = new QSpinBox;
        box->setObjectName(QStringLiteral("model.symbol.") + QString::fromStdString(name));
        box->setRange(1, kLargestExtent);
        const auto known = m_model.symbols().find(name);
        if (known != m_model.symbols().end()) box->setValue(static_cast<int>(known->second));
        box->setAccessibleName(QString::fromStdString(name));
        auto* label = makeLabel(QString::fromStdString(name), "muted");
        label->setWordWrap(false);
        m_fields->addWidget(label);
        m_fields->addWidget(box);
        m_boxes.emplace(name, box);
    }
}

void SymbolForm::apply() {
    std::map<std::string, std::int64_t> symbols;
    for (const auto& [name, box] : m_boxes) symbols[name] = box->value();
    m_model.setSymbols(symbols);
}

}  // namespace trimtab::gui
