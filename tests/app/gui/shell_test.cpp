// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

#include "app/gui/shell/command_line.h"
#include "tests/app/gui/window_fixture.h"

namespace trimtab::gui_tests {
namespace {

using gui::Setting;

class Shell : public WindowFixture {};

TEST_F(Shell, GoesToEveryPageByRailAndByAction) {
    for (const char* page : {"welcome", "model", "data", "sweep", "results", "sensitivity", "generate", "profile", "help"}) {
        click(QStringLiteral("nav.") + page);
        EXPECT_EQ(window().currentPage(), QLatin1String(page));
    }
    window().actions().action(QStringLiteral("go.model"))->trigger();
    EXPECT_EQ(window().currentPage(), QStringLiteral("model"));
    EXPECT_FALSE(window().showPage(QStringLiteral("nowhere")));
}

TEST_F(Shell, HasNoTwoCommandsOnOneShortcut) {
    for (const auto& [a, b] : window().actions().conflicts()) ADD_FAILURE() << a.toStdString() << " and " << b.toStdString();
}

TEST_F(Shell, CutsNoButtonOffInASmallWindow) {
    window().resize(1024, 700);
    for (const char* page : {"welcome", "model", "data", "sweep", "results", "sensitivity", "generate", "profile", "help"}) {
        window().showPage(QLatin1String(page));
        QCoreApplication::processEvents();
        for (const QPushButton* button : window().findChildren<QPushButton*>()) {
            if (!button->isVisible()) continue;
            EXPECT_GE(button->width(), button->sizeHint().width()) << page << ": " << button->objectName().toStdString();
            EXPECT_GE(button->height(), button->sizeHint().height()) << page << ": " << button->objectName().toStdString();
        }
    }
}

TEST_F(Shell, OpensOneWindowAndNoStrayOnes) {
    class Watch : public QObject {
    public:
        int windows = 0;
        bool eventFilter(QObject* object, QEvent* event) override {
            auto* widget = qobject_cast<QWidget*>(object);
            if (event->type() == QEvent::Show && widget && widget->isWindow()) ++windows;
            return false;
        }
    } watch;
    qApp->installEventFilter(&watch);
    restart();
    qApp->removeEventFilter(&watch);
    EXPECT_EQ(watch.windows, 1);
}

TEST_F(Shell, RemembersTheThemeThatWasChosen) {
    window().actions().action(QStringLiteral("theme.dark"))->trigger();
    EXPECT_TRUE(theme().palette().dark);
    EXPECT_EQ(settings().value(Setting::Theme).toString(), QStringLiteral("dark"));
    window().actions().action(QStringLiteral("theme.light"))->trigger();
    EXPECT_FALSE(theme().palette().dark);
}

TEST_F(Shell, TellsOfAFileThatIsNotThere) {
    workspace().open(folder() + QStringLiteral("/gone.onnx"));
    EXPECT_TRUE(message().contains(QStringLiteral("gone.onnx"))) << message().toStdString();
}

TEST(Settings, KeepTenRecentFilesNewestFirst) {
    const QTemporaryDir folder;
    gui::Settings settings(folder.filePath(QStringLiteral("s.ini")));
    for (int i = 0; i < 15; ++i) settings.addRecentFile(QStringLiteral("/models/%1.onnx").arg(i));
    settings.addRecentFile(QStringLiteral("/models/7.onnx"));
    const QStringList files = settings.value(Setting::RecentFiles).toStringList();
    ASSERT_EQ(files.size(), 10);
    EXPECT_EQ(files.front(), QStringLiteral("/models/7.onnx"));
    EXPECT_EQ(files.count(QStringLiteral("/models/7.onnx")), 1);
}

TEST(CommandLine, ReadsAGrabWithItsSize) {
    const auto line = gui::parseCommandLine({"a.trimtab", "--grab", "results", "out.png", "--size", "1024x700", "--theme", "dark"});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->file, QStringLiteral("a.trimtab"));
    EXPECT_EQ(line->grabPage, QStringLiteral("results"));
    EXPECT_EQ(line->grabOutput, QStringLiteral("out.png"));
    EXPECT_EQ(line->size, QSize(1024, 700));
    EXPECT_EQ(line->theme, gui::ThemeChoice::Dark);
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
    for (const QStringList& words :
         {QStringList{"--grab", "results"}, QStringList{"--grab", "nowhere", "x.png"}, QStringList{"--size", "big"},
          QStringList{"--size", "99999x99999"}, QStringList{"--theme", "pink"}, QStringList{"--what"}, QStringList{"a.onnx", "b.onnx"}}) {
        const auto line = gui::parseCommandLine(words);
        ASSERT_FALSE(line) << words.join(' ').toStdString();
        EXPECT_EQ(line.error().code, ErrorCode::Usage);
    }
}

}  // namespace
}  // namespace trimtab::gui_tests
