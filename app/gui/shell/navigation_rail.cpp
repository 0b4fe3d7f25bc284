// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/navigation_rail.h"

#include <QIcon>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {

NavigationRail::NavigationRail(const Theme& theme, QWidget* parent) : QFrame(parent), m_theme(theme) {
    setObjectName(QStringLiteral("rail"));
    setFixedWidth(kRailWidth);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kGap, kGap, kGap, kGap);
    m_top = new QVBoxLayout;
    m_bottom = new QVBoxLayout;
    m_top->setSpacing(kHalfGap);
    m_bottom->setSpacing(kHalfGap);
    layout->addLayout(m_top);
    layout->addStretch();
    layout->addLayout(m_bottom);
    connect(&theme, &Theme::changed, this, &NavigationRail::refreshIcons);
}

void NavigationRail::addPage(const QString& name, const QString& title, const QString& icon, const QString& shortcut, bool bottom) {
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("nav.") + name);
    button->setText(title);
    button->setToolTip(shortcut.isEmpty() ? title : QStringLiteral("%1 (%2)").arg(title, shortcut));
    button->setAccessibleName(title);
    button->setCheckable(true);
    button->setAutoExclusive(true);
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setIconSize(QSize(24, 24));
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    button->setMinimumHeight(64);
    button->setCursor(Qt::PointingHandCursor);
    (bottom ? m_bottom : m_top)->addWidget(button);
    m_entries.push_back({name, icon, button});
    connect(button, &QToolButton::clicked, this, [this, name] { emit chosen(name); });
    refreshIcons();
}

void NavigationRail::setCurrent(const QString& name) {
    for (const Entry& entry : m_entries) {
        if (entry.name == name) entry.button->setChecked(true);
    }
}

void NavigationRail::refreshIcons() {
    for (const Entry& entry : m_entries) entry.button->setIcon(m_theme.icon(entry.icon));
}

}  // namespace trimtab::gui
