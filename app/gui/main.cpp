// SPDX-License-Identifier: GPL-3.0-or-later
// The window. Everything is made and tied together here.
#include <cstdio>
#include <optional>

#include <QApplication>
#include <QIcon>

#include "app/gui/settings/settings.h"
#include "app/gui/shell/command_line.h"
#include "app/gui/shell/file_prompt.h"
#include "app/gui/shell/grab.h"
#include "app/gui/shell/main_window.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/theme.h"

namespace {

using namespace trimtab;

gui::ThemeChoice themeChoice(const gui::CommandLine& line, const gui::Settings& settings) {
    if (line.theme) return *line.theme;
    const QString remembered = settings.value(gui::Setting::Theme).toString();
    return remembered == QLatin1String("dark")  ? gui::ThemeChoice::Dark
         : remembered == QLatin1String("light") ? gui::ThemeChoice::Light
                                                : gui::ThemeChoice::System;
}

int run(QApplication& application, const gui::CommandLine& line) {
    gui::Theme theme(application);
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/trimtab.svg")));
    gui::Settings settings;
    theme.choose(themeChoice(line, settings));
    ipc::WorkerOptions worker;
    worker.memoryLimit = settings.value(gui::Setting::WorkerMemory).toLongLong();
    gui::Workspace workspace(worker, settings);
    gui::FileDialogPrompt files;
    gui::MainWindow window({workspace, theme, settings, files});
    if (line.size.isValid()) window.resize(line.size);
    std::optional<gui::Grab> grab;
    if (!line.grabPage.isEmpty()) {
        grab.emplace(window, workspace, line.grabPage, line.grabOutput);
        QObject::connect(&*grab, &gui::Grab::done, &application, [](bool written, const QString& problem) {
            if (!written) std::fprintf(stderr, "trimtab-gui: %s\n", qPrintable(problem));
            QApplication::exit(written ? 0 : 1);
        });
    }
    // Opened last, so that nothing that opening tells of is missed.
    if (!line.file.isEmpty()) workspace.open(line.file);
    window.show();
    if (grab) grab->start();
    return QApplication::exec();
}

}  // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("trimtab"));
    QApplication::setApplicationDisplayName(QStringLiteral("Trimtab"));
    QApplication::setDesktopFileName(QStringLiteral("trimtab"));
    QApplication::setApplicationVersion(QStringLiteral(TRIMTAB_VERSION));
    const auto line = gui::parseCommandLine(QApplication::arguments().mid(1));
    if (!line) {
        std::fprintf(stderr, "trimtab-gui: %s\n%s", line.error().text().c_str(), qPrintable(gui::usage()));
        return 2;
    }
    if (line->help || line->version) {
        std::printf("%s", line->help ? qPrintable(gui::usage()) : "trimtab-gui " TRIMTAB_VERSION "\n");
        return 0;
    }
    return run(application, *line);
}
