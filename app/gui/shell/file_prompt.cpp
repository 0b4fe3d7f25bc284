// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/file_prompt.h"

#include <QFileDialog>
#include <QFileInfo>

namespace trimtab::gui {

void FileDialogPrompt::ask(QWidget* parent, const FileQuestion& question, std::function<void(const QString& path)> answered) {
    auto* dialog = new QFileDialog(parent, question.title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    const QFileInfo suggestion(question.suggestion);
    dialog->setDirectory(suggestion.isDir() ? question.suggestion : suggestion.absolutePath());
    switch (question.kind) {
        case FileQuestion::Kind::OpenFile: dialog->setFileMode(QFileDialog::ExistingFile); break;
        case FileQuestion::Kind::OpenFolder:
            dialog->setFileMode(QFileDialog::Directory);
            dialog->setOption(QFileDialog::ShowDirsOnly);
            break;
        case FileQuestion::Kind::Save:
            dialog->setAcceptMode(QFileDialog::AcceptSave);
            dialog->setFileMode(QFileDialog::AnyFile);
            dialog->setDefaultSuffix(question.suffix);
            if (!suggestion.isDir()) dialog->selectFile(suggestion.fileName());
            break;
    }
    if (!question.filter.isEmpty()) dialog->setNameFilter(question.filter);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, [answered = std::move(answered)](const QString& path) { answered(path); });
    dialog->open();
}

}  // namespace trimtab::gui
