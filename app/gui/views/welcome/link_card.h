// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A card that is clicked as a whole: icon, title, one line of text. Also reached and pressed by keyboard.
#include <QFrame>

class QLabel;

namespace trimtab::gui {

class Theme;

class LinkCard : public QFrame {
    Q_OBJECT
public:
    LinkCard(const Theme& theme, const QString& objectName, const QString& icon, const QString& title, const QString& text,
             QWidget* parent = nullptr);

signals:
    void pressed();

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace trimtab::gui
