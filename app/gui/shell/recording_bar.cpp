// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/recording_bar.h"

#include <QHBoxLayout>
#include <QLabel>

#include "app/gui/theme/metrics.h"

namespace trimtab::gui {

RecordingBar::RecordingBar(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("recordingBar"));
    setProperty("card", "message");
    setProperty("tone", "warning");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kWideGap, kGap, kWideGap, kGap);
    m_text = new QLabel;
    m_text->setObjectName(QStringLiteral("recordingBar.text"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_text, 1);
    hide();
}

void RecordingBar::showRecording(const QString& where) {
    m_text->setText(tr("Recorded on %1 — read-only. Nothing on show was measured on this machine.").arg(where));
    setVisible(!where.isEmpty());
}

}  // namespace trimtab::gui
