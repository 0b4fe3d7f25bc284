#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trace/layer_record.h"
#include "core/trace/node_scope.h"

namespace trimtab::trace {
namespace {

LayerRecord sample() {
    LayerRecord record;
    record.node = "/conv1/Conv";
    record.op = "FusedConv";
    record.origins = {"/conv1/Conv", "/relu/Relu"};
    record.kernel = "onednn conv";
    record.compute = "int8";
    record.weightBits = 8;
    record.activationBits = 8;
    record.group = 32;
    record.density = 0.1;
    record.execution = Execution::Emulated;
    record.reason = "no kernel";
    record.operations = 1.5e12;
    record.parameters = 432;
    record.weightBytes = 1728;
    record.activationBytes = 99;
    record.medianNs = 1234.5;
    record.share = 1.0 / 3;
    record.sqnrDb = 31.25;
    return record;
}

TEST(LayerRecord, ReadsBackAsItWasWritten) {
    const auto again =
        layerRecordsFromJson(*base::parseJson(base::dumpJson(toJson(std::vector{sample(), LayerRecord{"plain"}})), "records"));
    ASSERT_TRUE(again) << again.error().text();
    ASSERT_EQ(again->size(), 2U);
    const LayerRecord& record = again->front();
    const LayerRecord wanted = sample();
    EXPECT_EQ(record.node, wanted.node);
    EXPECT_EQ(record.op, wanted.op);
    EXPECT_EQ(record.origins, wanted.origins);
    EXPECT_EQ(record.kernel, wanted.kernel);
    EXPECT_EQ(record.compute, wanted.compute);
    EXPECT_EQ(record.weightBits, wanted.weightBits);
    EXPECT_EQ(record.activationBits, wanted.activationBits);
    EXPECT_EQ(record.group, wanted.group);
    EXPECT_EQ(record.density, wanted.density);
    EXPECT_EQ(record.execution, wanted.execution);
    EXPECT_EQ(record.reason, wanted.reason);
    EXPECT_EQ(record.operations, wanted.operations);
    EXPECT_EQ(record.parameters, wanted.parameters);
    EXPECT_EQ(record.weightBytes, wanted.weightBytes);
    EXPECT_EQ(record.activationBytes, wanted.activationBytes);
    EXPECT_EQ(record.medianNs, wanted.medianNs);
    EXPECT_EQ(record.share, wanted.share);
    EXPECT_EQ(record.sqnrDb, wanted.sqnrDb);
    EXPECT_EQ(again->back().medianNs, -1);
}

TEST(LayerRecord, RefusesWhatIsNoRecord) {
    for (const char* text :
         {"[1]", "{}", R"([{"op": "Conv"}])", R"([{"node": 1}])", R"([{"node": "a", "execution": "fast"}])",
          R"([{"node": "a", "weight_bits": 0}])", R"([{"node": "a", "origins": [1]}])", R"([{"node": "a", "density": "x"}])"}) {
        const auto records = layerRecordsFromJson(*base::parseJson(text, "records"));
        ASSERT_FALSE(records) << text;
        EXPECT_EQ(records.error().code, ErrorCode::Refused);
    }
}

TEST(LayerRecord, FiguresThatJsonCannotHoldReadBackAsNotKnown) {
    LayerRecord record = sample();
    record.sqnrDb = std::numeric_limits<double>::infinity();
    record.medianNs = std::numeric_limits<double>::quiet_NaN();
    const auto again = layerRecordFromJson(*base::parseJson(base::dumpJson(toJson(record)), "record"));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->sqnrDb);
    EXPECT_EQ(again->medianNs, -1);
}

TEST(LayerRecord, MoreNoiseThanSignalIsNotTakenForAnUntouchedWeight) {
    LayerRecord record = sample();
    record.sqnrDb = -1.25;
    EXPECT_EQ(layerRecordFromJson(toJson(record))->sqnrDb, -1.25);
    record.sqnrDb.reset();
    EXPECT_FALSE(toJson(record).contains("sqnr_db"));
    EXPECT_FALSE(layerRecordFromJson(toJson(record))->sqnrDb);
}

TEST(LayerRecord, ReadsUntouchedWeightsOfEarlierSessions) {
    const auto record = layerRecordFromJson(*base::parseJson(R"({"node": "a", "sqnr_db": -1.0})", "record"));
    ASSERT_TRUE(record);
    EXPECT_FALSE(record->sqnrDb);
}

TEST(LayerRecord, OneEmulatedLayerMakesTheWholeEmulated) {
    LayerRecord native{"a"};
    EXPECT_EQ(overall({}), Execution::Native);
    EXPECT_EQ(overall({native, native}), Execution::Native);
    EXPECT_EQ(overall({native, sample()}), Execution::Emulated);
}

class Listener final : public NodeListener {
public:
    void beginNode(std::int32_t layer) override { calls.push_back(layer); }
    void endNode(std::int32_t layer) override { calls.push_back(-1 - layer); }
    std::vector<std::int32_t> calls;
};

TEST(NodeScope, TellsBeginAndEndAndNeedsNoListener) {
    Listener listener;
    {
        const NodeScope scope(&listener, 3);
        const NodeScope silent(nullptr, 4);
        EXPECT_THAT(listener.calls, testing::ElementsAre(3));
    }
    EXPECT_THAT(listener.calls, testing::ElementsAre(3, -4));
}

}  // namespace
}  // namespace trimtab::trace
