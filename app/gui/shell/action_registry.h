// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Every command of the window by name, with its shortcut. Two commands with one shortcut are a programmer's mistake and found by a test.
#include <map>
#include <vector>

#include <QAction>
#include <QKeySequence>
#include <QObject>

namespace trimtab::gui {

class ActionRegistry : public QObject {
    Q_OBJECT
public:
    explicit ActionRegistry(QObject* parent = nullptr);

    /// REQUIRES: the name is new.
    QAction* add(const QString& name, const QString& text, const QKeySequence& shortcut = {});
    /// nullptr when there is none.
    QAction* action(const QString& name) const;
    std::vector<QAction*> actions() const;
    /// Pairs of names that share a shortcut.
    std::vector<std::pair<QString, QString>> conflicts() const;

private:
    std::map<QString, QAction*> m_actions;
};

}  // namespace trimtab::gui
