// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/run_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

#include "app/gui/models/text.h"
#include "app/gui/tasks/sweep_task.h"
#include "app/gui/theme/metrics.h"

namespace trimtab::gui {

RunStrip::RunStrip(SweepTask& sweep, QWidget* parent) : QFrame(parent), m_sweep(sweep) {
    setObjectName(QStringLiteral("runStrip"));
    setProperty("card", "strip");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kPageMargin, kGap, kPageMargin, kGap);
    layout->setSpacing(kWideGap);
    m_what = new QLabel;
    m_what->setObjectName(QStringLiteral("runStrip.what"));
    m_what->setMinimumWidth(240);
    m_bar = new QProgressBar;
    m_bar->setTextVisible(false);
    m_bar->setObjectName(QStringLiteral("runStrip.bar"));
    m_left = new QLabel;
    m_left->setProperty("role", "muted");
    m_left->setObjectName(QStringLiteral("runStrip.left"));
    m_cancel = new QPushButton(tr("Cancel"));
    m_cancel->setObjectName(QStringLiteral("runStrip.cancel"));
    layout->addWidget(m_what, 2);
    layout->addWidget(m_bar, 3);
    layout->addWidget(m_left, 0);
    layout->addWidget(m_cancel);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_cancel->setEnabled(false);
        m_cancel->setText(tr("Cancelling…"));
        emit cancelRequested();
    });
    connect(&sweep, &SweepTask::progressed, this, &RunStrip::refresh);
    connect(&sweep, &SweepTask::runningChanged, this, [this] {
        m_cancel->setEnabled(true);
        m_cancel->setText(tr("Cancel"));
        refresh();
    });
    refresh();
}

void RunStrip::refresh() {
    const tune::StudyProgress& progress = m_sweep.progress();
    setVisible(m_sweep.running());
    QString what = progress.current.empty() ? tr("Getting ready…") : QString::fromStdString(progress.current);
    if (!progress.phase.empty()) what += QStringLiteral(" · ") + QString::fromStdString(progress.phase);
    m_what->setText(m_what->fontMetrics().elidedText(what, Qt::ElideRight, 420));
    m_what->setToolTip(what);
    m_bar->setRange(0, progress.total);
    m_bar->setValue(progress.done);
    QString left = tr("%1 of %2").arg(progress.done).arg(progress.total);
    if (progress.failed > 0) left += tr(" · %1 failed").arg(progress.failed);
    if (progress.secondsLeft >= 0) left += tr(" · about %1 left").arg(durationText(progress.secondsLeft));
    m_left->setText(left);
}

}  // namespace trimtab::gui
