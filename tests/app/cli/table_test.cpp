#include "app/cli/table.h"

#include <gtest/gtest.h>

#include "app/cli/progress.h"

namespace trimtab::cli {
namespace {

TEST(Table, AlignsColumnsByWhatIsSeen) {
    Table table({{"name"}, {"n", Align::Right}});
    table.add({"a", "1000"});
    table.add({"größer", "1"});
    EXPECT_EQ(table.text(),
              "name       n\n"
              "──────  ────\n"
              "a       1000\n"
              "größer     1\n");
}

TEST(Table, LeavesNoSpacesAtTheEndOfALine) {
    Table table({{"a"}, {"b"}});
    table.add({"wide", ""});
    EXPECT_EQ(table.text(), "a     b\n────  ─\nwide\n");
}

TEST(Text, IsClippedByWhatIsSeen) {
    EXPECT_EQ(clipped("größer", 6), "größer");
    EXPECT_EQ(clipped("größer", 4), "grö…");
    EXPECT_EQ(clipped("x", 0), "");
    EXPECT_EQ(displayWidth("95 %: …"), 7u);
}

TEST(Text, OfHostileFilesCannotDriveTheTerminal) { EXPECT_EQ(printable("a\x1b[2J\nb\x7f"), "a [2J b "); }

TEST(Seconds, AreToldAsPeopleSayThem) {
    EXPECT_EQ(formatSeconds(-1), "");
    EXPECT_EQ(formatSeconds(44.2), "45 s");
    EXPECT_EQ(formatSeconds(200), "3 min 20 s");
    EXPECT_EQ(formatSeconds(7260), "2 h 1 min");
}

}  // namespace
}  // namespace trimtab::cli
