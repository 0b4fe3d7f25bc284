// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The window: rail, pages, message bar, run strip, menus. Binds what it is handed; decides nothing about models or studies.
#include <map>

#include <QMainWindow>

#include "app/gui/shell/action_registry.h"
#include "app/gui/views/page_context.h"
#include "core/ipc/messages.h"

class QStackedWidget;

namespace trimtab::gui {

class MarkBar;
class MessageBar;
class ModelPage;
class NavigationRail;
class Page;
class ResultsPage;
class WelcomePage;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(const PageContext& context, QWidget* parent = nullptr);

    /// welcome, model, data, sweep, results, sensitivity, generate, profile, help; others are ignored and answered with false.
    bool showPage(const QString& name);
    QString currentPage() const;
    const ActionRegistry& actions() const { return m_actions; }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    void makePages();
    void addPage(Page* page, const QString& name, const QString& title, const QString& icon, const QString& shortcut, bool bottom = false);
    void makeActions();
    void makeMenus();
    void connectWorkspace();
    void connectRuns();
    void tellExported(const QString& path, const ipc::CompressAnswer& answer);
    void refreshMark();
    void openFile();
    void focusFilter();
    void chooseTheme(const QString& name);

    PageContext m_context;
    ActionRegistry m_actions;
    NavigationRail* m_rail = nullptr;
    QStackedWidget* m_stack = nullptr;
    MessageBar* m_message = nullptr;
    MarkBar* m_mark = nullptr;
    std::map<QString, Page*> m_pages;
    WelcomePage* m_welcome = nullptr;
    ModelPage* m_model = nullptr;
    ResultsPage* m_results = nullptr;
};

}  // namespace trimtab::gui
