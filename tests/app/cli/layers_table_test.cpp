// Tables of layers and of compressed weights, for people.
#include "app/cli/layers_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/compression_text.h"
#include "app/cli/sensitivity_options.h"

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

TEST(CompressionTable, ShowsWhatIsBelowZeroDecibelsAndADashForUntouchedWeights) {
    ipc::CompressAnswer answer;
    answer.layers.resize(2);
    answer.layers[0].sqnrDb = -1;
    EXPECT_THAT(compressionTable(answer), HasSubstr("-1.0 dB"));
    answer.layers.erase(answer.layers.begin());
    const std::string untouched = compressionTable(answer);
    EXPECT_EQ(untouched.find("dB"), std::string::npos);
}

TEST(CompressionTable, SaysWhatSharesAScale) {
    ipc::CompressAnswer answer;
    answer.layers.resize(1);
    const auto shown = [&](int bits, std::int64_t group) {
        answer.layers[0].bits = bits;
        answer.layers[0].group = group;
        return compressionTable(answer);
    };
    EXPECT_THAT(shown(8, -1), HasSubstr(" tensor "));
    EXPECT_THAT(shown(8, 0), HasSubstr(" channel "));
    EXPECT_THAT(shown(4, 48), HasSubstr(" 48 "));
    EXPECT_THAT(shown(32, 0), Not(HasSubstr("channel")));
}

TEST(CompressionText, WarnsOfLayersWhoseInputsWereSeenInFewRows) {
    ipc::CompressAnswer answer;
    answer.layers.resize(3);
    answer.layers[1].node = "enough";
    answer.layers[1].inputColumns = 32;
    answer.layers[1].calibrationRows = 128;
    EXPECT_THAT(compressionText(answer, "small.onnx"), Not(HasSubstr("few rows")));
    answer.layers[2] = answer.layers[1];
    answer.layers[2].node = "wide";
    answer.layers[2].inputColumns = 33;
    const std::string text = compressionText(answer, "small.onnx");
    EXPECT_THAT(text, HasSubstr("few rows"));
    EXPECT_THAT(text, HasSubstr("1 of 3 layers saw fewer than 4 rows"));
    EXPECT_THAT(text, HasSubstr("wide: 128 rows for 33 columns"));
}

TEST(SensitivityText, ShowsNoLossOfMinusNothing) {
    trial::SensitivityTable table;
    table.metric = "top1";
    table.units.resize(1);
    table.options = {trial::usualOptions().front()};
    table.cells.resize(1);
    table.cells[0].loss = {-0.0, {-1, 1}};
    EXPECT_THAT(sensitivityText(table), HasSubstr("+0 ?"));
    EXPECT_THAT(sensitivityText(table), Not(HasSubstr("-0")));
}

TEST(CompressionText, SaysWhichUnitsStayAndWhy) {
    ipc::CompressAnswer answer;
    EXPECT_THAT(compressionText(answer, "small.onnx"), Not(HasSubstr("left alone")));
    answer.leftAlone = {{"conv_1", "its channels are an output"}};
    EXPECT_THAT(compressionText(answer, "small.onnx"), HasSubstr("units of conv_1 stay: its channels are an output"));
}

TEST(ChannelTable, NamesTheChannelsThatStandOut) {
    ipc::CompressAnswer answer;
    answer.channels = {{"uneven", 64, 7, 90, 45, 30, {{17, 90, 45}, {3, 30, 15}}}, {"even", 64, 0, 2, 1.5, 3, {}}};
    const std::string table = channelTable(answer);
    EXPECT_THAT(table, HasSubstr("17 (45.00×), 3 (15.00×), …"));
    EXPECT_THAT(table.substr(table.find("even", table.find("uneven") + 6)), HasSubstr("–"));
    answer.channels[0].outliers = 2;
    EXPECT_THAT(channelTable(answer), Not(HasSubstr("…")));
}

TEST(StorageFormsTable, ListsPrunedLayersWithTheirSmallestForm) {
    ipc::CompressAnswer answer;
    answer.layers.resize(2);
    answer.layers[0].node = "dense layer";
    EXPECT_EQ(storageFormsTable(answer), "");
    answer.layers[1].node = "pruned layer";
    answer.layers[1].skipsZeros = true;
    answer.layers[1].forms = {{"dense", 4000}, {"csr", 2600}, {"coo", 3100}, {"bsr 16x16", 1200}, {"bitmap", 2100}};
    const std::string table = storageFormsTable(answer);
    EXPECT_THAT(table, Not(HasSubstr("dense layer")));
    for (const char* cell : {"pruned layer", "4.00 kB", "2.60 kB", "3.10 kB", "1.20 kB", "2.10 kB", "–", "bsr 16x16"})
        EXPECT_THAT(table, HasSubstr(cell));
    EXPECT_THAT(table, HasSubstr("The file holds the dense form"));
    EXPECT_THAT(table.substr(0, table.find("The file")), Not(HasSubstr("bytes only")));
}

TEST(StorageFormsTable, PromisesNoSpeedWhereNoKernelSkipsZeros) {
    ipc::CompressAnswer answer;
    answer.layers.resize(3);
    for (auto& layer : answer.layers) layer.forms = {{"dense", 4000}, {"bitmap", 2100}};
    answer.layers[0].op = "Conv";
    answer.layers[1].op = "MatMul";
    answer.layers[1].bits = 4;
    answer.layers[2].op = "MatMul";
    const std::string table = storageFormsTable(answer);
    for (const char* reason : {"pruned convolutions", "pruned weights of 4 bits", "this product"})
        EXPECT_THAT(table, HasSubstr("bitmap; bytes only: no kernel for " + std::string(reason)));
}

}  // namespace
}  // namespace trimtab::cli
