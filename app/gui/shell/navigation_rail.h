// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The pages as a column of icons on the left.
#include <vector>

#include <QFrame>

class QToolButton;
class QVBoxLayout;

namespace trimtab::gui {

class Theme;

class NavigationRail : public QFrame {
    Q_OBJECT
public:
    explicit NavigationRail(const Theme& theme, QWidget* parent = nullptr);

    /// Buttons are named "nav.<name>". `bottom`: below the stretch.
    void addPage(const QString& name, const QString& title, const QString& icon, const QString& shortcut, bool bottom = false);
    void setCurrent(const QString& name);

signals:
    void chosen(const QString& name);

private:
    void refreshIcons();

    struct Entry {
        QString name, icon;
        QToolButton* button;
    };
    const Theme& m_theme;
    QVBoxLayout* m_top = nullptr;
    QVBoxLayout* m_bottom = nullptr;
    std::vector<Entry> m_entries;
};

}  // namespace trimtab::gui
