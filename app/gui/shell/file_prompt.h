// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Asks the person for a file or a folder. The answer comes later, without a nested event loop; no answer comes when they change their mind.
#include <functional>

#include <QString>
#include <QWidget>

namespace trimtab::gui {

struct FileQuestion {
    enum class Kind { OpenFile, OpenFolder, Save };
    Kind kind = Kind::OpenFile;
    QString title;
    QString filter;      // "Models (*.onnx)"
    QString suggestion;  // folder or file to begin with
    QString suffix;      // added by Save when none is typed
};

class FilePrompt {
public:
    virtual ~FilePrompt() = default;
    virtual void ask(QWidget* parent, const FileQuestion& question, std::function<void(const QString& path)> answered) = 0;
};

/// Qt's own dialogs.
class FileDialogPrompt final : public FilePrompt {
public:
    void ask(QWidget* parent, const FileQuestion& question, std::function<void(const QString& path)> answered) override;
};

}  // namespace trimtab::gui
