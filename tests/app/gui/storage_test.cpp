// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>

#include "app/gui/models/roles.h"
#include "app/gui/models/storage_table_model.h"
#include "app/gui/models/text.h"
#include "app/gui/tasks/storage_task.h"
#include "tests/support/study_example.h"

namespace trimtab::gui {
namespace {

using Report = StorageTableModel::Report;

/// Two layers, the second pruned, with the first one's input looked at.
Report report() {
    auto report = std::make_shared<ipc::CompressAnswer>();
    ipc::CompressAnswer::Layer plain;
    plain.node = "/first";
    plain.bits = 4;
    plain.group = 32;
    plain.format = "int";
    plain.originalBytes = 4096;
    plain.storedBytes = 640;
    ipc::CompressAnswer::Layer pruned;
    pruned.node = "/second";
    pruned.format = "fp32";
    pruned.density = 0.25;
    pruned.originalBytes = pruned.storedBytes = 8192;
    pruned.forms = {{"dense", 8192}, {"csr", 4100}, {"bsr 4x4", 9000}};
    report->layers = {plain, pruned};
    ipc::ChannelRow channels;
    channels.node = "/first";
    channels.channels = 64;
    channels.outliers = 3;
    channels.timesMedian = 12.5;
    report->channels = {channels};
    return report;
}

TEST(StorageTable, ShowsFormsOfPrunedLayersAndOutliersOfInputs) {
    using Column = StorageTableModel::Column;
    StorageTableModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_FALSE(model.says(Column::Before));
    model.setReport(report());
    ASSERT_EQ(model.rowCount(), 2);
    const auto text = [&model](int row, Column column) { return model.index(row, column).data().toString(); };
    EXPECT_EQ(text(0, Column::Format), QStringLiteral("int4, groups of 32"));
    EXPECT_EQ(text(0, Column::After), bytesText(640));
    EXPECT_EQ(text(0, Column::Csr), QStringLiteral("–"));
    EXPECT_EQ(text(1, Column::Csr), bytesText(4100));
    EXPECT_EQ(text(1, Column::Bsr), bytesText(9000)) << "a form's extent stands behind its name";
    EXPECT_EQ(text(1, Column::Smallest), QStringLiteral("csr"));
    EXPECT_EQ(text(1, Column::Density), QStringLiteral("25.0 %"));
    EXPECT_EQ(text(0, Column::Outliers), QStringLiteral("3 of 64"));
    EXPECT_EQ(text(1, Column::Outliers), QStringLiteral("–"));
    EXPECT_TRUE(model.says(Column::Csr) && model.says(Column::Smallest) && model.says(Column::Kurtosis));
    EXPECT_FALSE(model.says(Column::Packed) || model.says(Column::Sqnr)) << "nothing is known there";
    EXPECT_LT(model.index(0, Column::Csr).data(SortRole).toDouble(), 0) << "what is not known sorts before every figure";
}

TEST(StorageTask, LooksAtInputsOnlyWhereThereAreDataToLookAt) {
    trial::Study study = support::exampleStudy();
    trial::TrialResult result;
    result.trial.recipe = recipe::parse(R"({"weights":{"bits":4}})").value();
    study.dataPath.clear();
    study.calibration = {};
    EXPECT_FALSE(StorageTask::requestFor(study, result, {}, {}).reportChannels);
    study.calibration.path = "/some/data";
    EXPECT_TRUE(StorageTask::requestFor(study, result, {}, {}).reportChannels);
    EXPECT_EQ(StorageTask::requestFor(study, result, QStringLiteral("/moved.onnx"), {}).model.model, "/moved.onnx");
}

}  // namespace
}  // namespace trimtab::gui
