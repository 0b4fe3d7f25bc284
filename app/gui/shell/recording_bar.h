// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Says above every page that what is on show is a recording, for as long as it is.
#include <QFrame>

class QLabel;

namespace trimtab::gui {

class RecordingBar : public QFrame {
    Q_OBJECT
public:
    explicit RecordingBar(QWidget* parent = nullptr);

    /// "CARD, DATE"; hidden when that is empty.
    void showRecording(const QString& where);

private:
    QLabel* m_text = nullptr;
};

}  // namespace trimtab::gui
