// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/command_line.h"

namespace trimtab::gui {

namespace {

const QStringList kPages{"welcome", "model", "data", "sweep", "results", "sensitivity", "generate", "profile", "help"};

Result<QSize> parseSize(const QString& text) {
    const QStringList parts = text.split('x');
    bool wide = false, high = false;
    const QSize size = parts.size() == 2 ? QSize(parts[0].toInt(&wide), parts[1].toInt(&high)) : QSize();
    if (!wide || !high || size.width() < 320 || size.height() < 240 || size.width() > 16384 || size.height() > 16384) {
        return fail(ErrorCode::Usage, "--size wants WIDTHxHEIGHT, as in 1280x800, not " + text.toStdString());
    }
    return size;
}

}  // namespace

Result<CommandLine> parseCommandLine(const QStringList& arguments) {
    CommandLine line;
    for (int i = 0; i < arguments.size(); ++i) {
        const QString& word = arguments[i];
        const auto rest = arguments.size() - i - 1;
        if (word == QLatin1String("--grab")) {
            if (rest < 2) return fail(ErrorCode::Usage, "--grab wants a page and a file: --grab results chart.png");
            line.grabPage = arguments[++i];
            line.grabOutput = arguments[++i];
            if (!kPages.contains(line.grabPage))
                return fail(ErrorCode::Usage,
                            "there is no page \"" + line.grabPage.toStdString() + "\"; pages are " + kPages.join(", ").toStdString());
        } else if (word == QLatin1String("--size") && rest > 0) {
            TRIMTAB_TRY(line.size, parseSize(arguments[++i]));
        } else if (word == QLatin1String("--theme") && rest > 0) {
            const QString theme = arguments[++i];
            if (theme != QLatin1String("light") && theme != QLatin1String("dark"))
                return fail(ErrorCode::Usage, "--theme is light or dark, not " + theme.toStdString());
            line.theme = theme == QLatin1String("dark") ? ThemeChoice::Dark : ThemeChoice::Light;
        } else if (word == QLatin1String("--help") || word == QLatin1String("-h")) {
            line.help = true;
        } else if (word == QLatin1String("--version")) {
            line.version = true;
        } else if (word.startsWith('-')) {
            return fail(ErrorCode::Usage, "unknown option or missing value: " + word.toStdString());
        } else if (line.file.isEmpty()) {
            line.file = word;
        } else {
            return fail(ErrorCode::Usage, "one file at a time: " + word.toStdString() + " is too many");
        }
    }
    return line;
}

QString usage() {
    return QStringLiteral(
        "trimtab-gui [FILE] [--grab PAGE OUT.png] [--size WxH] [--theme light|dark]\n"
        "  FILE    a model (.onnx, .gguf or a Hugging Face folder) or a session (.trimtab)\n"
        "  --grab  draws one page (welcome, model, data, sweep, results, sensitivity, generate, profile, help) to a picture and ends\n");
}

}  // namespace trimtab::gui
