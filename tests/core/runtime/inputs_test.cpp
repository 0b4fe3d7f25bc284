#include "core/runtime/inputs.h"

#include <gtest/gtest.h>

#include "core/base/memory_budget.h"
#include "core/tensor/convert.h"

namespace trimtab::runtime {
namespace {

using graph::Dim;

graph::ValueId addInput(Graph& graph, const std::string& name, DataType type, std::optional<std::vector<Dim>> dims) {
    const graph::ValueId id = graph.addValue({name, {type, std::move(dims), false, false}, {}, {}, false});
    graph.inputs.push_back(id);
    return id;
}

Graph imageModel() {
    Graph graph;
    addInput(graph, "image", DataType::Float32, {{Dim::named("batch"), Dim::known(3), Dim::named("height"), Dim::unknown()}});
    return graph;
}

/// Token ids that index a table of `vocabulary` rows, through a cast.
Graph languageModel(std::int64_t vocabulary) {
    Graph graph;
    const auto ids = addInput(graph, "input_ids", DataType::Int64, {{Dim::named("batch"), Dim::named("sequence")}});
    addInput(graph, "attention_mask", DataType::Int64, {{Dim::named("batch"), Dim::named("sequence")}});
    const auto table = graph.addConstant("table", Tensor::zeros(DataType::Float32, {vocabulary, 4}).value());
    const auto cast = graph.addValue({"cast", {DataType::Int32, std::nullopt, false, false}, {}, {}, false});
    const auto rows = graph.addValue({"rows", {DataType::Float32, std::nullopt, false, false}, {}, {}, false});
    graph.nodes.push_back({"c", "", "Cast", 13, {ids}, {cast}, {}, {}, {}});
    graph.nodes.push_back({"g", "", "Gather", 13, {table, cast}, {rows}, {}, {}, {}});
    graph.outputs.push_back(rows);
    return graph;
}

std::string refusal(const Graph& graph, const recipe::RunSetting& setting) {
    const auto shapes = inputShapes(graph, setting);
    if (shapes) return "accepted";
    EXPECT_EQ(shapes.error().code, ErrorCode::Refused);
    return shapes.error().text();
}

TEST(InputShapes, BindOpenDimsToTheBatchAndToOne) {
    recipe::RunSetting setting;
    setting.batch = 8;
    EXPECT_EQ(inputShapes(imageModel(), setting).value().at("image"), (Shape{8, 3, 1, 1}));
    EXPECT_EQ(inputShapes(imageModel(), {}).value().at("image"), (Shape{1, 3, 1, 1}));
}

TEST(InputShapes, TakeSymbolsByNameAndByPlace) {
    recipe::RunSetting setting;
    setting.symbols = {{"height", 20}, {"image:3", 30}};
    EXPECT_EQ(inputShapes(imageModel(), setting).value().at("image"), (Shape{1, 3, 20, 30}));
}

TEST(InputShapes, ShareASymbolAmongInputs) {
    recipe::RunSetting setting;
    setting.shapes["input_ids"] = Shape{2, 64};
    const auto shapes = inputShapes(languageModel(10), setting).value();
    EXPECT_EQ(shapes.at("attention_mask"), (Shape{2, 64}));
}

TEST(InputShapes, RefuseWhatContradictsTheModel) {
    recipe::RunSetting setting;
    setting.shapes["image"] = Shape{1, 4, 8, 8};
    EXPECT_NE(refusal(imageModel(), setting).find("image"), std::string::npos);
    setting.shapes["image"] = Shape{1, 3, 8};
    EXPECT_NE(refusal(imageModel(), setting), "accepted");
    setting.shapes = {{"picture", Shape{1}}};
    EXPECT_NE(refusal(imageModel(), setting).find("no input \"picture\""), std::string::npos);
    setting.shapes = {{"input_ids", Shape{2, 8}}, {"attention_mask", Shape{2, 9}}};
    EXPECT_NE(refusal(languageModel(10), setting).find("sequence"), std::string::npos);
    setting.shapes.clear();
    setting.symbols["sequence"] = -1;
    EXPECT_NE(refusal(languageModel(10), setting), "accepted");
}

TEST(InputShapes, RefuseABatchThatNoInputCanTake) {
    Graph fixed;
    addInput(fixed, "x", DataType::Float32, {{Dim::known(1), Dim::known(4)}});
    recipe::RunSetting setting;
    setting.batch = 16;
    EXPECT_NE(refusal(fixed, setting).find("batch of 16"), std::string::npos);
    setting.batch = 1;
    EXPECT_TRUE(inputShapes(fixed, setting));
}

TEST(InputShapes, AskForAShapeWhereTheRankIsUnknown) {
    Graph graph;
    addInput(graph, "x", DataType::Float32, std::nullopt);
    EXPECT_NE(refusal(graph, {}).find("input x"), std::string::npos);
    recipe::RunSetting setting;
    setting.shapes["x"] = Shape{2, 2};
    EXPECT_TRUE(inputShapes(graph, setting));
}

TEST(InputShapes, RefuseHugeInputsBeforeAnythingIsAllocated) {
    recipe::RunSetting setting;
    setting.shapes["image"] = Shape{std::int64_t{1} << 40, 3, 1 << 20, 1 << 20};
    EXPECT_NE(refusal(imageModel(), setting), "accepted");
    base::MemoryBudget::process().setLimit(1 << 20);
    setting.shapes["image"] = Shape{1, 3, 1024, 1024};
    EXPECT_NE(refusal(imageModel(), setting).find("memory limit"), std::string::npos);
    base::MemoryBudget::process().setLimit(0);
}

TEST(MakeInputs, DrawTheSameFromTheSameSeed) {
    recipe::RunSetting setting;
    setting.shapes["image"] = Shape{2, 3, 4, 4};
    const auto first = makeInputs(imageModel(), setting).value();
    const auto second = makeInputs(imageModel(), setting).value();
    EXPECT_EQ(tensor::toFloats(first[0].tensor), tensor::toFloats(second[0].tensor));
    setting.seed = 2;
    EXPECT_NE(tensor::toFloats(makeInputs(imageModel(), setting).value()[0].tensor), tensor::toFloats(first[0].tensor));
}

TEST(MakeInputs, KeepIndicesInsideTheTablesTheyIndex) {
    recipe::RunSetting setting;
    setting.shapes["input_ids"] = Shape{4, 100};
    const auto inputs = makeInputs(languageModel(7), setting).value();
    std::vector<int> seen(7, 0);
    for (const std::int64_t id : tensor::toInt64s(inputs[0].tensor)) {
        ASSERT_GE(id, 0);
        ASSERT_LT(id, 7);
        seen[static_cast<std::size_t>(id)] = 1;
    }
    EXPECT_EQ(seen, std::vector<int>(7, 1)) << "400 draws of 7 leave none out";
    for (const std::int64_t bit : tensor::toInt64s(inputs[1].tensor)) EXPECT_TRUE(bit == 0 || bit == 1);
}

TEST(MakeInputs, TakeGivenValuesAndLeaveTheOthersAsTheyWere) {
    recipe::RunSetting setting;
    setting.shapes["input_ids"] = Shape{1, 3};
    const auto drawn = makeInputs(languageModel(7), setting).value();
    const Tensor ids = Tensor::fromInt64s({1, 3}, {6, 5, 4});
    const auto inputs = makeInputs(languageModel(7), {}, {{"input_ids", ids}}).value();
    EXPECT_EQ(tensor::toInt64s(inputs[0].tensor), (std::vector<std::int64_t>{6, 5, 4}));
    EXPECT_EQ(tensor::toInt64s(inputs[1].tensor), tensor::toInt64s(drawn[1].tensor));
}

TEST(MakeInputs, RefuseGivenValuesThatDoNotFit) {
    EXPECT_FALSE(makeInputs(languageModel(7), {}, {{"input_ids", Tensor::fromFloats({1, 3}, {1, 2, 3})}}));
    EXPECT_FALSE(makeInputs(languageModel(7), {}, {{"input_ids", Tensor::fromInt64s({3}, {1, 2, 3})}}));
    EXPECT_FALSE(makeInputs(languageModel(7), {}, {{"nobody", Tensor::fromInt64s({3}, {1, 2, 3})}}));
}

}  // namespace
}  // namespace trimtab::runtime
