// SPDX-License-Identifier: GPL-3.0-or-later
// The way of a person who asks how fast a model would be before they download it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <QFileInfo>
#include <QPushButton>

#include "tests/app/gui/journey_fixture.h"
#include "tests/core/formats/huggingface/small_decoder.h"

namespace trimtab::gui_tests {
namespace {

class RandomJourney : public Journey {
protected:
    /// A folder that holds the configuration of a decoder, and nothing else.
    QString configuration() {
        formats::huggingface::SmallDecoder small;
        small.draw(6);
        const std::filesystem::path made = folder().toStdString() + "/decoder";
        std::filesystem::create_directories(made);
        small.write(made);
        for (const auto& entry : std::filesystem::directory_iterator(made))
            if (entry.path().filename() != "config.json") std::filesystem::remove(entry.path());
        return QString::fromStdString(made / "config.json");
    }
    void waitForModel() {
        ASSERT_TRUE(waitUntil(workspace().model(), &gui::ModelTask::stateChanged,
                              [this] { return workspace().model().state() != gui::ModelTask::State::Loading; }));
    }
    void draw() {
        workspace().open(configuration());
        waitForModel();
        ASSERT_TRUE(workspace().model().canDraw());
        click(QStringLiteral("model.open"));
        waitForModel();
        ASSERT_TRUE(workspace().model().loaded()) << workspace().model().error().text();
    }
    QString mark() { return find(QStringLiteral("markBar"))->isVisible() ? text(QStringLiteral("markBar.text")) : QString(); }
};

TEST_F(RandomJourney, AConfigurationWithoutWeightsOffersToDrawThemAndSaysSoFromThenOn) {
    workspace().open(configuration());
    waitForModel();
    EXPECT_EQ(find<QPushButton>(QStringLiteral("model.open"))->text(), QStringLiteral("Draw random weights"));
    EXPECT_EQ(mark(), QString());
    EXPECT_TRUE(message().isEmpty()) << "the page says what is missing and what can be done";
    click(QStringLiteral("model.open"));
    waitForModel();
    EXPECT_TRUE(message().isEmpty()) << message().toStdString();
    for (const char* page : {"model", "sweep", "sensitivity", "profile"}) {
        window().showPage(QLatin1String(page));
        EXPECT_TRUE(mark().contains(QStringLiteral("weights are random (seed 1)"))) << page;
    }
    EXPECT_TRUE(workspace().mixProblem().contains(QStringLiteral("random")));
    openModel(smallModel());
    EXPECT_EQ(mark(), QString());
}

TEST_F(RandomJourney, ASweepOfThemShowsSpeedAndSizeAndComesBackAsItWas) {
    draw();
    sweepOver("weights.bits=8", 2);
    const auto snapshot = workspace().results().snapshot();
    EXPECT_EQ(snapshot->study.randomWeights, 1u);
    for (const auto& result : snapshot->results) EXPECT_TRUE(result.speed && !result.accuracy) << result.trial.label << result.failure;
    window().showPage(QStringLiteral("results"));
    clickPoint(snapshot->results.back().id);
    EXPECT_EQ(workspace().results().selected(), snapshot->results.back().id) << "it stands on the chart";
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("detail.export"))->isEnabled());
    const QString session = workspace().results().sessionPath();
    restart();
    workspace().open(session);
    waitForResults(2);
    waitForModel();
    EXPECT_TRUE(workspace().model().loaded()) << workspace().model().error().text();
    EXPECT_TRUE(mark().contains(QStringLiteral("random"))) << mark().toStdString();
}

TEST_F(RandomJourney, NothingIsOfferedWhereWeightsAreThereButBroken) {
    const QString config = configuration();
    std::ofstream(QFileInfo(config).absolutePath().toStdString() + "/model.safetensors") << "broken";
    workspace().open(config);
    waitForModel();
    EXPECT_FALSE(workspace().model().loaded() || workspace().model().canDraw());
    EXPECT_EQ(find<QPushButton>(QStringLiteral("model.open"))->text(), QStringLiteral("Open another file…"));
    EXPECT_EQ(mark(), QString());
}

TEST_F(RandomJourney, DrawingLeavesTheSessionOfTheRealWeightsBehind) {
    const QString folderOfModel = QFileInfo(configuration()).absolutePath();
    formats::huggingface::SmallDecoder small;
    small.draw(6);
    small.write(folderOfModel.toStdString());
    openModel(folderOfModel);
    workspace().data().goWithout();
    sweepOver("weights.bits=8", 2);
    const QString session = workspace().results().sessionPath();
    configuration();  // the weights are gone
    restart();
    workspace().open(session);
    waitForResults(2);
    waitForModel();
    EXPECT_EQ(mark(), QString()) << "what is on show was measured with the model's own";
    workspace().drawWeights();
    waitForModel();
    ASSERT_TRUE(workspace().model().loaded()) << workspace().model().error().text();
    EXPECT_TRUE(mark().contains(QStringLiteral("random")));
    EXPECT_FALSE(workspace().results().snapshot());
    EXPECT_TRUE(workspace().results().sessionPath().isEmpty()) << "no profile of random weights goes into it";
    waitForGrid();
    EXPECT_EQ(workspace().runProblem(), QString()) << workspace().runProblem().toStdString();
}

TEST_F(RandomJourney, AProfileOfThemSaysSoWhateverModelIsOpen) {
    draw();
    click(QStringLiteral("nav.profile"));
    click(QStringLiteral("profile.begin"));
    ASSERT_TRUE(waitUntil(workspace().profiling(), &gui::ProfileTask::changed, [this] { return !workspace().profiling().running(); }));
    const auto made = workspace().profiling().snapshot();
    ASSERT_TRUE(made) << workspace().profiling().problem().toStdString();
    EXPECT_TRUE(made->subject.contains(QStringLiteral("random weights"))) << made->subject.toStdString();
    EXPECT_TRUE(gui::marksText(*made).contains(QStringLiteral("random weights (seed 1)")));
    EXPECT_EQ(made->request.model.randomWeights, 1u);
}

TEST_F(RandomJourney, NoDataScoreThem) {
    draw();
    click(QStringLiteral("nav.data"));
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("data.folder"))->isEnabled());
    EXPECT_TRUE(text(QStringLiteral("data.state")).contains(QStringLiteral("size of the weights")));
    workspace().data().choose(smallData());
    EXPECT_EQ(workspace().data().state(), gui::DataTask::State::None);
    openModel(smallModel());
    EXPECT_TRUE(find<QPushButton>(QStringLiteral("data.folder"))->isEnabled());
}

}  // namespace
}  // namespace trimtab::gui_tests
