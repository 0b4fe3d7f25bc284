// Small files that ask for terabytes when they run.
#include "tests/integration/hostile/hostile_model.h"

namespace trimtab::hostile {
namespace {

constexpr std::int64_t kTera = std::int64_t{1} << 40;

Tensor shapeOf(const std::vector<std::int64_t>& dims) { return Tensor::fromInt64s({static_cast<std::int64_t>(dims.size())}, dims); }

TEST_F(Hostile, ConstantOfShapeToTerabytesIsRefused) {
    for (const auto& dims : std::vector<std::vector<std::int64_t>>{{kTera}, {1 << 20, 1 << 20}, {kTera, kTera}, {-1}}) {
        expectFailsToRun(save(withInput()
                                  .constant("shape", shapeOf(dims))
                                  .node("ConstantOfShape", {"shape"}, {"big"}, {}, "grow")
                                  .node("ReduceSum", {"big"}, {"one"}, {Attr("keepdims", 0)}, "sum")
                                  .node("Add", {"x", "one"}, {"y"})
                                  .output("y")),
                         {});
    }
    expectInfoShows(at("model.onnx"), "x");
}

TEST_F(Hostile, AShapeThatOnlyRunningKnowsIsRefusedWhenItRuns) {
    // The extent comes from the input's values, so nothing but running shows it.
    expectFailsToRun(save(withInput()
                              .constant("zero", Tensor::fromFloats({}, {0}))
                              .constant("large", Tensor::fromInt64s({1}, {kTera}))
                              .node("ReduceMax", {"x"}, {"most"}, {Attr("keepdims", 0)})
                              .node("Mul", {"most", "zero"}, {"nothing"})
                              .node("Cast", {"nothing"}, {"whole"}, {Attr("to", 7)})
                              .node("Add", {"large", "whole"}, {"shape"})
                              .node("ConstantOfShape", {"shape"}, {"big"}, {}, "grow")
                              .node("ReduceSum", {"big"}, {"y"}, {Attr("keepdims", 0)})
                              .output("y")),
                     {});
}

TEST_F(Hostile, ExpandToTerabytesIsRefused) {
    expectFailsToRun(
        save(withInput().constant("shape", shapeOf({kTera, 2, 3})).node("Expand", {"x", "shape"}, {"y"}, {}, "grow").output("y")), {});
    expectInfoShows(at("model.onnx"), "grow");
}

TEST_F(Hostile, TileToTerabytesIsRefused) {
    expectFailsToRun(
        save(withInput().constant("times", shapeOf({1 << 20, 1 << 20})).node("Tile", {"x", "times"}, {"y"}, {}, "grow").output("y")), {});
    expectFailsToRun(save(withInput().constant("times", shapeOf({-1, 1})).node("Tile", {"x", "times"}, {"y"}, {}, "grow").output("y")), {});
}

TEST_F(Hostile, ResizeToTerabytesIsRefused) {
    const auto image = [] { return ModelBuilder().input("x", DataType::Float32, {1, 1, 4, 4}); };
    expectFailsToRun(save(image()
                              .constant("scales", Tensor::fromFloats({4}, {1, 1, 1e6f, 1e6f}))
                              .node("Resize", {"x", "", "scales"}, {"y"}, {}, "grow")
                              .output("y")),
                     {});
    expectFailsToRun(
        save(
            image().constant("sizes", shapeOf({1, 1, kTera, kTera})).node("Resize", {"x", "", "", "sizes"}, {"y"}, {}, "grow").output("y")),
        {});
    expectFailsToRun(save(image()
                              .constant("scales", Tensor::fromFloats({4}, {1, 1, -2, 1e30f}))
                              .node("Resize", {"x", "", "scales"}, {"y"}, {}, "grow")
                              .output("y")),
                     {});
}

TEST_F(Hostile, PadToTerabytesIsRefused) {
    expectFailsToRun(
        save(withInput().constant("pads", shapeOf({0, 0, kTera, 0})).node("Pad", {"x", "pads"}, {"y"}, {}, "grow").output("y")), {});
}

TEST_F(Hostile, ChainsThatDoubleAreRefusedBeforeTheyFillTheMemory) {
    ModelBuilder model = withInput();
    std::string last = "x";
    for (int i = 0; i < 45; ++i) {
        const std::string next = "c" + std::to_string(i);
        model.node("Concat", {last, last}, {next}, {Attr("axis", 0)});
        last = next;
    }
    expectFailsToRun(save(model.output(last)), {});
}

TEST_F(Hostile, ConstantsThatUnfoldToTerabytesAreRefused) {
    expectFailsToRun(save(withInput()
                              .constant("one", Tensor::fromFloats({1}, {1}))
                              .constant("shape", shapeOf({1 << 20, 1 << 20}))
                              .node("Expand", {"one", "shape"}, {"big"}, {}, "grow")
                              .node("ReduceSum", {"big"}, {"sum"}, {Attr("keepdims", 0)})
                              .node("Add", {"x", "sum"}, {"y"})
                              .output("y")),
                     {});
}

TEST_F(Hostile, WideProductsAreRefusedByTheMemoryLimit) {
    expectFailsToRun(save(ModelBuilder()
                              .input("x", DataType::Float32, {100000, 1})
                              .constant("w", Tensor::fromFloats({1, 100000}, std::vector<float>(100000, 1)))
                              .node("MatMul", {"x", "w"}, {"y"}, {}, "product")
                              .output("y")),
                     "memory");
}

}  // namespace
}  // namespace trimtab::hostile
