// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>

#include "app/gui/models/axis_catalog.h"
#include "app/gui/views/sweep/axis_row.h"
#include "app/gui/views/sweep/calibration_card.h"
#include "app/gui/views/sweep/variants_card.h"
#include "core/tune/search_space.h"
#include "tests/app/gui/window_fixture.h"

namespace trimtab::gui {
namespace {

trial::Axis axis(const std::string& text) { return trial::parseAxis(text).value(); }

TEST(AxisCatalog, OffersOnlyValuesThatTheRecipeTakesEachWithALabel) {
    int offers = 0;
    for (const AxisGroup& group : axisGroups()) {
        EXPECT_FALSE(group.title.isEmpty());
        for (const AxisOffer& offer : group.offers) {
            ++offers;
            EXPECT_EQ(offer.values.size(), offer.labels.size()) << offer.path.toStdString();
            EXPECT_FALSE(offer.explanation.isEmpty());
            for (const QString& value : offer.values) {
                const auto parsed = trial::parseAxis((offer.path + '=' + value).toStdString());
                ASSERT_TRUE(parsed) << offer.path.toStdString() << ' ' << value.toStdString() << ": " << parsed.error().text();
                EXPECT_EQ(axisValueText(parsed->values.front()), value);
            }
        }
    }
    EXPECT_GE(offers, 16);
}

TEST(AxisCatalog, KnowsWhichValuesLookAtData) {
    for (const char* looks : {"weights.method=rtn,gptq", "weights.method=awq", "prune.method=wanda", "prune.method=taylor",
                              "prune.scope=sensitivity", "activations.mode=static"})
        EXPECT_TRUE(wantsCalibration({axis("run.batch=1"), axis(looks)})) << looks;
    for (const char* blind : {"weights.method=rtn,mse,hqq", "prune.method=magnitude,random", "prune.pattern=2:4",
                              "activations.mode=dynamic", "weights.bits=8,4", "kv_cache.bits=8"})
        EXPECT_FALSE(wantsCalibration({axis(blind)})) << blind;
    EXPECT_FALSE(wantsCalibration({}));
}

TEST(AxisRow, TakesAPatternForAPatternAndNotForARange) {
    for (const AxisGroup& group : axisGroups())
        for (const AxisOffer& offer : group.offers) {
            AxisRow row(offer);
            for (const QString& value : offer.values) {
                auto* chip = row.findChild<QPushButton*>(QStringLiteral("axis.%1.%2").arg(offer.path, value));
                ASSERT_NE(chip, nullptr);
                chip->setChecked(true);
                const auto chosen = row.axis();
                ASSERT_TRUE(chosen) << value.toStdString();
                ASSERT_EQ(chosen->values.size(), 1U);
                EXPECT_EQ(axisValueText(chosen->values.front()), value);
                chip->setChecked(false);
            }
        }
}

TEST(SweepPresets, AllComeToConfigurations) {
    for (const SweepPreset& preset : sweepPresets()) {
        trial::Study study;
        for (const QString& text : preset.axes) study.axes.push_back(axis(text.toStdString()));
        const auto grid = tune::expandGrid(study);
        ASSERT_TRUE(grid) << preset.title.toStdString();
        EXPECT_GT(grid->trials.size(), 3U) << preset.title.toStdString();
    }
}

TEST(CalibrationCard, SaysWhatIsTakenAndTellsWhatWasChosen) {
    gui_tests::ReadyAnswers files;
    CalibrationCard card(files);
    card.show({}, {}, false);
    const auto source = [&card] { return card.findChild<QLabel*>(QStringLiteral("sweep.calibration"))->text(); };
    const auto note = [&card] { return card.findChild<QLabel*>(QStringLiteral("sweep.calibrationNote"))->text(); };
    EXPECT_TRUE(source().contains(QStringLiteral("drawn"))) << source().toStdString();
    EXPECT_TRUE(note().contains(QStringLiteral("Nothing")));
    card.show({}, QStringLiteral("/some/where/digits"), true);
    EXPECT_TRUE(source().contains(QStringLiteral("digits")));
    EXPECT_TRUE(note().contains(QStringLiteral("labels are not read")));
    QSignalSpy changed(&card, &CalibrationCard::changed);
    files.answer = QStringLiteral("/other/data");
    QTest::mouseClick(card.findChild<QPushButton*>(QStringLiteral("sweep.calibrationFolder")), Qt::LeftButton);
    ASSERT_EQ(changed.count(), 1);
    auto chosen = changed.back().front().value<trial::Calibration>();
    EXPECT_EQ(chosen.path, "/other/data");
    EXPECT_EQ(chosen.samples, 128);
    card.show({"/other/data", 128, "hash"}, {}, true);
    card.findChild<QSpinBox*>(QStringLiteral("sweep.calibrationSamples"))->setValue(32);
    chosen = changed.back().front().value<trial::Calibration>();
    EXPECT_EQ(chosen.samples, 32);
    EXPECT_EQ(chosen.hash, "hash") << "the same data";
    QTest::mouseClick(card.findChild<QPushButton*>(QStringLiteral("sweep.calibrationOwn")), Qt::LeftButton);
    chosen = changed.back().front().value<trial::Calibration>();
    EXPECT_TRUE(chosen.path.empty() && chosen.hash.empty());
}

TEST(VariantsCard, KeepsWhatIsAddedUnderNamesThatDiffer) {
    gui_tests::ReadyAnswers files;
    VariantsCard card(files);
    std::vector<trial::Variant> shown;
    QObject::connect(&card, &VariantsCard::changed, &card, [&](const std::vector<trial::Variant>& variants) {
        shown = variants;
        card.show(variants);
    });
    const auto press = [&card](const char* name) {
        QTest::mouseClick(card.findChild<QPushButton*>(QString::fromLatin1(name)), Qt::LeftButton);
    };
    for (const char* path : {"/awq/model.onnx", "/gptq/model.onnx", "/other/gptq/model.onnx"}) {
        files.answer = QString::fromLatin1(path);
        press("sweep.variantFile");
    }
    ASSERT_EQ(shown.size(), 3U);
    EXPECT_EQ(shown[0].name, "model");
    EXPECT_EQ(shown[1].name, "gptq/model");
    EXPECT_EQ(shown[2].name, "gptq/model 2");
    EXPECT_EQ(shown[2].path, "/other/gptq/model.onnx");
    press("sweep.removeVariant.gptq/model");
    ASSERT_EQ(shown.size(), 2U);
    EXPECT_EQ(shown[1].path, "/other/gptq/model.onnx");
}

}  // namespace
}  // namespace trimtab::gui
