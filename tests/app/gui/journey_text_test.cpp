// SPDX-License-Identifier: GPL-3.0-or-later
// The way of a person who reads what a language model writes, before and after it is compressed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSpinBox>

#include "tests/app/gui/journey_fixture.h"
#include "tests/core/formats/huggingface/small_decoder.h"
#include "tests/support/character_tokenizer.h"

namespace trimtab::gui_tests {
namespace {

class TextJourney : public Journey {
protected:
    QString decoder() {
        formats::huggingface::SmallDecoder small;
        small.draw(6);
        const QString made = folder() + QStringLiteral("/decoder");
        std::filesystem::create_directories(made.toStdString());
        small.write(made.toStdString());
        std::ofstream(made.toStdString() + "/tokenizer.json") << support::characterTokenizer();
        return made;
    }
    void write(const QString& prompt) {
        find<QPlainTextEdit>(QStringLiteral("generate.prompt"))->setPlainText(prompt);
        click(QStringLiteral("generate.write"));
        ASSERT_TRUE(
            waitUntil(workspace().generation(), &gui::GenerateTask::changed, [this] { return !workspace().generation().running(); }));
    }
    QString writtenText(const char* side) {
        return find<QPlainTextEdit>(QStringLiteral("generate.%1.text").arg(QLatin1String(side)))->toPlainText();
    }
};

TEST_F(TextJourney, GoesOnFromAPromptAndShowsHowFast) {
    click(QStringLiteral("nav.generate"));
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("generate.write"))->isEnabled());
    EXPECT_TRUE(text(QStringLiteral("generate.note")).contains(QStringLiteral("Open a language model")));
    openModel(decoder());
    click(QStringLiteral("nav.generate"));
    find<QSpinBox>(QStringLiteral("generate.tokens"))->setValue(9);
    write(QStringLiteral("the"));
    EXPECT_EQ(writtenText("stored").size(), 9) << "a character is a token";
    EXPECT_TRUE(text(QStringLiteral("generate.stored.figures")).contains(QStringLiteral("tokens/s")));
    EXPECT_FALSE(find<QWidget>(QStringLiteral("generate.chosen.text"))->isVisible()) << "no configuration is chosen";
    write(QStringLiteral("Ω"));
    EXPECT_FALSE(workspace().generation().written(gui::GenerateTask::Stored).answer) << "no such character has a token";
    EXPECT_EQ(writtenText("stored"), workspace().generation().written(gui::GenerateTask::Stored).problem);
}

TEST_F(TextJourney, PutsAPromptIntoTheWordsOfTheModelsChat) {
    openModel(decoder());
    click(QStringLiteral("nav.generate"));
    EXPECT_FALSE(find<QPushButton>(QStringLiteral("generate.chat"))->isEnabled()) << "the model comes with no template";
    const QString talking = decoder();
    std::ofstream(talking.toStdString() + "/chat_template.jinja") << "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}";
    openModel(talking);
    click(QStringLiteral("nav.generate"));
    find<QSpinBox>(QStringLiteral("generate.tokens"))->setValue(3);
    const auto promptTokens = [this] { return workspace().generation().written(gui::GenerateTask::Stored).answer->promptTokens(); };
    write(QStringLiteral("the"));
    EXPECT_EQ(promptTokens(), 3) << "a character is a token";
    EXPECT_FALSE(find<QLineEdit>(QStringLiteral("generate.system"))->isVisible());
    click(QStringLiteral("generate.chat"));
    write(QStringLiteral("the"));
    EXPECT_EQ(promptTokens(), 9) << "user the ";
    find<QLineEdit>(QStringLiteral("generate.system"))->setText(QStringLiteral("be brief"));
    write(QStringLiteral("the"));
    EXPECT_EQ(promptTokens(), 25) << "system be brief user the ";
}

TEST_F(TextJourney, SetsAChosenConfigurationBesideTheModelAndMarksWhereTheyPart) {
    openModel(decoder());
    workspace().data().goWithout();
    sweepOver("weights.bits=2", 2);
    for (const auto& result : workspace().results().snapshot()->results)
        if (!result.isBaseline) workspace().results().select(result.id);
    click(QStringLiteral("nav.generate"));
    find<QSpinBox>(QStringLiteral("generate.tokens"))->setValue(24);
    write(QStringLiteral("the"));
    EXPECT_TRUE(text(QStringLiteral("generate.note")).contains(QStringLiteral("int2")));
    ASSERT_TRUE(find<QWidget>(QStringLiteral("generate.chosen.text"))->isVisible());
    const auto token = workspace().generation().firstDifference();
    ASSERT_TRUE(token) << "two bits a weight change nothing in 24 tokens";
    EXPECT_EQ(writtenText("stored").left(static_cast<qsizetype>(*token)), writtenText("chosen").left(static_cast<qsizetype>(*token)));
    EXPECT_TRUE(text(QStringLiteral("generate.difference")).contains(QString::number(*token + 1)));
    const auto marks = find<QPlainTextEdit>(QStringLiteral("generate.chosen.text"))->extraSelections();
    ASSERT_EQ(marks.size(), 1);
    EXPECT_EQ(marks[0].cursor.selectionStart(), static_cast<int>(*token));
}

}  // namespace
}  // namespace trimtab::gui_tests
