// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/help/help_page.h"

#include <QFile>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace trimtab::gui {

HelpPage::HelpPage(QWidget* parent) : Page(QStringLiteral("help"), tr("Guide"), parent) {
    auto* text = new QTextBrowser;
    text->setObjectName(QStringLiteral("help.text"));
    text->setOpenExternalLinks(true);
    text->document()->setDocumentMargin(24);
    QFile file(QStringLiteral(":/help/guide.md"));
    if (file.open(QIODevice::ReadOnly)) text->setMarkdown(QString::fromUtf8(file.readAll()));
    content()->addWidget(text, 1);
}

}  // namespace trimtab::gui
