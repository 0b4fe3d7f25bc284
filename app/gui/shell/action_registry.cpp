// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/action_registry.h"

namespace trimtab::gui {

ActionRegistry::ActionRegistry(QObject* parent) : QObject(parent) {}

QAction* ActionRegistry::add(const QString& name, const QString& text, const QKeySequence& shortcut) {
    Q_ASSERT(!m_actions.contains(name));
    auto* action = new QAction(text, this);
    action->setObjectName(name);
    action->setShortcut(shortcut);
    m_actions.emplace(name, action);
    return action;
}

QAction* ActionRegistry::action(const QString& name) const {
    const auto found = m_actions.find(name);
    return found == m_actions.end() ? nullptr : found->second;
}

std::vector<QAction*> ActionRegistry::actions() const {
    std::vector<QAction*> all;
    for (const auto& entry : m_actions) all.push_back(entry.second);
    return all;
}

std::vector<std::pair<QString, QString>> ActionRegistry::conflicts() const {
    std::vector<std::pair<QString, QString>> found;
    for (auto a = m_actions.begin(); a != m_actions.end(); ++a) {
        for (auto b = std::next(a); b != m_actions.end(); ++b) {
            if (!a->second->shortcut().isEmpty() && a->second->shortcut() == b->second->shortcut()) found.emplace_back(a->first, b->first);
        }
    }
    return found;
}

}  // namespace trimtab::gui
