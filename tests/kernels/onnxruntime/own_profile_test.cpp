// What ONNX Runtime's own profiler tells: whose nodes those are that it ran, and when.
#include <fstream>
#include <set>

#include <gmock/gmock.h>

#include "kernels/onnxruntime/own_profile.h"
#include "kernels/onnxruntime/own_rows.h"
#include "tests/core/graph/graph_builder.h"
#include "tests/kernels/onnxruntime/harness.h"

namespace trimtab::onnxruntime {
namespace {

using graph::ValueId;
using graph::testing::dims;
using graph::testing::GraphBuilder;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<trace::LayerRecord> rowsOf(const Graph& graph) {
    std::vector<trace::LayerRecord> rows;
    for (const graph::Node& node : graph.nodes) {
        trace::LayerRecord& row = rows.emplace_back();
        row.node = node.name;
        row.op = node.op;
        row.origins = node.origins;
        row.operations = node.op == "MatMul" ? 100 : 1;
        row.activationBytes = 1000;
    }
    return rows;
}

/// Relu(MatMul(x, w) + b) · MatMul(…): as a file has it, and as a library might make two nodes of it with a form of its own between.
struct OwnRows : testing::Test {
    OwnRows() {
        const ValueId x = given.input("x", dims({2, 4}));
        const ValueId product = given.add("MatMul", {x, given.zeros(Shape{4, 4})});
        const ValueId sum = given.add("Add", {product, given.zeros(Shape{4})});
        given.output(given.add("Relu", {sum}));
        EXPECT_TRUE(graph::inferShapes(given.graph));
    }
    std::string outputName() const { return given.graph.value(given.graph.outputs[0]).name; }
    graph::Node& made(const std::string& name, const std::string& op, ValueId from, const std::string& to) {
        graph::Value value;
        value.name = to;
        graph::Node node;
        node.name = name;
        node.op = op;
        node.inputs = {from};
        node.outputs = {rewritten.graph.addValue(value)};
        rewritten.graph.nodes.push_back(node);
        return rewritten.graph.nodes.back();
    }

    GraphBuilder given, rewritten;
};

TEST_F(OwnRows, AFusedNodeGrewFromAllThatLeadToItsResult) {
    const ValueId x = rewritten.input("x", dims({2, 4}));
    made("MatMul_0", "FusedGemm", x, outputName());
    const auto rows = ownRows(given.graph, rowsOf(given.graph), rewritten.graph);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_THAT(rows[0].origins, ElementsAre("MatMul_0", "Add_1", "Relu_2"));
    EXPECT_EQ(rows[0].node, "MatMul_0") << "the one that computes most";
    EXPECT_EQ(rows[0].op, "FusedGemm");
    EXPECT_EQ(rows[0].operations, 102);
    EXPECT_EQ(rows[0].activationBytes, 2 * 2 * 4 * 4) << "what is inside a fused node moves nowhere";
}

TEST_F(OwnRows, WhatOnlyChangesTheFormBelongsToWhoReadsIt) {
    const ValueId x = rewritten.input("x", dims({2, 4}));
    const ValueId turned = made("reorder", "ReorderInput", x, "x_blocked").outputs[0];
    const std::string product = given.graph.value(given.graph.nodes[0].outputs[0]).name;
    const ValueId blocked = made(product + "_nchwc", "BlockedMatMul", turned, "anything").outputs[0];
    made("back", "ReorderOutput", blocked, outputName());
    const auto rows = ownRows(given.graph, rowsOf(given.graph), rewritten.graph);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].node, "reorder");
    EXPECT_THAT(rows[0].origins, ElementsAre("MatMul_0"));
    EXPECT_EQ(rows[1].node, "MatMul_0");
    EXPECT_THAT(rows[2].origins, ElementsAre("MatMul_0"));
}

struct ReadProfile : testing::Test {
    Status read(const std::string& text) {
        const auto file = folder.path() / "profile.json";
        std::ofstream(file) << text;
        return readProfile(file, rewritten.graph, "CUDAExecutionProvider", record);
    }
    ReadProfile() {
        const ValueId x = rewritten.input("x", dims({2}));
        rewritten.output(rewritten.add("Relu", {x}));
        record.layers = rowsOf(rewritten.graph);
    }
    GraphBuilder rewritten;
    runtime::LibraryRecord record;
    base::TemporaryFolder folder = base::TemporaryFolder::create("own-profile-test").value();
};

// Two runs; in the first, `inner` runs inside Relu_0.
constexpr char kInit[] = R"({"cat" : "Session","pid" :1,"tid" :1,"dur" :900,"ts" :5,"ph" : "X","name" :"session_initialization","args" : {}},)";
constexpr char kOuter[] =
    R"({"cat" : "Node","pid" :1,"tid" :1,"dur" :30,"ts" :1010,"ph" : "X","name" :"Relu_0_kernel_time","args" : {"op_name" : "Relu","provider" : "CUDAExecutionProvider"}},)";
constexpr char kInner[] =
    R"({"cat" : "Node","pid" :1,"tid" :1,"dur" :10,"ts" :1010,"ph" : "X","name" :"inner_kernel_time","args" : {"op_name" : "Add","provider" : "CUDAExecutionProvider"}},)";
constexpr char kElsewhere[] =
    R"({"cat" : "Node","pid" :1,"tid" :1,"dur" :5,"ts" :1050,"ph" : "X","name" :"Count_kernel_time","args" : {"op_name" : "NonZero","provider" : "CPUExecutionProvider"}},)";
constexpr char kFirstRun[] = R"({"cat" : "Session","pid" :1,"tid" :1,"dur" :60,"ts" :1000,"ph" : "X","name" :"model_run","args" : {}},)";
constexpr char kAgain[] =
    R"({"cat" : "Node","pid" :1,"tid" :1,"dur" :20,"ts" :2005,"ph" : "X","name" :"Relu_0_kernel_time","args" : {"op_name" : "Relu","provider" : "CUDAExecutionProvider"}},)";
constexpr char kSecondRun[] = R"({"cat" : "Session","pid" :1,"tid" :1,"dur" :40,"ts" :2000,"ph" : "X","name" :"model_run","args" : {}},)";

std::string fileOf(std::initializer_list<const char*> events) {
    std::string text = "[\n";
    for (const char* event : events) text += std::string(event) + "\n";
    return text;
}

/// As releases write it that put down an event when it ends, and as those do that sort by begin.
const std::string kByEnd = fileOf({kInit, kInner, kOuter, kElsewhere, kFirstRun, kAgain, kSecondRun});
const std::string kByBegin = fileOf({kInit, kFirstRun, kOuter, kInner, kElsewhere, kSecondRun, kAgain});

TEST_F(ReadProfile, GivesEachRunItsNodesInWhateverOrderTheyStand) {
    for (const std::string& text : {kByEnd, kByBegin}) {
        record = {};
        record.layers = rowsOf(rewritten.graph);
        ASSERT_TRUE(read(text + "]"));
        ASSERT_EQ(record.runs.size(), 2U);
        ASSERT_EQ(record.runs[0].events.size(), 2U) << "what runs inside another node counts with that one";
        EXPECT_EQ(record.runs[0].events[0].layer, 0);
        EXPECT_EQ(record.runs[0].events[0].beginNs, 10'000);
        EXPECT_EQ(record.runs[0].events[0].durationNs, 30'000);
        ASSERT_EQ(record.runs[1].events.size(), 1U);
        EXPECT_EQ(record.runs[1].events[0].beginNs, 5'000);
        EXPECT_EQ(record.layers[0].kernel, "CUDA Relu");
        EXPECT_THAT(record.layers[0].reason, IsEmpty());
    }
}

TEST_F(ReadProfile, SaysWhichNodesRanElsewhere) {
    ASSERT_TRUE(read(kByEnd));
    const trace::LayerRecord& other = record.layers[static_cast<std::size_t>(record.runs[0].events[1].layer)];
    EXPECT_EQ(other.node, "Count");
    EXPECT_EQ(other.kernel, "CPU NonZero");
    EXPECT_EQ(other.reason, "ran on CPU, not on CUDA");
}

TEST_F(ReadProfile, TakesNoTimeThatIsNone) {
    ASSERT_TRUE(read(kByEnd + R"({"cat" : "Node","dur" :1e300,"ts" :-1e300,"name" :"x_kernel_time","args" : {}},)"));
    EXPECT_EQ(record.runs[0].events.size() + record.runs[1].events.size(), 3U);
}

TEST_F(ReadProfile, AFileThatBreaksOffGivesTheRunsThatItHas) {
    ASSERT_TRUE(read(kByEnd.substr(0, kByEnd.rfind("{\"cat\"") + 30)));
    EXPECT_EQ(record.runs.size(), 1U);
}

TEST_F(ReadProfile, AFileWithoutRunsOrTheirNodesIsAFailure) {
    EXPECT_FALSE(read(fileOf({kInit, kFirstRun, kSecondRun})));
    EXPECT_FALSE(read("[\n{\"cat\" : 7},\n[1, 2\n"));
    EXPECT_FALSE(read(""));
    EXPECT_FALSE(readProfile(folder.path() / "none.json", rewritten.graph, "", record));
}

struct OwnProfileTest : WithLibrary {};

TEST_F(OwnProfileTest, TellsOfEveryRunThatTookItAsListenerAndOfNoOther) {
    const Graph graph = sample("classifier");
    const auto ran = engine();
    const auto model = ran->compile(graph, {}).value();
    const auto inputs = runtime::makeInputs(graph, {}).value();
    ASSERT_TRUE(model->run(inputs));
    const auto plain = model->run(inputs).value();
    const std::vector<float> expected = tensor::toFloats(plain[0].tensor);
    auto recording = model->recordItself().value();
    ASSERT_TRUE(recording);
    for (int i = 0; i < 5; ++i) {
        const auto outputs = model->run(inputs, recording.get());
        ASSERT_TRUE(outputs) << outputs.error().text();
        EXPECT_EQ(tensor::toFloats((*outputs)[0].tensor), expected);
        ASSERT_TRUE(model->run(inputs));
    }
    const auto record = recording->finish();
    ASSERT_TRUE(record) << record.error().text();
    ASSERT_EQ(record->runs.size(), 5U);
    std::set<std::string> told;
    for (const auto& run : record->runs) {
        ASSERT_FALSE(run.events.empty());
        for (const auto& event : run.events) {
            ASSERT_LT(static_cast<std::size_t>(event.layer), record->layers.size());
            const trace::LayerRecord& row = record->layers[static_cast<std::size_t>(event.layer)];
            EXPECT_THAT(row.kernel, testing::StartsWith("CPU "));
            EXPECT_FALSE(row.origins.empty()) << row.node << " stands at no layer of the model";
            told.insert(row.origins.begin(), row.origins.end());
        }
    }
    for (const graph::Node& node : graph.nodes)
        EXPECT_TRUE(told.contains(node.name) || graph.constantOf(node.outputs[0])) << node.name << " ran in no row";
}

}  // namespace
}  // namespace trimtab::onnxruntime
