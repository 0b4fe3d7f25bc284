// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One message across the top of the window, until it is closed or replaced. Never a dialog: the window lives on.
#include <QFrame>

class QLabel;

namespace trimtab::gui {

class MessageBar : public QFrame {
    Q_OBJECT
public:
    enum class Tone { Bad, Good, Warning };

    explicit MessageBar(QWidget* parent = nullptr);

    void showMessage(Tone tone, const QString& text);
    QString text() const;

private:
    QLabel* m_text = nullptr;
};

}  // namespace trimtab::gui
