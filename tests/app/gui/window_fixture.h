// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The real window over the real worker, with a settings file and a folder of its own. Widgets are found by object name.
#include <memory>

#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <QWidget>

#include "app/gui/settings/settings.h"
#include "app/gui/shell/file_prompt.h"
#include "app/gui/shell/main_window.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui_tests {

/// Answers file questions at once with what the test laid ready; an empty answer is a person who changed their mind.
class ReadyAnswers final : public gui::FilePrompt {
public:
    void ask(QWidget*, const gui::FileQuestion& question, std::function<void(const QString& path)> answered) override {
        lastQuestion = question;
        if (!answer.isEmpty()) answered(answer);
    }
    QString answer;
    gui::FileQuestion lastQuestion;
};

class WindowFixture : public ::testing::Test {
protected:
    WindowFixture();
    ~WindowFixture() override;

    /// Ends the window and everything behind it, and begins anew with the same settings and folder.
    void restart();

    gui::MainWindow& window() { return *m_window; }
    gui::Workspace& workspace() { return *m_workspace; }
    gui::Settings& settings() { return *m_settings; }
    gui::Theme& theme() { return *m_theme; }
    ReadyAnswers& files() { return m_files; }
    QString folder() const { return m_folder.path(); }

    template <class Widget = QWidget>
    Widget* find(const QString& name) {
        auto* widget = m_window->findChild<Widget*>(name);
        if (!widget) ADD_FAILURE() << "there is no " << name.toStdString();
        return widget;
    }
    /// Clicks the middle of a widget that must be there, visible and enabled.
    void click(const QString& name);
    /// Text of a label.
    QString text(const QString& name);
    /// Of the message bar; empty while it is hidden.
    QString message();

    /// A network of two products and a rectifier over an open batch; its path.
    QString smallModel(const QString& name = QStringLiteral("small.onnx"));
    /// A folder with a classification task for the small model; its path.
    QString smallData();

private:
    void start();
    void stop();

    QTemporaryDir m_folder;
    ReadyAnswers m_files;
    std::unique_ptr<gui::Theme> m_theme;
    std::unique_ptr<gui::Settings> m_settings;
    std::unique_ptr<gui::Workspace> m_workspace;
    std::unique_ptr<gui::MainWindow> m_window;
};

}  // namespace trimtab::gui_tests
