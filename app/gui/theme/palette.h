// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The colours of the window, by what they mean. Everything that is painted takes its colour from here.
#include <QColor>

namespace trimtab::gui {

struct Palette {
    bool dark = false;
    QColor window, surface, sunken, border;
    QColor text, muted;
    QColor accent, accentSoft, onAccent;
    QColor good, goodSoft, warning, warningSoft, bad, badSoft;
    QColor chartNative, chartEmulated, chartFront, chartBaseline, chartGrid, chartBand;
};

Palette lightPalette();
Palette darkPalette();

}  // namespace trimtab::gui
