// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>

#include "app/gui/models/promise_table_model.h"
#include "app/gui/models/roles.h"
#include "app/gui/models/text.h"

namespace trimtab::gui {
namespace {

/// Of a layer that was to run four times as fast and runs twice as fast, of one that is there no more, and of one that was added.
PromiseTableModel::Differences differences() {
    explain::LayerDifference slower, gone, added;
    slower.node = slower.a.node = slower.b.node = "/fc";
    slower.a.medianNs = 2e6;
    slower.b.medianNs = 1e6;
    slower.b.kernel = "a kernel";
    slower.promise = 4;
    slower.result = 2;
    slower.note = "because";
    gone.node = gone.a.node = "/gone";
    gone.a.medianNs = 4e6;
    added.node = added.b.node = "/added";
    added.b.medianNs = 5e5;
    return std::make_shared<const std::vector<explain::LayerDifference>>(std::vector{slower, gone, added});
}

TEST(PromiseTable, SetsWhatWasPromisedBesideWhatCame) {
    using Column = PromiseTableModel::Column;
    PromiseTableModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    EXPECT_EQ(model.rowCount(), 0);
    model.setDifferences(differences());
    ASSERT_EQ(model.rowCount(), 3);
    const auto text = [&model](int row, Column column) { return model.index(row, column).data().toString(); };
    EXPECT_EQ(text(0, Column::Promise), QStringLiteral("4.00×"));
    EXPECT_EQ(text(0, Column::Result), QStringLiteral("2.00×"));
    EXPECT_EQ(text(0, Column::Why), QStringLiteral("because"));
    EXPECT_EQ(text(0, Column::ThisTime), millisecondsText(1));
    EXPECT_EQ(model.index(0, Column::This).data(Qt::ToolTipRole).toString(), QStringLiteral("a kernel"));
    EXPECT_DOUBLE_EQ(model.index(0, Column::OthersTime).data(BarRole).toDouble(), 0.5) << "both times have one scale";
    for (const Column column : {Column::This, Column::ThisTime, Column::Promise, Column::Result})
        EXPECT_EQ(text(1, column), QStringLiteral("–")) << "of a layer that left nothing is claimed";
    for (const Column column : {Column::Other, Column::OthersTime, Column::Promise, Column::Result})
        EXPECT_EQ(text(2, column), QStringLiteral("–")) << "nor of one that the other does not have";
    EXPECT_EQ(text(2, Column::ThisTime), millisecondsText(0.5));
    EXPECT_LT(model.index(1, Column::Result).data(SortRole).toDouble(), 0) << "what is not known sorts before every figure";
}

}  // namespace
}  // namespace trimtab::gui
