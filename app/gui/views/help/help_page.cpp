// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/help/help_page.h"

#include <QFile>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextTable>
#include <QVBoxLayout>

#include "app/gui/theme/metrics.h"

namespace trimtab::gui {

namespace {

/// Markdown comes without spacing and with boxed tables; both are set to the look of the other pages.
void dress(QTextDocument& document) {
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        if (block.blockFormat().headingLevel() == 0) continue;
        QTextBlockFormat format = block.blockFormat();
        format.setTopMargin(kPageMargin);
        format.setBottomMargin(kGap);
        QTextCursor(block).setBlockFormat(format);
    }
    for (QTextFrame* frame : document.rootFrame()->childFrames()) {
        auto* table = qobject_cast<QTextTable*>(frame);
        if (!table) continue;
        QTextTableFormat format = table->format();
        format.setBorder(0);
        format.setCellSpacing(0);
        format.setCellPadding(kHalfGap);
        table->setFormat(format);
    }
}

}  // namespace

HelpPage::HelpPage(QWidget* parent) : Page(QStringLiteral("help"), tr("Guide"), parent) {
    auto* text = new QTextBrowser;
    text->setObjectName(QStringLiteral("help.text"));
    text->setOpenExternalLinks(true);
    text->document()->setDocumentMargin(24);
    QFile file(QStringLiteral(":/help/guide.md"));
    if (file.open(QIODevice::ReadOnly)) text->setMarkdown(QString::fromUtf8(file.readAll()));
    dress(*text->document());
    text->moveCursor(QTextCursor::Start);
    content()->addWidget(text, 1);
}

}  // namespace trimtab::gui
