// Control flow read from a file, on the reference and on the CPU engine: the same results as the plain loops beside them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/formats/onnx/reader.h"
#include "core/formats/onnx/writer.h"
#include "core/graph/passes/passes.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference.h"
#include "kernels/ref/reference_engine.h"
#include "tests/support/model_builder.h"

namespace trimtab {
namespace {

using support::Attr;
using support::ModelBuilder;
using testing::ElementsAre;
using Floats = std::vector<float>;

Tensor scalar(std::int64_t value) { return Tensor::fromInt64s(Shape{}, {value}); }
Tensor boolean(bool value) { return Tensor::fromValues<std::uint8_t>(DataType::Bool, Shape{}, {static_cast<std::uint8_t>(value)}); }

class ControlFlow : public testing::Test {
protected:
    void open(const ModelBuilder& model) {
        const auto path = m_folder.path() / "model.onnx";
        model.save(path);
        auto read = formats::onnx::read(path);
        ASSERT_TRUE(read) << read.error().text();
        graph = std::move(read->graph);
        ref::ReferenceEvaluator evaluator;
        const Status simple = graph::simplify(graph, evaluator);
        ASSERT_TRUE(simple) << simple.error().text();
    }

    /// The outputs, which both engines must agree on, also when the model was written and read again.
    std::vector<Floats> run(const std::vector<NamedTensor>& inputs) {
        std::vector<Floats> first = on(*ref::makeReferenceEngine(), graph, inputs);
        EXPECT_EQ(on(*cpu::makeCpuEngine(2), graph, inputs), first);
        const auto path = m_folder.path() / "written.onnx";
        const auto written = formats::onnx::write(graph, path);
        EXPECT_TRUE(written) << written.error().text();
        const auto back = formats::onnx::read(path);
        EXPECT_TRUE(back) << back.error().text();
        if (!back) return {};
        EXPECT_EQ(on(*cpu::makeCpuEngine(2), back->graph, inputs), first);
        return first;
    }

    static std::vector<Floats> on(runtime::Engine& engine, const Graph& graph, const std::vector<NamedTensor>& inputs) {
        const auto model = engine.compile(graph, {});
        EXPECT_TRUE(model) << model.error().text();
        if (!model) return {};
        std::vector<Floats> values;
        for (int round = 0; round < 2; ++round) {  // the second run replays the plan
            const auto outputs = (*model)->run(inputs);
            EXPECT_TRUE(outputs) << outputs.error().text();
            if (!outputs) return {};
            values.clear();
            for (const NamedTensor& output : *outputs) values.push_back(tensor::toFloats(output.tensor));
        }
        return values;
    }

    Graph graph;

private:
    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("control");
};

ModelBuilder branch(const std::string& op, const std::string& other) {
    return ModelBuilder().node(op, {"h", other}, {"r"}).output("r");
}

TEST_F(ControlFlow, IfRunsTheBranchThatIsChosenWithWhatItCaptures) {
    open(ModelBuilder()
             .input("c", DataType::Bool, {})
             .input("x", DataType::Float32, {"n", 2})
             .constant("w", Tensor::fromFloats(Shape{2, 2}, {1, 2, 3, 4}))
             .node("Relu", {"x"}, {"h"})
             .node("If", {"c"}, {"y"}, {Attr("then_branch", branch("MatMul", "w")), Attr("else_branch", branch("Add", "w"))})
             .node("Neg", {"y"}, {"z"})
             .output("z"));
    const Tensor x = Tensor::fromFloats(Shape{2, 2}, {1, -5, 0, 2});
    EXPECT_THAT(run({{"c", boolean(true)}, {"x", x}})[0], ElementsAre(-1, -2, -6, -8));
    EXPECT_THAT(run({{"c", boolean(false)}, {"x", x}})[0], ElementsAre(-2, -2, -3, -6));
}

TEST_F(ControlFlow, IfTellsTheShapeThatBothBranchesAgreeOn) {
    open(ModelBuilder()
             .input("c", DataType::Bool, {})
             .input("x", DataType::Float32, {"n", 2})
             .constant("w", Tensor::fromFloats(Shape{2, 2}, {1, 2, 3, 4}))
             .node("Relu", {"x"}, {"h"})
             .node("If", {"c"}, {"y"}, {Attr("then_branch", branch("MatMul", "w")), Attr("else_branch", branch("Mul", "h"))})
             .output("y"));
    EXPECT_EQ(graph.value(graph.outputs[0]).type.text(), "float32[n, 2]");
}

/// sum += i · step, and the running sum is gathered; ends at `trips` rounds or when the sum reaches 20.
ModelBuilder counting() {
    const ModelBuilder body = ModelBuilder()
                                  .input("i", DataType::Int64, {})
                                  .input("go", DataType::Bool, {})
                                  .input("sum", DataType::Float32, {1})
                                  .node("Cast", {"i"}, {"f"}, {{"to", 1}})
                                  .node("Mul", {"f", "step"}, {"part"})
                                  .node("Add", {"sum", "part"}, {"next"})
                                  .constant("limit", Tensor::fromFloats(Shape{}, {20}))
                                  .node("Less", {"next", "limit"}, {"below"})
                                  .node("Squeeze", {"below"}, {"still"})
                                  .node("Identity", {"next"}, {"seen"})
                                  .output("still", DataType::Bool)
                                  .output("next")
                                  .output("seen");
    return ModelBuilder()
        .input("trips", DataType::Int64, {})
        .input("step", DataType::Float32, {1})
        .constant("start", Tensor::fromFloats(Shape{1}, {0}))
        .node("Loop", {"trips", "", "start"}, {"sum", "all"}, {Attr("body", body)})
        .output("sum")
        .output("all");
}

TEST_F(ControlFlow, LoopEndsAtTheTripCountOrWhenTheConditionFails) {
    open(counting());
    const Tensor step = Tensor::fromFloats(Shape{1}, {2});
    EXPECT_THAT(run({{"trips", scalar(4)}, {"step", step}}), ElementsAre(ElementsAre(12), ElementsAre(0, 2, 6, 12)));
    EXPECT_THAT(run({{"trips", scalar(100)}, {"step", step}}), ElementsAre(ElementsAre(20), ElementsAre(0, 2, 6, 12, 20)));
}

TEST_F(ControlFlow, LoopWithoutARoundGivesItsStartAndNothingGathered) {
    open(counting());
    EXPECT_THAT(run({{"trips", scalar(0)}, {"step", Tensor::fromFloats(Shape{1}, {2})}}), ElementsAre(ElementsAre(0), testing::IsEmpty()));
}

TEST_F(ControlFlow, LoopMayCarryAValueWhoseShapeGrows) {
    const ModelBuilder body = ModelBuilder()
                                  .input("i", DataType::Int64, {})
                                  .input("go", DataType::Bool, {})
                                  .input("v", DataType::Float32, {"k"})
                                  .node("Concat", {"v", "x"}, {"w"}, {{"axis", 0}})
                                  .node("Identity", {"go"}, {"on"})
                                  .output("on", DataType::Bool)
                                  .output("w");
    open(ModelBuilder()
             .input("x", DataType::Float32, {2})
             .constant("three", scalar(3))
             .node("Loop", {"three", "", "x"}, {"y"}, {Attr("body", body)})
             .output("y"));
    EXPECT_THAT(run({{"x", Tensor::fromFloats(Shape{2}, {1, 2})}})[0], ElementsAre(1, 2, 1, 2, 1, 2, 1, 2));
}

ModelBuilder gatherer() {
    return ModelBuilder()
        .input("i", DataType::Int64, {})
        .input("go", DataType::Bool, {})
        .node("Identity", {"go"}, {"on"})
        .node("Mul", {"x", "x"}, {"square"})
        .output("on", DataType::Bool)
        .output("square", DataType::Undefined);
}

TEST_F(ControlFlow, LoopWithoutARoundKnowsTheTypeOfWhatItWouldHaveGatheredWithoutADeclaration) {
    open(ModelBuilder()
             .input("x", DataType::Float32, {2})
             .input("n", DataType::Int64, {})
             .node("Loop", {"n", ""}, {"all"}, {Attr("body", gatherer())})
             .node("Concat", {"all", "all"}, {"y"}, {{"axis", 0}})
             .output("y"));
    const Tensor x = Tensor::fromFloats(Shape{2}, {3, 4});
    EXPECT_THAT(run({{"x", x}, {"n", scalar(0)}})[0], ElementsAre());
    EXPECT_THAT(run({{"x", x}, {"n", scalar(1)}})[0], ElementsAre(9, 16, 9, 16));
}

TEST_F(ControlFlow, LoopMayCarryAValueWhoseRankGrows) {
    const ModelBuilder body = ModelBuilder()
                                  .input("i", DataType::Int64, {})
                                  .input("go", DataType::Bool, {})
                                  .input("v", DataType::Float32)
                                  .node("Identity", {"go"}, {"on"})
                                  .node("Unsqueeze", {"v", "zero"}, {"deeper"})
                                  .node("Add", {"deeper", "x"}, {"w"})
                                  .output("on", DataType::Bool)
                                  .output("w");
    open(ModelBuilder()
             .input("x", DataType::Float32, {2})
             .constant("zero", Tensor::fromInt64s(Shape{1}, {0}))
             .constant("three", scalar(3))
             .node("Loop", {"three", "", "x"}, {"grown"}, {Attr("body", body)})
             .node("Shape", {"grown"}, {"extents"})
             .node("Cast", {"extents"}, {"y"}, {{"to", 1}})
             .output("y")
             .output("grown"));
    const auto made = run({{"x", Tensor::fromFloats(Shape{2}, {1, 5})}});
    EXPECT_THAT(made[0], ElementsAre(1, 1, 1, 2));
    EXPECT_THAT(made[1], ElementsAre(4, 20));
}

TEST_F(ControlFlow, IfMayGiveASequenceThatItsBranchesDoNotDeclare) {
    const auto pair = [](const std::string& first, const std::string& second) {
        return ModelBuilder().node("SequenceConstruct", {first, second}, {"s"}).output("s", DataType::Undefined);
    };
    open(ModelBuilder()
             .input("c", DataType::Bool, {})
             .input("x", DataType::Float32, {2})
             .input("z", DataType::Float32, {1})
             .node("If", {"c"}, {"parts"}, {Attr("then_branch", pair("x", "z")), Attr("else_branch", pair("z", "x"))})
             .node("ConcatFromSequence", {"parts"}, {"y"}, {{"axis", 0}})
             .output("y"));
    const Tensor x = Tensor::fromFloats(Shape{2}, {1, 2}), z = Tensor::fromFloats(Shape{1}, {3});
    EXPECT_THAT(run({{"c", boolean(true)}, {"x", x}, {"z", z}})[0], ElementsAre(1, 2, 3));
    EXPECT_THAT(run({{"c", boolean(false)}, {"x", x}, {"z", z}})[0], ElementsAre(3, 1, 2));
}

TEST_F(ControlFlow, ScanOfOpset8EndsEachRowAtItsOwnLength) {
    const ModelBuilder body = ModelBuilder()
                                  .input("sum", DataType::Float32, {})
                                  .input("slice", DataType::Float32, {})
                                  .node("Add", {"sum", "slice"}, {"next"})
                                  .node("Identity", {"next"}, {"seen"})
                                  .output("next")
                                  .output("seen");
    open(ModelBuilder()
             .opset(8)
             .input("lengths", DataType::Int64, {2})
             .input("start", DataType::Float32, {2})
             .input("x", DataType::Float32, {2, 3})
             .node("Scan", {"lengths", "start", "x"}, {"last", "sums"}, {Attr("body", body), {"num_scan_inputs", 1}})
             .output("last")
             .output("sums"));
    const auto made = run({{"lengths", Tensor::fromInt64s(Shape{2}, {3, 1})},
                           {"start", Tensor::fromFloats(Shape{2}, {0, 10})},
                           {"x", Tensor::fromFloats(Shape{2, 3}, {1, 2, 3, 4, 5, 6})}});
    EXPECT_THAT(made[0], ElementsAre(6, 14));
    EXPECT_THAT(made[1], ElementsAre(1, 3, 6, 14, 0, 0));
}

TEST_F(ControlFlow, ScanWalksForwardAndBackwardAlongAnyAxis) {
    const ModelBuilder body = ModelBuilder()
                                  .input("s", DataType::Float32, {2})
                                  .input("a", DataType::Float32, {2})
                                  .node("Add", {"s", "a"}, {"t"})
                                  .node("Identity", {"t"}, {"o"})
                                  .output("t")
                                  .output("o");
    open(ModelBuilder()
             .input("x", DataType::Float32, {2, 3})
             .constant("zero", Tensor::fromFloats(Shape{2}, {0, 0}))
             .node("Scan", {"zero", "x"}, {"sum", "partial"},
                   {Attr("body", body),
                    {"num_scan_inputs", 1},
                    {"scan_input_axes", {1}},
                    {"scan_input_directions", {1}},
                    {"scan_output_axes", {1}}})
             .output("sum")
             .output("partial"));
    EXPECT_EQ(graph.value(graph.outputs[1]).type.text(), "float32[2, 3]");
    EXPECT_THAT(run({{"x", Tensor::fromFloats(Shape{2, 3}, {1, 2, 3, 10, 20, 30})}}),
                ElementsAre(ElementsAre(6, 60), ElementsAre(3, 5, 6, 30, 50, 60)));
}

TEST_F(ControlFlow, SubgraphsWithinSubgraphsSeeEveryGraphAroundThem) {
    const ModelBuilder inner = ModelBuilder().node("Add", {"v", "x"}, {"r"}).output("r");
    const ModelBuilder other = ModelBuilder().node("Sub", {"v", "x"}, {"r2"}).output("r2");
    const ModelBuilder body = ModelBuilder()
                                  .input("i", DataType::Int64, {})
                                  .input("go", DataType::Bool, {})
                                  .input("v", DataType::Float32, {1})
                                  .constant("one", scalar(1))
                                  .node("Less", {"i", "one"}, {"early"})
                                  .node("If", {"early"}, {"w"}, {Attr("then_branch", inner), Attr("else_branch", other)})
                                  .node("Identity", {"go"}, {"on"})
                                  .output("on", DataType::Bool)
                                  .output("w");
    open(ModelBuilder()
             .input("x", DataType::Float32, {1})
             .constant("three", scalar(3))
             .node("Loop", {"three", "", "x"}, {"y"}, {Attr("body", body)})
             .output("y"));
    EXPECT_THAT(run({{"x", Tensor::fromFloats(Shape{1}, {5})}})[0], ElementsAre(0));  // 5 + 5 − 5 − 5
}

TEST_F(ControlFlow, WhatFollowsAResultOfUnknownExtentIsPlannedWhenItIsThere) {
    open(ModelBuilder()
             .input("x", DataType::Float32, {4})
             .constant("rows", Tensor::fromFloats(Shape{4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}))
             .constant("w", Tensor::fromFloats(Shape{2, 2}, {1, -1, 0, 1}))
             .node("NonZero", {"x"}, {"where"})
             .node("Squeeze", {"where"}, {"at"}, {})
             .node("Gather", {"rows", "at"}, {"some"})
             .node("MatMul", {"some", "w"}, {"product"})
             .node("Relu", {"product"}, {"y"})
             .output("y"));
    EXPECT_THAT(run({{"x", Tensor::fromFloats(Shape{4}, {0, 1, 0, 2})}})[0], ElementsAre(3, 1, 7, 1));
    EXPECT_THAT(run({{"x", Tensor::fromFloats(Shape{4}, {1, 1, 0, 2})}})[0], ElementsAre(1, 1, 3, 1, 7, 1));
}

TEST_F(ControlFlow, ALoopThatMakesNothingIsNotRun) {
    const ModelBuilder body = ModelBuilder()
                                  .input("i", DataType::Int64, {})
                                  .input("go", DataType::Bool, {})
                                  .node("Identity", {"go"}, {"on"})
                                  .output("on", DataType::Bool);
    open(ModelBuilder()
             .input("x", DataType::Float32, {1})
             .node("Loop", {"", ""}, {}, {Attr("body", body)})
             .node("Relu", {"x"}, {"y"})
             .output("y"));
    EXPECT_THAT(run({{"x", Tensor::fromFloats(Shape{1}, {5})}})[0], ElementsAre(5));  // it makes nothing, so it is not run
}

}  // namespace
}  // namespace trimtab
