// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/common/page.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

Page::Page(const QString& name, const QString& title, QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("page.") + name);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kPageMargin, kWideGap, kPageMargin, kWideGap);
    layout->setSpacing(kWideGap);
    auto* header = new QHBoxLayout;
    header->setSpacing(kGap);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    m_title = makeLabel(title, "title");
    m_title->setObjectName(objectName() + QStringLiteral(".title"));
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);  // a long model name must not widen the window
    m_subtitle = makeLabel({}, "muted");
    m_subtitle->setObjectName(objectName() + QStringLiteral(".subtitle"));
    words->addWidget(m_title);
    words->addWidget(m_subtitle);
    header->addLayout(words, 1);
    m_actions = new QHBoxLayout;
    m_actions->setSpacing(kGap);
    header->addLayout(m_actions);
    layout->addLayout(header);
    m_content = new QVBoxLayout;
    m_content->setSpacing(kWideGap);
    layout->addLayout(m_content, 1);
    setSubtitle({});
}

void Page::setTitle(const QString& title) {
    m_title->setText(title);
    m_title->setToolTip(title);
}

void Page::setSubtitle(const QString& text) {
    m_subtitle->setText(text);
    m_subtitle->setVisible(!text.isEmpty());
}

}  // namespace trimtab::gui
