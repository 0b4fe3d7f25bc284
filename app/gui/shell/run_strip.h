// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The running sweep along the bottom of the window, on every page: what runs, how far it is, how long it still takes, and Cancel.
#include <QFrame>

class QLabel;
class QProgressBar;
class QPushButton;

namespace trimtab::gui {

class SweepTask;

class RunStrip : public QFrame {
    Q_OBJECT
public:
    explicit RunStrip(SweepTask& sweep, QWidget* parent = nullptr);

signals:
    void cancelRequested();

private:
    void refresh();

    SweepTask& m_sweep;
    QLabel* m_what = nullptr;
    QLabel* m_left = nullptr;
    QProgressBar* m_bar = nullptr;
    QPushButton* m_cancel = nullptr;
};

}  // namespace trimtab::gui
