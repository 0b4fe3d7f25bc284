// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The look of the application: follows the system or holds to light or dark. One object, made in main.cpp, used on the GUI thread.
#include <QObject>

#include "app/gui/theme/palette.h"

class QApplication;
class QIcon;

namespace trimtab::gui {

enum class ThemeChoice { System, Light, Dark };

class Theme : public QObject {
    Q_OBJECT
public:
    /// Remembers the system's own colours; call before anything else changes the application's palette.
    explicit Theme(QApplication& application);

    void choose(ThemeChoice choice);
    ThemeChoice choice() const { return m_choice; }
    const Palette& palette() const { return m_palette; }

    /// A line icon of resources/icons in the text colour (in the accent colour when checked, faded when disabled).
    QIcon icon(const QString& name) const;
    /// The same in one given colour.
    QIcon icon(const QString& name, const QColor& colour) const;

signals:
    void changed();

private:
    bool systemIsDark() const;
    void apply();

    QApplication& m_application;
    bool m_darkAtStart = false;
    ThemeChoice m_choice = ThemeChoice::System;
    Palette m_palette;
};

}  // namespace trimtab::gui
