// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// trimtab-gui [FILE] [--grab PAGE OUT.png] [--size WxH] [--theme light|dark]
#include <QSize>
#include <QStringList>

#include "app/gui/theme/theme.h"
#include "core/base/result.h"

namespace trimtab::gui {

struct CommandLine {
    QString file;
    QString grabPage;   // empty: show the window
    QString grabOutput;
    QSize size;         // invalid: as remembered
    std::optional<ThemeChoice> theme;
    bool help = false;
    bool version = false;
};

/// `arguments` without the program's name. Usage errors name the word that is off.
Result<CommandLine> parseCommandLine(const QStringList& arguments);
QString usage();

}  // namespace trimtab::gui
