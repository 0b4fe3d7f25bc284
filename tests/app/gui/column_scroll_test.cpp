// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QLabel>
#include <QTest>
#include <QVBoxLayout>

#include "app/gui/views/common/column_scroll.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {
namespace {

TEST(ColumnScroll, GivesWrappedTextItsHeightAndScrollsInsteadOfPressingItTogether) {
    auto* column = new QWidget;
    auto* layout = new QVBoxLayout(column);
    auto* block = new QWidget;  // a card with text of its own
    auto* inner = new QVBoxLayout(block);
    QLabel* above = makeLabel(QStringLiteral("A sentence that takes several lines of a narrow column. ").repeated(6));
    QLabel* within = makeLabel(QStringLiteral("Another one, a layout deeper. ").repeated(6));
    inner->addWidget(within);
    layout->addWidget(above);
    layout->addWidget(block);
    layout->addStretch();
    ColumnScroll scroll(column);
    scroll.resize(200, 90);
    scroll.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&scroll));
    for (QLabel* label : {above, within}) EXPECT_GE(label->height(), label->heightForWidth(label->width()));
    EXPECT_GT(column->height(), scroll.viewport()->height());
    above->setText(above->text().repeated(2));
    QCoreApplication::sendPostedEvents();
    QCoreApplication::processEvents();
    EXPECT_GE(above->height(), above->heightForWidth(above->width()));
    above->setText(QStringLiteral("Short."));
    within->hide();
    QCoreApplication::sendPostedEvents();
    QCoreApplication::processEvents();
    EXPECT_EQ(column->height(), scroll.viewport()->height()) << "it has room again";
}

}  // namespace
}  // namespace trimtab::gui
