// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/recordings.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLocale>

#include "app/gui/models/samples.h"

namespace trimtab::gui {

namespace {

const QString kFolder = QStringLiteral("/recorded");

QString tr(const char* text) { return QCoreApplication::translate("Recordings", text); }

}  // namespace

std::vector<RecordedSession> findRecordings(const QString& program) {
    std::vector<RecordedSession> found;
    for (const QString& root : resourceFolders(program)) {
        const QDir folder(root + kFolder);
        for (const QString& name : folder.entryList({QStringLiteral("*.trimtab")}, QDir::Files, QDir::Name)) {
            const QString path = folder.absoluteFilePath(name);
            const auto recording = tasks::readRecording(path.toStdString());
            if (!recording) continue;
            QStringList studies;
            for (const std::string& study : recording->studies) studies << QString::fromStdString(study);
            found.push_back({path, tr("Recorded on %1").arg(whereAndWhen(*recording)), studies.join(QStringLiteral(" · "))});
        }
        if (!found.empty()) break;
    }
    return found;
}

bool isRecording(const QString& path, const QString& program) {
    const QString folder = QFileInfo(QFileInfo(path).canonicalFilePath()).absolutePath();
    for (const QString& root : resourceFolders(program)) {
        const QString recorded = QFileInfo(root + kFolder).canonicalFilePath();
        if (!recorded.isEmpty() && recorded == folder) return true;
    }
    return false;
}

QString whereAndWhen(const tasks::Recording& recording) {
    const QDateTime when = QDateTime::fromString(QString::fromStdString(recording.finishedAt), Qt::ISODate);
    return tr("%1, %2").arg(QString::fromStdString(recording.device), QLocale().toString(when.date(), QStringLiteral("d MMM yyyy")));
}

}  // namespace trimtab::gui
