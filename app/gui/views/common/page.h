// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A page of the window: title and one line below it at the top left, actions at the top right, the content beneath.
#include <QWidget>

class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace trimtab::gui {

class Page : public QWidget {
    Q_OBJECT
public:
    /// Named "page.<name>".
    Page(const QString& name, const QString& title, QWidget* parent = nullptr);

signals:
    /// Another page is where to go on: "data", "sweep", …
    void goTo(const QString& page);

protected:
    void setTitle(const QString& title);
    void setSubtitle(const QString& text);
    QHBoxLayout* actions() const { return m_actions; }
    QVBoxLayout* content() const { return m_content; }

private:
    QLabel* m_title = nullptr;
    QLabel* m_subtitle = nullptr;
    QHBoxLayout* m_actions = nullptr;
    QVBoxLayout* m_content = nullptr;
};

}  // namespace trimtab::gui
