// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The place to drop a model or a session on, with a button for those who would rather choose.
#include <QFrame>

class QLabel;

namespace trimtab::gui {

class Theme;

class DropZone : public QFrame {
    Q_OBJECT
public:
    explicit DropZone(const Theme& theme, QWidget* parent = nullptr);
    /// Shows that a file hangs over the window.
    void setOver(bool over);

signals:
    void openRequested();
};

}  // namespace trimtab::gui
