// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Draws one page of the window to a picture as soon as everything that was asked for is there.
#include <QObject>
#include <QTimer>

namespace trimtab::gui {

class MainWindow;
class Workspace;

class Grab : public QObject {
    Q_OBJECT
public:
    Grab(MainWindow& window, Workspace& workspace, const QString& page, const QString& output, QObject* parent = nullptr);
    void start();

signals:
    /// Written, or not: `problem` says why.
    void done(bool written, const QString& problem);

private:
    void look();
    void take();

    MainWindow& m_window;
    Workspace& m_workspace;
    QString m_page, m_output, m_problem;
    QTimer m_settle;  // fires when nothing has changed for a moment: layouts and delegates have caught up
};

}  // namespace trimtab::gui
