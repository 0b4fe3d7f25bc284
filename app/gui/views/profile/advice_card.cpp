// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/profile/advice_card.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/gui/models/text.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/column_scroll.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

QString ratioText(double ratio) { return QStringLiteral("%1×").arg(ratio, 0, 'f', 2); }

QString outcomeText(const ProfileTask::Tried& tried) {
    if (tried.running) return QCoreApplication::translate("AdviceCard", "trying…");
    if (!tried.problem.isEmpty()) return tried.problem;
    if (tried.speedup.value <= 0) return {};
    const QString measured = QCoreApplication::translate("AdviceCard", "measured here: %1").arg(speedupText(tried.speedup));
    return tried.throttled ? measured + QCoreApplication::translate("AdviceCard", "; the machine slowed down meanwhile") : measured;
}

const char* toneOf(const ProfileTask::Tried& tried) {
    if (!tried.problem.isEmpty() || (tried.speedup.value > 0 && tried.speedup.interval.high < 1)) return "bad";
    return tried.speedup.interval.low > 1 ? "good" : "";
}

}  // namespace

AdviceCard::AdviceCard(QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_list = new QWidget;
    m_rows = new QVBoxLayout(m_list);
    m_rows->setContentsMargins(0, kGap, kGap, 0);
    m_rows->setSpacing(kGap);
    layout->addWidget(new ColumnScroll(m_list));
}

void AdviceCard::setProfile(ProfilePtr profile) {
    m_profile = std::move(profile);
    while (QLayoutItem* item = m_rows->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    if (!m_profile) return;
    for (std::size_t piece = 0; piece < m_profile->advice.best.size(); ++piece) addPiece(piece);
    if (m_profile->advice.best.empty()) addNote(tr("Nothing that was tried would gain 3 % or more."));
    for (const std::string& nothing : m_profile->advice.nothing) addNote(QString::fromStdString(nothing));
    if (!m_profile->answer.noTrials.empty()) addNote(QString::fromStdString(m_profile->answer.noTrials));
    if (!m_profile->answer.noLargerBatch.empty())
        addNote(tr("No larger batch was tried: %1").arg(QString::fromStdString(m_profile->answer.noLargerBatch)));
    addNote(tr("Speed alone is predicted. What it costs in accuracy the Sweep and Sensitivity pages tell."));
    m_rows->addStretch();
}

void AdviceCard::addPiece(std::size_t piece) {
    const explain::Advice& advice = m_profile->advice.best[piece];
    const QString name = QStringLiteral("advice.%1.").arg(piece);
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGap);
    auto* ratio = makeLabel(ratioText(advice.speedup), "heading");
    ratio->setWordWrap(false);
    ratio->setFixedWidth(56);
    ratio->setToolTip(tr("Predicted speed-up of a sample"));
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(makeLabel(QString::fromStdString(advice.text)));
    if (!advice.because.empty()) words->addWidget(makeLabel(QString::fromStdString(advice.because), "muted"));
    auto* outcome = makeLabel({}, "muted");
    outcome->setObjectName(name + QStringLiteral("outcome"));
    outcome->hide();
    words->addWidget(outcome);
    auto* attempt = makeButton(name + QStringLiteral("try"), tr("Try"));
    attempt->setToolTip(tr("Runs it beside what was profiled, in turns, for a few seconds"));
    auto* save = makeButton(name + QStringLiteral("save"), tr("Save recipe…"), "quiet");
    layout->addWidget(ratio, 0, Qt::AlignTop);
    layout->addLayout(words, 1);
    layout->addWidget(attempt, 0, Qt::AlignTop);
    layout->addWidget(save, 0, Qt::AlignTop);
    save->setVisible(!advice.layers.empty());  // the rest is no matter of recipes
    m_rows->addWidget(row);
    connect(attempt, &QPushButton::clicked, this, [this, piece] { emit tryRequested(static_cast<int>(piece)); });
    connect(save, &QPushButton::clicked, this, [this, piece] { emit saveRequested(static_cast<int>(piece)); });
}

void AdviceCard::addNote(const QString& text) { m_rows->addWidget(makeLabel(text, "muted")); }

void AdviceCard::setTried(std::size_t piece, const ProfileTask::Tried& tried) {
    const QString name = QStringLiteral("advice.%1.").arg(piece);
    auto* outcome = findChild<QLabel*>(name + QStringLiteral("outcome"));
    auto* attempt = findChild<QPushButton*>(name + QStringLiteral("try"));
    if (!outcome || !attempt) return;
    outcome->setText(outcomeText(tried));
    outcome->setVisible(!outcome->text().isEmpty());
    setTone(outcome, toneOf(tried));
    attempt->setEnabled(!tried.running);
}

}  // namespace trimtab::gui
