// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>

#include "app/gui/models/layer_table_model.h"
#include "app/gui/models/roles.h"
#include "app/gui/models/table_filter.h"
#include "app/gui/models/text.h"
#include "app/gui/models/trial_table_model.h"
#include "tests/support/study_example.h"

namespace trimtab::gui {
namespace {

SnapshotPtr snapshotOf(std::size_t count) {
    auto snapshot = std::make_shared<StudySnapshot>();
    snapshot->study = support::exampleStudy();
    snapshot->study.id = 1;
    snapshot->results = support::exampleResults();
    snapshot->results.resize(std::min(count, snapshot->results.size()));
    std::int64_t id = 0;
    for (auto& result : snapshot->results) result.id = ++id;
    if (auto rows = tune::paretoRows(snapshot->results)) snapshot->rows = *rows;
    return snapshot;
}

TEST(TrialTable, KeepsTheContractOfItemModelsWhileItGrows) {
    TrialTableModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    for (std::size_t count = 1; count <= 5; ++count) {
        const SnapshotPtr snapshot = snapshotOf(count);
        model.setSnapshot(snapshot);
        EXPECT_EQ(model.rowCount(), static_cast<int>(snapshot->results.size()));
    }
    model.setSnapshot(nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(TrialTable, GivesNoSpeedToEmulatedTrials) {
    TrialTableModel model;
    const SnapshotPtr snapshot = snapshotOf(99);
    model.setSnapshot(snapshot);
    int emulated = 0;
    for (int row = 0; row < model.rowCount(); ++row) {
        if (snapshot->results[static_cast<std::size_t>(row)].execution != trace::Execution::Emulated) continue;
        ++emulated;
        EXPECT_EQ(model.index(row, TrialTableModel::Latency).data().toString(), QStringLiteral("–"));
        EXPECT_EQ(model.index(row, TrialTableModel::Speedup).data().toString(), QStringLiteral("–"));
        EXPECT_EQ(model.index(row, TrialTableModel::Execution).data().toString(), QStringLiteral("Emulated"));
    }
    EXPECT_GT(emulated, 0);
}

TEST(LayerTable, KnowsWhetherAnythingIsBroughtIntoAnotherForm) {
    using Column = LayerTableModel::Column;
    auto layers = std::make_shared<std::vector<trace::LayerRecord>>(2);
    LayerTableModel model({Column::Layer, Column::Bytes, Column::Reformat});
    EXPECT_FALSE(model.says(Column::Reformat));
    model.setLayers(layers);
    EXPECT_FALSE(model.says(Column::Reformat));
    (*layers)[1].reformatBytes = 2'500'000;
    model.setLayers(layers);
    EXPECT_TRUE(model.says(Column::Reformat));
    ASSERT_EQ(model.place(Column::Reformat), 2);
    EXPECT_EQ(model.index(0, 2).data().toString(), QStringLiteral("–"));
    EXPECT_EQ(model.index(1, 2).data().toString(), bytesText(2.5e6));
    EXPECT_EQ(model.place(Column::Kernel), -1);
}

TEST(TableFilter, SortsByFiguresNotByTheirText) {
    auto layers = std::make_shared<std::vector<trace::LayerRecord>>(3);
    (*layers)[0].node = "a", (*layers)[0].operations = 9e3;
    (*layers)[1].node = "b", (*layers)[1].operations = 1.2e6;
    (*layers)[2].node = "c", (*layers)[2].operations = 800;
    LayerTableModel model({LayerTableModel::Column::Layer, LayerTableModel::Column::Operations});
    model.setLayers(layers);
    TableFilter filter;
    filter.setSourceModel(&model);
    filter.sort(1, Qt::DescendingOrder);
    EXPECT_EQ(filter.index(0, 0).data().toString(), QStringLiteral("b"));
    EXPECT_EQ(filter.index(2, 0).data().toString(), QStringLiteral("c"));
    EXPECT_DOUBLE_EQ(filter.index(0, 1).data(BarRole).toDouble(), 1.0);
}

TEST(TableFilter, KeepsRowsThatHoldEveryWord) {
    auto layers = std::make_shared<std::vector<trace::LayerRecord>>(3);
    (*layers)[0].node = "/stage1/conv", (*layers)[0].op = "Conv";
    (*layers)[1].node = "/stage1/pool", (*layers)[1].op = "MaxPool";
    (*layers)[2].node = "/stage2/conv", (*layers)[2].op = "Conv";
    LayerTableModel model({LayerTableModel::Column::Layer, LayerTableModel::Column::Operator});
    model.setLayers(layers);
    TableFilter filter;
    filter.setSourceModel(&model);
    filter.setWords(QStringLiteral("STAGE1 conv"));
    ASSERT_EQ(filter.rowCount(), 1);
    EXPECT_EQ(filter.index(0, 0).data().toString(), QStringLiteral("/stage1/conv"));
    filter.setWords({});
    EXPECT_EQ(filter.rowCount(), 3);
}

TEST(Text, SaysWhatARecipeDoes) {
    const auto recipe = recipe::parse(R"({"prune":{"ratio":0.5},"weights":{"bits":4,"group":32}})");
    ASSERT_TRUE(recipe);
    const QString text = recipeSentences(*recipe, {}).join(' ');
    EXPECT_TRUE(text.contains("50 %")) << text.toStdString();
    EXPECT_TRUE(text.contains("4 bits")) << text.toStdString();
    EXPECT_TRUE(text.contains("32")) << text.toStdString();
    EXPECT_FALSE(recipeSentences({}, {}).isEmpty());
}

TEST(Text, WritesDifferencesOfSharesInPoints) {
    const base::Estimate difference{-0.004, {-0.009, 0.001}};
    EXPECT_EQ(metricDifferenceText("top1", difference), QStringLiteral("−0.40 pt (−0.90 … +0.10)"));
    EXPECT_EQ(durationText(80), QStringLiteral("1 min 20 s"));
}

}  // namespace
}  // namespace trimtab::gui
