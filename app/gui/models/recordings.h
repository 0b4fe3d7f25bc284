// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Sessions recorded on other machines that ship with the product: resources/recorded/*.trimtab, found as the samples are and only read.
#include <vector>

#include <QString>

#include "app/tasks/recording.h"

namespace trimtab::gui {

struct RecordedSession {
    QString path;
    QString title;        // "Recorded on NVIDIA H100 80GB HBM3, 27 Nov 2026"
    QString description;  // its studies
};

/// Of the first folder of resources that holds some; files that cannot be read as sessions are left out.
std::vector<RecordedSession> findRecordings(const QString& program);
/// Whether the file lies among the recorded sessions of the resources.
bool isRecording(const QString& path, const QString& program);
/// "NVIDIA H100 80GB HBM3, 27 Nov 2026".
QString whereAndWhen(const tasks::Recording& recording);

}  // namespace trimtab::gui
