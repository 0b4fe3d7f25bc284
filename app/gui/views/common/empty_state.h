// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a page shows while it has nothing to show: what is missing and what to do next.
#include <QWidget>

class QLabel;
class QPushButton;

namespace trimtab::gui {

class Theme;

class EmptyState : public QWidget {
    Q_OBJECT
public:
    /// The button is named `buttonName`.
    EmptyState(const Theme& theme, const QString& icon, const QString& buttonName, QWidget* parent = nullptr);
    /// An empty button text hides the button.
    void setText(const QString& title, const QString& text, const QString& button);
    QString text() const;

signals:
    void pressed();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitText();

    QLabel* m_icon = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_text = nullptr;
    QPushButton* m_button = nullptr;
};

}  // namespace trimtab::gui
