// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/generate/text_pane.h"

#include <QPlainTextEdit>
#include <QVBoxLayout>

#include "app/gui/models/text.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/labels.h"
#include "core/base/statistics.h"

namespace trimtab::gui {

namespace {

/// "first token after 12.3 ms · 45.1 tokens/s · 3.2 MB of weights · 1.5 kB of keys and values a token"
QString figuresOf(const ipc::GenerateAnswer& answer) {
    QStringList parts{TextPane::tr("first token after %1").arg(millisecondsText(answer.firstTokenMs))};
    if (!answer.stepMs.empty()) parts << TextPane::tr("%1 tokens/s").arg(answer.tokensPerSecond(base::median(answer.stepMs)), 0, 'g', 4);
    parts << TextPane::tr("%1 of weights").arg(bytesText(static_cast<double>(answer.weightBytes)));
    if (answer.cacheBytesPerToken > 0)
        parts << TextPane::tr("%1 of keys and values a token").arg(bytesText(static_cast<double>(answer.cacheBytesPerToken)));
    return parts.join(QStringLiteral(" · "));
}

QString markOf(const ipc::GenerateAnswer& answer) {
    QStringList marks;
    if (answer.execution == trace::Execution::Emulated)
        marks << TextPane::tr("Some layers are emulated: these times are not those of the format asked for.");
    if (answer.plansEachStep)
        marks << TextPane::tr("Keys and values are not kept in place, and every step is planned anew.");
    else if (answer.caching != "in place")
        marks << TextPane::tr("Keys and values are not kept in place: another export of the model would be faster.");
    return marks.join(' ');
}

}  // namespace

TextPane::TextPane(const Theme& theme, const QString& name, QWidget* parent) : QFrame(parent), m_theme(theme) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kWideGap, kWideGap, kWideGap, kWideGap);
    layout->setSpacing(kGap);
    m_title = makeLabel({}, "heading");
    m_text = new QPlainTextEdit;
    m_text->setObjectName(name + QStringLiteral(".text"));
    m_text->setReadOnly(true);
    m_figures = makeLabel({}, "muted");
    m_figures->setObjectName(name + QStringLiteral(".figures"));
    m_mark = makeLabel({}, "small");
    setTone(m_mark, "warning");
    layout->addWidget(m_title);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_figures);
    layout->addWidget(m_mark);
}

void TextPane::setTitle(const QString& title) { m_title->setText(title); }

void TextPane::setWritten(const GenerateTask::Written& written) {
    const bool failed = !written.problem.isEmpty();
    const QString text = failed ? written.problem : written.text;
    if (m_text->toPlainText() != text) m_text->setPlainText(text);
    setTone(m_figures, "");
    m_figures->setText(written.answer    ? figuresOf(*written.answer)
                       : written.running ? (written.text.isEmpty() ? tr("Waiting…") : tr("Writing…"))
                       : failed          ? tr("That failed.")
                                         : QString());
    const QString mark = written.answer ? markOf(*written.answer) : QString();
    m_mark->setText(mark);
    m_mark->setVisible(!mark.isEmpty());
}

void TextPane::markFrom(qsizetype character) {
    QList<QTextEdit::ExtraSelection> marks;
    if (character >= 0) {
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(m_text->document());
        mark.cursor.setPosition(static_cast<int>(character));
        mark.cursor.movePosition(QTextCursor::End, QTextCursor::KeepAnchor);
        mark.format.setBackground(m_theme.palette().warningSoft);
        marks << mark;
    }
    m_text->setExtraSelections(marks);
}

}  // namespace trimtab::gui
