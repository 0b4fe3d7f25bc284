// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QAction>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QPushButton>

#include "app/gui/models/recordings.h"
#include "app/gui/views/welcome/link_card.h"
#include "core/store/session.h"
#include "tests/app/gui/waiting.h"
#include "tests/app/gui/window_fixture.h"
#include "tests/support/study_example.h"

namespace trimtab::gui_tests {
namespace {

/// A window whose resources hold one recorded session: the study of tests/support, as if measured elsewhere.
class Recordings : public WindowFixture {
protected:
    Recordings() {
        QDir().mkpath(folder() + QStringLiteral("/resources/recorded"));
        record(QStringLiteral("/recording.trimtab"));
        // A copy is one file; so are the recordings that ship.
        EXPECT_TRUE(QFile::exists(folder() + QStringLiteral("/recording.trimtab")));
        const auto made = store::Session::open((folder() + QStringLiteral("/recording.trimtab")).toStdString(), store::Mode::ReadOnly);
        EXPECT_TRUE((*made)->copyTo(path().toStdString()));
        QFile broken(folder() + QStringLiteral("/resources/recorded/broken.trimtab"));
        EXPECT_TRUE(broken.open(QIODevice::WriteOnly) && broken.write("no session") > 0);
        qputenv("TRIMTAB_RESOURCES", (folder() + QStringLiteral("/resources")).toUtf8());
        restart();
    }
    ~Recordings() override { qunsetenv("TRIMTAB_RESOURCES"); }

    QString path() const { return folder() + QStringLiteral("/resources/recorded/card.trimtab"); }

    void record(const QString& name) {
        const auto session = store::Session::open((folder() + name).toStdString(), store::Mode::ReadWrite);
        ASSERT_TRUE(session) << session.error().text();
        trial::Study study = support::exampleStudy();
        ASSERT_TRUE((*session)->addStudy(study));
        for (trial::TrialResult result : support::exampleResults()) {
            result.environment.device = "A card of yesterday";
            result.finishedAt = "2026-03-05T10:11:12Z";
            ASSERT_TRUE((*session)->addResult(study.id, result));
        }
        study.name = "Nothing came of it";
        study.seed = 99;
        ASSERT_TRUE((*session)->addStudy(study));
    }

    void openIt() {
        workspace().open(path());
        waitForResults();
    }
    void waitForResults() {
        gui::ResultsTask& results = workspace().results();
        ASSERT_TRUE(waitUntil(results, &gui::ResultsTask::snapshotChanged, [&] { return results.snapshot() != nullptr; }));
    }

    QByteArray bytes() const {
        QFile file(path());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QStringList files() const { return QDir(folder() + QStringLiteral("/resources/recorded")).entryList(QDir::Files, QDir::Name); }
};

TEST_F(Recordings, AreListedWithTheCardAndTheDateThatTheyHold) {
    const auto* card = find<gui::LinkCard>(QStringLiteral("welcome.recorded.card"));
    ASSERT_TRUE(card);
    EXPECT_EQ(card->accessibleName(), QStringLiteral("Recorded on A card of yesterday, 5 Mar 2026"));
    for (const QLabel* label : card->findChildren<QLabel*>()) EXPECT_FALSE(label->text().contains(QStringLiteral("Nothing came")));
    EXPECT_FALSE(window().findChild<gui::LinkCard*>(QStringLiteral("welcome.recorded.broken"))) << "it is no session";
}

TEST_F(Recordings, OpenReadOnlyAndSaySoOnEveryPage) {
    const QByteArray before = bytes();
    const QStringList beside = files();
    emit find<gui::LinkCard>(QStringLiteral("welcome.recorded.card"))->pressed();
    waitForResults();
    EXPECT_EQ(window().currentPage(), QStringLiteral("results"));
    EXPECT_TRUE(window().windowTitle().contains(QStringLiteral("recorded on A card of yesterday, 5 Mar 2026, read-only")))
        << window().windowTitle().toStdString();
    for (const char* page : {"results", "sweep", "model"}) {
        window().showPage(QLatin1String(page));
        EXPECT_TRUE(find(QStringLiteral("markBar"))->isVisible());
        EXPECT_TRUE(text(QStringLiteral("markBar.text")).contains(QStringLiteral("read-only")));
    }
    EXPECT_TRUE(message().isEmpty()) << message().toStdString();
    EXPECT_EQ(workspace().results().snapshot()->results.size(), support::exampleResults().size());
    EXPECT_TRUE(settings().value(gui::Setting::RecentFiles).toStringList().isEmpty()) << "Welcome lists it already";
    EXPECT_EQ(bytes(), before);
    EXPECT_EQ(files(), beside);
}

TEST_F(Recordings, GreyEverythingThatWouldWriteAndSayWhy) {
    openIt();
    const QAction* run = window().actions().action(QStringLiteral("sweep.run"));
    EXPECT_FALSE(run->isEnabled());
    EXPECT_TRUE(run->toolTip().contains(QStringLiteral("can only be read"))) << run->toolTip().toStdString();
    EXPECT_FALSE(window().actions().action(QStringLiteral("results.export"))->isEnabled());
    window().showPage(QStringLiteral("sweep"));
    const auto* button = find<QPushButton>(QStringLiteral("sweep.run"));
    EXPECT_TRUE(button->isVisible() && !button->isEnabled());
    EXPECT_TRUE(button->toolTip().contains(QStringLiteral("can only be read")));
    workspace().runSweep();
    EXPECT_FALSE(workspace().sweep().running());
    EXPECT_TRUE(message().contains(QStringLiteral("can only be read"))) << message().toStdString();
}

TEST_F(Recordings, LeaveNothingBehindWhenAModelIsOpened) {
    openIt();
    workspace().open(smallModel());
    ASSERT_TRUE(waitUntil(workspace().model(), &gui::ModelTask::stateChanged, [this] { return workspace().model().loaded(); }));
    EXPECT_FALSE(find(QStringLiteral("markBar"))->isVisible());
    EXPECT_TRUE(window().actions().action(QStringLiteral("sweep.run"))->isEnabled());
    EXPECT_FALSE(workspace().sessionPath().contains(QStringLiteral("recorded"))) << workspace().sessionPath().toStdString();
    EXPECT_FALSE(window().windowTitle().contains(QStringLiteral("recorded")));
}

TEST_F(Recordings, AreTheFilesOfTheResourcesAlone) {
    EXPECT_TRUE(gui::isRecording(path(), QStringLiteral("/nowhere")));
    EXPECT_FALSE(gui::isRecording(folder() + QStringLiteral("/recording.trimtab"), QStringLiteral("/nowhere")));
    EXPECT_FALSE(gui::isRecording(folder() + QStringLiteral("/gone.trimtab"), QStringLiteral("/nowhere")));
}

TEST(ShippedRecordings, AreSmallSingleFilesThatTellWhereTheyWereMade) {
    const QDir folder(QStringLiteral(TRIMTAB_SOURCE_DIR "/resources/recorded"));
    ASSERT_TRUE(folder.exists());
    for (const QFileInfo& file : folder.entryInfoList({QStringLiteral("*.trimtab")}, QDir::Files)) {
        const std::string path = file.absoluteFilePath().toStdString();
        EXPECT_LE(file.size(), 3000000) << path;
        const auto recording = tasks::readRecording(path);
        ASSERT_TRUE(recording) << path << ": " << recording.error().text();
        EXPECT_FALSE(recording->device.empty()) << path;
        QFile content(file.absoluteFilePath());
        ASSERT_TRUE(content.open(QIODevice::ReadOnly));
        // Bytes 18 and 19 of SQLite's header: 2 asks readers for files beside it, which `trimtab session copy` rids it of.
        EXPECT_EQ(content.read(20).mid(18), QByteArray("\x01\x01")) << path;
    }
}

}  // namespace
}  // namespace trimtab::gui_tests
