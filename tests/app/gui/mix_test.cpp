// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "app/gui/models/mix_text.h"
#include "app/gui/models/option_catalog.h"
#include "app/gui/views/sensitivity/mix_card.h"
#include "app/gui/views/sensitivity/options_editor.h"

namespace trimtab::gui {
namespace {

using Quantity = tune::MixGoal::Quantity;

TEST(OptionCatalog, OffersOnlyWhatAnOptionCanSayEachOnce) {
    std::vector<recipe::Settings> known;
    for (const OptionGroup& group : optionGroups())
        for (const OptionOffer& offer : group.offers) {
            const auto option = trial::parseOption(offer.text.toStdString());
            ASSERT_TRUE(option) << offer.text.toStdString() << ": " << option.error().text();
            EXPECT_EQ(std::ranges::count(known, option->settings), 0) << offer.text.toStdString();
            EXPECT_FALSE(offer.explanation.isEmpty());
            known.push_back(option->settings);
        }
    for (const trial::SensitivityOption& usual : trial::usualOptions())
        EXPECT_EQ(std::ranges::count(known, usual.settings), 1) << usual.name;
}

TEST(OptionsEditor, GivesBackWhatItIsGivenAndMakesChipsForTheRest) {
    OptionsEditor editor;
    QSignalSpy changed(&editor, &OptionsEditor::changed);
    auto options = trial::usualOptions();
    options.push_back(trial::parseOption("weights.bits=5,prune.ratio=0.3").value());
    editor.setOptions(options);
    EXPECT_EQ(changed.count(), 0);
    EXPECT_EQ(editor.options().size(), options.size());
    for (const auto& option : editor.options())
        EXPECT_EQ(std::ranges::count(options, option.settings, &trial::SensitivityOption::settings), 1) << option.name;
    editor.setOptions({});
    EXPECT_TRUE(editor.options().empty());
    editor.findChild<QPushButton*>(QStringLiteral("option.compute=bf16"))->click();
    ASSERT_EQ(editor.options().size(), 1u);
    EXPECT_EQ(editor.options().front().name, "bf16");
    EXPECT_EQ(changed.count(), 1);
}

TEST(OptionsEditor, RefusesWhatMakesNoSenseBesideTheField) {
    OptionsEditor editor;
    editor.show();
    QSignalSpy changed(&editor, &OptionsEditor::changed);
    auto* field = editor.findChild<QLineEdit*>(QStringLiteral("sensitivity.option"));
    const auto problem = [&editor] { return editor.findChild<QLabel*>(QStringLiteral("sensitivity.optionProblem"))->text(); };
    for (const char* bad : {"weights.bites=4", "weights.bits=4,8", "run.batch=4", "", "weights.bits=32"}) {
        field->setText(QString::fromLatin1(bad));
        QTest::keyClick(field, Qt::Key_Return);
        EXPECT_FALSE(problem().isEmpty()) << bad;
        EXPECT_EQ(field->text(), QString::fromLatin1(bad)) << "what was written stays to be mended";
    }
    EXPECT_EQ(changed.count(), 0);
    field->setText(QStringLiteral("weights.bits=3,weights.group=64"));
    QTest::keyClick(field, Qt::Key_Return);
    EXPECT_TRUE(problem().isEmpty()) << problem().toStdString();
    EXPECT_TRUE(field->text().isEmpty());
    const auto* chip = editor.findChild<QPushButton*>(QStringLiteral("option.int3 g64"));
    ASSERT_TRUE(chip);
    EXPECT_GE(chip->parentWidget()->height(), chip->sizeHint().height()) << "there is room for it";
    EXPECT_EQ(changed.count(), 1);
    ASSERT_EQ(editor.options().size(), 1u);
    EXPECT_EQ(editor.options().front().settings, trial::parseOption("weights.bits=3,weights.group=64").value().settings);
}

trial::SensitivityTable table() {
    trial::SensitivityTable table;
    table.metric = "top1";
    table.baseline = 0.9;
    table.units = {{"a", {"a"}, 1000, 4'000'000}, {"b", {"b"}, 1000, 4'000'000}};
    table.units[0].medianNs = 3e6;
    table.units[1].medianNs = 1e6;
    table.options = {trial::parseOption("weights.bits=8").value(), trial::parseOption("compute=bf16").value()};
    table.cells.resize(4);
    return table;
}

class MixCardTest : public ::testing::Test {
protected:
    MixCardTest() { m_card.setTable(table()); }
    tune::MixGoal goalOf(int limit, double value = 0) {
        m_card.findChild<QComboBox*>(QStringLiteral("mix.limit"))->setCurrentIndex(limit);
        if (value > 0) m_card.findChild<QDoubleSpinBox*>(QStringLiteral("mix.value"))->setValue(value);
        return m_card.goal();
    }
    MixCard m_card;
};

TEST_F(MixCardTest, SaysEachKindOfLimitInTheUnitsOfTheSearch) {
    EXPECT_DOUBLE_EQ(goalOf(0).maxDrop.value, 0.01);
    EXPECT_TRUE(goalOf(0).maxDrop.relative);
    EXPECT_DOUBLE_EQ(goalOf(1, 0.5).maxDrop.value, 0.005) << "a point of a share is a hundredth";
    EXPECT_FALSE(goalOf(1).maxDrop.relative);
    EXPECT_EQ(goalOf(2).limited, Quantity::Latency);
    EXPECT_DOUBLE_EQ(goalOf(2).limit, 2) << "half of what the layers take";
    EXPECT_EQ(goalOf(3).limited, Quantity::Bytes);
    EXPECT_DOUBLE_EQ(goalOf(3, 1.5).limit, 1.5e6);
    EXPECT_EQ(goalOf(4, 4).limited, Quantity::MeanBits);
    EXPECT_DOUBLE_EQ(goalOf(4).limit, 4);
    trial::SensitivityTable perplexity = table();
    perplexity.metric = "perplexity";
    m_card.setTable(perplexity);
    EXPECT_DOUBLE_EQ(goalOf(1, 0.5).maxDrop.value, 0.5) << "of any other metric it is the metric's own unit";
}

TEST_F(MixCardTest, NeverMakesSmallWhatIsLimited) {
    auto* minimize = m_card.findChild<QComboBox*>(QStringLiteral("mix.minimize"));
    for (int limit = 0; limit < 5; ++limit) {
        goalOf(limit);
        for (int i = 0; i < minimize->count(); ++i) {
            minimize->setCurrentIndex(i);
            EXPECT_NE(m_card.goal().minimize, m_card.goal().limited);
        }
    }
    EXPECT_EQ(goalOf(0).minimize, Quantity::Latency);
    EXPECT_EQ(goalOf(2).minimize, Quantity::Loss);
    EXPECT_FALSE(m_card.goal().lastLayerToo);
    m_card.findChild<QPushButton*>(QStringLiteral("mix.last"))->click();
    EXPECT_TRUE(m_card.goal().lastLayerToo);
}

TEST_F(MixCardTest, RestsWhileASearchRunsAndSaysWhyNoneCanBegin) {
    auto* find = m_card.findChild<QPushButton*>(QStringLiteral("mix.find"));
    auto* cancel = m_card.findChild<QPushButton*>(QStringLiteral("mix.cancel"));
    m_card.setState(true, {});
    EXPECT_TRUE(find->isHidden());
    EXPECT_FALSE(cancel->isHidden());
    EXPECT_FALSE(m_card.findChild<QComboBox*>(QStringLiteral("mix.limit"))->isEnabled());
    m_card.setState(false, QStringLiteral("A sweep is running."));
    EXPECT_TRUE(cancel->isHidden());
    EXPECT_FALSE(find->isEnabled());
    EXPECT_EQ(m_card.findChild<QLabel*>(QStringLiteral("mix.note"))->text(), QStringLiteral("A sweep is running."));
    m_card.setState(false, {});
    QSignalSpy wanted(&m_card, &MixCard::wanted);
    QTest::mouseClick(find, Qt::LeftButton);
    EXPECT_EQ(wanted.count(), 1);
}

tune::MixCandidate candidate(const std::string& label, double speed, double loss) {
    tune::MixCandidate candidate;
    candidate.result.trial.label = label;
    candidate.result.isBaseline = label == "as is";
    candidate.result.speed.emplace().speedup = {speed, {speed - 0.05, speed + 0.05}};
    candidate.result.accuracy.emplace().metric = "top1";
    candidate.result.accuracyDifference = base::Estimate{-loss, {-loss - 0.001, -loss + 0.001}};
    candidate.verdict = tune::Verdict::Inside;
    return candidate;
}

tune::MixOutcome outcome() {
    tune::MixOutcome outcome;
    outcome.candidates = {candidate("as is", 1, 0), candidate("int8", 1.6, 0.001), candidate("mix 1", 1.8, 0.004)};
    outcome.candidates[2].mix = tune::Mix{{std::size_t{0}, std::nullopt}};
    outcome.best = 2;
    outcome.bestUniform = 1;
    outcome.overUniform = {1.13, {1.08, 1.18}};
    return outcome;
}

TEST(MixText, SetsTheBestMixBesideTheBestSingleRecipe) {
    const QString text = mixSentence(outcome());
    for (const char* part : {"Mix 1", "1.80× (1.75 … 1.85)", "−0.40 pt", "int8", "1.60×", "1.13× (1.08 … 1.18)"})
        EXPECT_TRUE(text.contains(QString::fromUtf8(part))) << part << " is not in: " << text.toStdString();
    const QString parts = mixParts(table(), outcome());
    EXPECT_TRUE(parts.contains(QStringLiteral("1 of int8"))) << parts.toStdString();
    EXPECT_TRUE(parts.contains(QStringLiteral("1 as it is"))) << parts.toStdString();
    EXPECT_FALSE(parts.contains(QStringLiteral("bf16")));
}

TEST(MixText, SaysWhereAMixCannotBeToldFromTheBestSingleRecipe) {
    auto close = outcome();
    close.overUniform = {1.01, {0.97, 1.05}};
    EXPECT_TRUE(mixSentence(close).contains(QStringLiteral("cannot be told")));
}

TEST(MixText, SaysWhenNoMixIsTheBest) {
    auto uniform = outcome();
    uniform.best = 1;
    EXPECT_TRUE(mixSentence(uniform).startsWith(QStringLiteral("No mix"))) << mixSentence(uniform).toStdString();
    EXPECT_TRUE(mixParts(table(), uniform).isEmpty());
    auto none = outcome();
    none.best = none.bestUniform = 0;
    EXPECT_TRUE(mixSentence(none).contains(QStringLiteral("as it is")));
    none.best = none.bestUniform = std::nullopt;
    EXPECT_TRUE(mixSentence(none).contains(QStringLiteral("inside the limit for certain")));
    auto alone = outcome();
    alone.bestUniform = std::nullopt;
    EXPECT_TRUE(mixSentence(alone).contains(QStringLiteral("no single recipe")));
}

}  // namespace
}  // namespace trimtab::gui
