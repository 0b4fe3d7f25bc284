// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sensitivity/mix_card.h"

#include <algorithm>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/gui/models/text.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

using Quantity = tune::MixGoal::Quantity;

enum Limit { kLossShare, kLossPoints, kLatency, kSize, kBits };
constexpr double kMegabyte = 1e6;
constexpr double kProposedShare = 0.5;  // of the model's time and bytes

Quantity limitedBy(int limit) {
    switch (limit) {
        case kLatency: return Quantity::Latency;
        case kSize: return Quantity::Bytes;
        case kBits: return Quantity::MeanBits;
        default: return Quantity::Loss;
    }
}

QLabel* word(const QString& text) {
    auto* label = makeLabel(text, "muted");
    label->setWordWrap(false);
    return label;
}

}  // namespace

MixCard::MixCard(QWidget* parent) : QFrame(parent) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kWideGap, 12, kWideGap, 12);
    layout->setSpacing(kGap);
    auto* head = new QHBoxLayout;
    head->setSpacing(kGap);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(makeLabel(tr("Find the best mix"), "heading"));
    m_note = makeLabel({}, "muted");
    m_note->setObjectName(QStringLiteral("mix.note"));
    words->addWidget(m_note);
    head->addLayout(words, 1);
    m_find = makeButton(QStringLiteral("mix.find"), tr("Find"), "primary");
    m_find->setMinimumWidth(96);
    m_cancel = makeButton(QStringLiteral("mix.cancel"), tr("Cancel"));
    head->addWidget(m_find, 0, Qt::AlignTop);
    head->addWidget(m_cancel, 0, Qt::AlignTop);
    layout->addLayout(head);
    m_form = makeForm();
    layout->addWidget(m_form);
    m_outcome = makeOutcome();
    layout->addWidget(m_outcome);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    connect(m_find, &QPushButton::clicked, this, [this] { emit wanted(goal()); });
    connect(m_cancel, &QPushButton::clicked, this, &MixCard::cancelled);
    setState(false, {});
    setOutcome({}, {}, false);
}

QWidget* MixCard::makeForm() {
    auto* form = new QWidget;
    auto* layout = new QHBoxLayout(form);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGap);
    m_limit = new QComboBox;
    m_limit->setObjectName(QStringLiteral("mix.limit"));
    m_limit->addItems({tr("Loss, relative"), tr("Loss, absolute"), tr("Latency"), tr("Size of the weights"), tr("Mean bits")});
    m_value = new QDoubleSpinBox;
    m_value->setObjectName(QStringLiteral("mix.value"));
    m_value->setMinimumWidth(104);
    m_minimize = new QComboBox;
    m_minimize->setObjectName(QStringLiteral("mix.minimize"));
    m_minimize->setMinimumWidth(112);
    m_limit->setToolTip(tr("What the best mix must keep to, for certain: with the worse end of its 95 % interval."));
    m_last = makeButton(QStringLiteral("mix.last"), tr("Last layer too"), "chip");
    m_last->setCheckable(true);
    m_last->setToolTip(tr("The last layer may have fewer than 8 bits as well. It often costs more than it gains."));
    for (QWidget* widget : std::initializer_list<QWidget*>{word(tr("Limit")), m_limit, m_value, word(tr("Make smallest")),
                                                           m_minimize, m_last})
        layout->addWidget(widget);
    layout->addStretch();
    connect(m_limit, &QComboBox::currentIndexChanged, this, [this] {
        offerLimit();
        offerMinimize();
    });
    offerLimit();
    offerMinimize();
    return form;
}

QWidget* MixCard::makeOutcome() {
    auto* box = new QWidget;
    auto* layout = new QHBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    m_sentence = makeLabel({}, "");
    m_sentence->setObjectName(QStringLiteral("mix.sentence"));
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_parts = makeLabel({}, "small");
    m_parts->setObjectName(QStringLiteral("mix.parts"));
    words->addWidget(m_sentence);
    words->addWidget(m_parts);
    layout->addLayout(words, 1);
    m_show = makeButton(QStringLiteral("mix.show"), tr("Show in Results"));
    layout->addWidget(m_show, 0, Qt::AlignTop);
    connect(m_show, &QPushButton::clicked, this, &MixCard::showRequested);
    return box;
}

void MixCard::offerLimit() {
    const int limit = m_limit->currentIndex();
    const bool loss = limit == kLossShare || limit == kLossPoints;
    m_value->setDecimals(limit == kLatency ? 3 : 2);
    m_value->setSingleStep(loss ? 0.1 : limit == kBits ? 0.5 : 0.1);
    m_value->setRange(loss ? 0 : limit == kLatency ? 0.001 : 0.01, limit == kLossShare ? 100 : limit == kBits ? 32 : 1e7);
    switch (limit) {
        case kLossPoints: m_value->setSuffix(m_isShare ? tr(" pt") : QString()); break;
        case kLatency: m_value->setSuffix(tr(" ms")); break;
        case kSize: m_value->setSuffix(tr(" MB")); break;
        case kBits: m_value->setSuffix({}); break;
        default: m_value->setSuffix(tr(" %"));
    }
    m_value->setValue(limit == kLatency   ? kProposedShare * m_milliseconds
                      : limit == kSize    ? kProposedShare * m_bytes / kMegabyte
                      : limit == kBits    ? 8
                                          : 1);
}

void MixCard::offerMinimize() {
    const Quantity limited = limitedBy(m_limit->currentIndex());
    m_minimize->clear();
    const std::pair<Quantity, QString> offers[] = {
        {Quantity::Latency, tr("Latency")}, {Quantity::Loss, tr("Loss")}, {Quantity::Bytes, tr("Size")}};
    for (const auto& [quantity, name] : offers)
        if (quantity != limited) m_minimize->addItem(name, static_cast<int>(quantity));
    const Quantity usual = limited == Quantity::Loss ? Quantity::Latency : Quantity::Loss;
    m_minimize->setCurrentIndex(m_minimize->findData(static_cast<int>(usual)));
}

void MixCard::setTable(const trial::SensitivityTable& table) {
    m_isShare = metricIsShare(table.metric);
    m_milliseconds = m_bytes = 0;
    for (const trial::SensitivityUnit& unit : table.units) {
        m_milliseconds += 1e-6 * std::max(0.0, unit.medianNs);
        m_bytes += static_cast<double>(unit.weightBytes);
    }
    offerLimit();
}

tune::MixGoal MixCard::goal() const {
    tune::MixGoal goal;
    const int limit = m_limit->currentIndex();
    goal.limited = limitedBy(limit);
    goal.minimize = static_cast<Quantity>(m_minimize->currentData().toInt());
    goal.lastLayerToo = m_last->isChecked();
    const double value = m_value->value();
    if (limit == kLossShare) goal.maxDrop = {value / 100, true};
    else if (limit == kLossPoints) goal.maxDrop = {m_isShare ? value / 100 : value, false};
    else goal.limit = limit == kSize ? value * kMegabyte : value;
    return goal;
}

void MixCard::setState(bool running, const QString& problem) {
    m_form->setEnabled(!running);
    m_find->setVisible(!running);
    m_find->setEnabled(problem.isEmpty());
    m_find->setToolTip(problem);
    m_cancel->setVisible(running);
    m_note->setText(running             ? tr("Measuring each option under every layer, then mixes. What has finished stands in Results.")
                    : problem.isEmpty() ? tr("An option, or none, for each layer: chosen from this table, then measured as a whole.")
                                        : problem);
}

void MixCard::setOutcome(const QString& sentence, const QString& parts, bool canShow) {
    m_sentence->setText(sentence);
    m_parts->setText(parts);
    m_parts->setVisible(!parts.isEmpty());
    m_show->setVisible(canShow);
    m_outcome->setVisible(!sentence.isEmpty());
}

}  // namespace trimtab::gui
