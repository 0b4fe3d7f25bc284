// Tables of layers and of compressed weights, for people.
#include "app/cli/layers_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/compression_text.h"

namespace trimtab::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(LayersTable, ShowsReformattingWhereThereIsAny) {
    trace::LayerRecord plain, moved;
    plain.node = "first";
    moved.node = "second";
    EXPECT_THAT(layersTable({plain, moved}), Not(HasSubstr("reformat")));
    moved.reformatBytes = 3'200'000;
    const std::string table = layersTable({plain, moved});
    EXPECT_THAT(table, HasSubstr("reformat"));
    EXPECT_THAT(table.substr(table.find("second")), HasSubstr("3.20 MB"));
    EXPECT_THAT(table.substr(table.find("first"), table.find("second") - table.find("first")), Not(HasSubstr("3.20 MB")));
}

TEST(StorageFormsTable, ListsPrunedLayersWithTheirSmallestForm) {
    ipc::CompressAnswer answer;
    answer.layers.resize(2);
    answer.layers[0].node = "dense layer";
    EXPECT_EQ(storageFormsTable(answer), "");
    answer.layers[1].node = "pruned layer";
    answer.layers[1].forms = {{"dense", 4000}, {"csr", 2600}, {"coo", 3100}, {"bsr 16x16", 1200}, {"bitmap", 2100}};
    const std::string table = storageFormsTable(answer);
    EXPECT_THAT(table, Not(HasSubstr("dense layer")));
    for (const char* cell : {"pruned layer", "4.00 kB", "2.60 kB", "3.10 kB", "1.20 kB", "2.10 kB", "–", "bsr 16x16"})
        EXPECT_THAT(table, HasSubstr(cell));
    EXPECT_THAT(table, HasSubstr("The file holds the dense form"));
}

}  // namespace
}  // namespace trimtab::cli
