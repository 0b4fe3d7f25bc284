// Graphs that are no graphs: cycles, names nobody makes, functions and subgraphs without end, operators nobody knows.
#include "tests/integration/hostile/hostile_model.h"

namespace trimtab::hostile {
namespace {

/// A product with a weight behind x, so that there is something to compress; its result is "h".
ModelBuilder withProduct() {
    return withInput()
        .constant("w", Tensor::fromFloats({3, 3}, std::vector<float>(9, 0.5f)))
        .node("MatMul", {"x", "w"}, {"h"}, {}, "before");
}

TEST_F(Hostile, CyclicGraphsAreRefused) {
    expectRefused(save(withInput().node("Add", {"x", "b"}, {"a"}, {}, "first").node("Relu", {"a"}, {"b"}, {}, "second").output("b")), {});
    expectRefused(save(withInput().node("Add", {"x", "a"}, {"a"}, {}, "self").output("a")), {});
    expectInfoShows(at("model.onnx"), "x");
}

TEST_F(Hostile, NamesThatNobodyMakesAreRefused) {
    expectRefused(save(withInput().node("Add", {"x", "nothing"}, {"y"}, {}, "sum").output("y")), "nothing");
    expectInfoShows(at("model.onnx"), "sum");
    expectRefused(save(withInput().node("Relu", {"x"}, {"y"}).output("z")), "z");
}

TEST_F(Hostile, ValuesMadeTwiceAreRefused) {
    expectRefused(save(withInput().node("Relu", {"x"}, {"y"}, {}, "one").node("Neg", {"x"}, {"y"}, {}, "two").output("y")), "y");
}

TEST_F(Hostile, NodesWithTooFewInputsAreRefused) {
    expectRefused(save(withProduct().node("Conv", {"h"}, {"y"}, {}, "conv").output("y")), "conv", {1, 3});
    expectRefused(save(withProduct().node("MatMul", {"h", ""}, {"y"}, {}, "product").output("y")), "product", {1, 3});
    expectRefused(save(withProduct().node("Relu", {}, {"y"}, {}, "active").output("y").output("h")), "active", {1, 3});
}

TEST_F(Hostile, UnknownOperatorsAreNamed) {
    expectRefused(save(withProduct().node("Frobnicate", {"h"}, {"y"}, {}, "odd").output("y")), "Frobnicate");
    expectInfoShows(at("model.onnx"), "Frobnicate");
    expectRefused(save(withProduct().opset(1, "acme.example").node("Anvil", {"h"}, {"y"}, {}, "odd", "acme.example").output("y")), "Anvil");
}

TEST_F(Hostile, FunctionsThatCallThemselvesAreRefused) {
    support::FunctionSpec self{"f", "Again", {"a"}, {"b"}, {}, {{"Again", {"a"}, {"b"}, {}, "inner", "f"}}, 13};
    expectRefused(save(withInput().opset(1, "f").function(self).node("Again", {"x"}, {"y"}, {}, "call", "f").output("y")), "Again");
    support::FunctionSpec ping{"f", "Ping", {"a"}, {"b"}, {}, {{"Pong", {"a"}, {"b"}, {}, "inner", "f"}}, 13};
    support::FunctionSpec pong{"f", "Pong", {"a"}, {"b"}, {}, {{"Ping", {"a"}, {"b"}, {}, "inner", "f"}}, 13};
    expectRefused(save(withInput().opset(1, "f").function(ping).function(pong).node("Ping", {"x"}, {"y"}, {}, "call", "f").output("y")),
                  {});
}

TEST_F(Hostile, FunctionsThatDoubleAtEveryCallAreRefused) {
    // Thirty levels, each calling the next twice: a billion nodes from a few kilobytes.
    ModelBuilder model = withInput().opset(1, "f");
    for (int level = 0; level < 30; ++level) {
        const std::string next = level == 29 ? "Relu" : "Level" + std::to_string(level + 1);
        const std::string domain = level == 29 ? "" : "f";
        model.function({"f",
                        "Level" + std::to_string(level),
                        {"a"},
                        {"c"},
                        {},
                        {{next, {"a"}, {"b"}, {}, "one", domain}, {next, {"b"}, {"c"}, {}, "two", domain}},
                        13});
    }
    expectRefused(save(model.node("Level0", {"x"}, {"y"}, {}, "call", "f").output("y")), {});
}

ModelBuilder nestedIf(int depth) {
    ModelBuilder inner = ModelBuilder().node("Identity", {"x"}, {"r0"}).output("r0");
    for (int level = 1; level < depth; ++level) {
        const std::string result = "r" + std::to_string(level);
        inner = ModelBuilder().node("If", {"c"}, {result}, {Attr("then_branch", inner), Attr("else_branch", inner)}).output(result);
    }
    return inner;
}

TEST_F(Hostile, SubgraphsNestedWithoutEndAreRefused) {
    // Both branches hold the same text, so the file would double at every level: only one branch goes deep.
    ModelBuilder flat = ModelBuilder().node("Identity", {"x"}, {"f"}).output("f");
    ModelBuilder inner = flat;
    for (int level = 0; level < 90; ++level) {
        const std::string result = "r" + std::to_string(level);
        inner = ModelBuilder().node("If", {"c"}, {result}, {Attr("then_branch", inner), Attr("else_branch", flat)}).output(result);
    }
    expectRefused(save(withInput()
                           .input("c", DataType::Bool, {})
                           .node("If", {"c"}, {"y"}, {Attr("then_branch", inner), Attr("else_branch", flat)}, "outer")
                           .output("y")),
                  {});
}

TEST_F(Hostile, ShallowSubgraphsAreNotTakenForDeepOnes) {
    const Ran ran =
        run("info", save(withInput()
                             .input("c", DataType::Bool, {})
                             .node("If", {"c"}, {"y"}, {Attr("then_branch", nestedIf(3)), Attr("else_branch", nestedIf(3))}, "choice")
                             .output("y")));
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_NE(ran.out.find("choice"), std::string::npos);
}

TEST_F(Hostile, LoopsWithoutEndAreRefusedOrStopped) {
    const ModelBuilder body = ModelBuilder()
                                  .input("i", DataType::Int64, {})
                                  .input("go", DataType::Bool, {})
                                  .input("v", DataType::Float32, {2, 3})
                                  .node("Identity", {"go"}, {"still"})
                                  .node("Relu", {"v"}, {"w"})
                                  .output("still", DataType::Bool)
                                  .output("w");
    expectFailsToRun(save(withProduct().node("Loop", {"", "", "h"}, {"y"}, {Attr("body", body)}, "forever").output("y")), "Loop");
    expectInfoShows(at("model.onnx"), "Loop");
}

}  // namespace
}  // namespace trimtab::hostile
