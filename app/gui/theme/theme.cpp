// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/theme.h"

#include <QApplication>
#include <QIcon>
#include <QPalette>
#include <QStyleFactory>
#include <QStyleHints>

#include "app/gui/theme/icons.h"
#include "app/gui/theme/style_sheet.h"

// Resources of a static library are linked in only when something asks for them; the macro wants the global namespace.
static void linkResources() { Q_INIT_RESOURCE(resources); }

namespace trimtab::gui {

namespace {

constexpr double kBasePointSize = 10.0;

QPalette qtPalette(const Palette& p) {
    QPalette q;
    q.setColor(QPalette::Window, p.window);
    q.setColor(QPalette::WindowText, p.text);
    q.setColor(QPalette::Base, p.surface);
    q.setColor(QPalette::AlternateBase, p.sunken);
    q.setColor(QPalette::Text, p.text);
    q.setColor(QPalette::PlaceholderText, p.muted);
    q.setColor(QPalette::Button, p.surface);
    q.setColor(QPalette::ButtonText, p.text);
    q.setColor(QPalette::BrightText, p.bad);
    q.setColor(QPalette::Highlight, p.accent);
    q.setColor(QPalette::HighlightedText, p.onAccent);
    q.setColor(QPalette::Link, p.accent);
    q.setColor(QPalette::ToolTipBase, p.surface);
    q.setColor(QPalette::ToolTipText, p.text);
    q.setColor(QPalette::Mid, p.border);
    q.setColor(QPalette::Midlight, p.accentSoft);
    q.setColor(QPalette::Light, p.surface);
    q.setColor(QPalette::Dark, p.muted);
    q.setColor(QPalette::Shadow, p.border);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) q.setColor(QPalette::Disabled, role, p.muted);
    return q;
}

}  // namespace

Theme::Theme(QApplication& application) : QObject(&application), m_application(application) {
    linkResources();
    const QPalette system = QApplication::palette();
    m_darkAtStart = system.color(QPalette::Window).lightness() < system.color(QPalette::WindowText).lightness();
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QFont font = QApplication::font();
    font.setPointSizeF(kBasePointSize);
    QApplication::setFont(font);
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, [this] {
        if (m_choice == ThemeChoice::System) apply();
    });
#endif
    apply();
}

void Theme::choose(ThemeChoice choice) {
    m_choice = choice;
    apply();
}

bool Theme::systemIsDark() const {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const auto scheme = QGuiApplication::styleHints()->colorScheme();
    if (scheme != Qt::ColorScheme::Unknown) return scheme == Qt::ColorScheme::Dark;
#endif
    return m_darkAtStart;
}

void Theme::apply() {
    const bool dark = m_choice == ThemeChoice::Dark || (m_choice == ThemeChoice::System && systemIsDark());
    m_palette = dark ? darkPalette() : lightPalette();
    QApplication::setPalette(qtPalette(m_palette));
    m_application.setStyleSheet(styleSheetFor(m_palette));
    emit changed();
}

QIcon Theme::icon(const QString& name) const {
    QIcon icon;
    for (const qreal ratio : {1.0, 2.0}) {
        icon.addPixmap(iconPixmap(name, m_palette.muted, 24, ratio), QIcon::Normal, QIcon::Off);
        icon.addPixmap(iconPixmap(name, m_palette.accent, 24, ratio), QIcon::Normal, QIcon::On);
        icon.addPixmap(iconPixmap(name, m_palette.border, 24, ratio), QIcon::Disabled);
    }
    return icon;
}

QIcon Theme::icon(const QString& name, const QColor& colour) const {
    QIcon icon;
    for (const qreal ratio : {1.0, 2.0}) icon.addPixmap(iconPixmap(name, colour, 24, ratio));
    return icon;
}

}  // namespace trimtab::gui
