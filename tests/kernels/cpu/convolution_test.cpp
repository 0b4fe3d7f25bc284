// Convolutions and pooling in fp32 against the reference over awkward windows.
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

using Ints = std::vector<std::int64_t>;

struct ConvolutionCase {
    Shape input;
    Shape weight;
    std::int64_t group = 1;
    Ints strides{1, 1};
    Ints pads{0, 0, 0, 0};
    Ints dilations{1, 1};
};

std::ostream& operator<<(std::ostream& out, const ConvolutionCase& c) {
    return out << c.input.text() << " * " << c.weight.text() << " / " << c.group;
}

class Convolutions : public testing::TestWithParam<ConvolutionCase> {};

TEST_P(Convolutions, AgreeWithTheReference) {
    const auto& c = GetParam();
    for (const bool bias : {false, true}) {
        GraphMaker maker;
        const auto x = maker.input("x", c.input);
        std::vector<ValueId> inputs{x, maker.constant(normalTensor(c.weight, 2, 0.2))};
        if (bias) inputs.push_back(maker.constant(normalTensor(Shape{c.weight[0]}, 3)));
        maker.output(
            maker.node("Conv", inputs, {{"group", c.group}, {"strides", c.strides}, {"pads", c.pads}, {"dilations", c.dilations}}));
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(c.input, 1)}}, {1e-6, 2e-5});
        ASSERT_FALSE(layers.empty());
        EXPECT_NE(layers.front().kernel.find("onednn conv"), std::string::npos) << layers.front().reason;
        EXPECT_EQ(layers.front().execution, trace::Execution::Native);
    }
}

INSTANTIATE_TEST_SUITE_P(Awkward, Convolutions,
                         testing::Values(ConvolutionCase{{1, 3, 9, 9}, {4, 3, 3, 3}, 1},
                                         ConvolutionCase{{2, 16, 8, 8}, {32, 16, 3, 3}, 1, {1, 1}, {1, 1, 1, 1}},
                                         ConvolutionCase{{3, 5, 11, 7}, {7, 5, 3, 2}, 1, {2, 1}, {1, 0, 1, 1}},
                                         ConvolutionCase{{1, 1, 12, 12}, {8, 1, 5, 5}, 1, {2, 2}, {2, 2, 2, 2}},
                                         ConvolutionCase{{2, 8, 10, 10}, {8, 1, 3, 3}, 8, {1, 1}, {1, 1, 1, 1}},
                                         ConvolutionCase{{2, 12, 10, 10}, {18, 4, 3, 3}, 3, {1, 1}, {1, 1, 1, 1}},
                                         ConvolutionCase{{1, 16, 13, 13}, {16, 16, 3, 3}, 1, {1, 1}, {2, 2, 2, 2}, {2, 2}},
                                         ConvolutionCase{{4, 64, 7, 7}, {10, 64, 1, 1}, 1},
                                         ConvolutionCase{{2, 64, 9, 9}, {128, 64, 1, 1}, 1, {2, 2}},
                                         ConvolutionCase{{1, 4, 6, 6}, {4, 4, 3, 3}, 1, {3, 3}, {0, 1, 2, 1}},
                                         ConvolutionCase{{17, 16, 5, 5}, {16, 16, 3, 3}, 1, {1, 1}, {1, 1, 1, 1}},
                                         ConvolutionCase{{1, 2, 30}, {6, 2, 5}, 1, {2}, {1, 2}, {1}},
                                         ConvolutionCase{{1, 3, 6, 7, 8}, {4, 3, 2, 3, 3}, 1, {1, 2, 1}, {0, 1, 1, 0, 1, 1}, {1, 1, 1}}));

TEST(Convolution, ResolvesAutomaticPadding) {
    for (const char* mode : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
        GraphMaker maker;
        const auto x = maker.input("x", Shape{1, 3, 10, 11});
        maker.output(maker.node("Conv", {x, maker.constant(normalTensor(Shape{5, 3, 4, 4}, 2))},
                                {{"auto_pad", std::string(mode)}, {"strides", Ints{2, 2}}}));
        expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{1, 3, 10, 11}, 1)}}, {1e-6, 2e-5});
    }
}

TEST(Convolution, TakesWeightsThatAreComputed) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{1, 4, 6, 6});
    const auto w = maker.node("Relu", {maker.input("w", Shape{8, 4, 3, 3})});
    maker.output(maker.node("Conv", {x, w}));
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{1, 4, 6, 6}, 1)}, {"w", normalTensor(Shape{8, 4, 3, 3}, 2)}},
                        {1e-6, 2e-5});
}

/// Conv → Conv with the way around them, as residual networks have it: chains stay channels last, the sum is written in place.
TEST(Convolution, KeepsItsLayoutThroughAResidualChain) {
    GraphMaker maker;
    const Shape shape{2, 16, 9, 9};
    const auto weight = [&](std::uint64_t seed) { return maker.constant(normalTensor(Shape{16, 16, 3, 3}, seed, 0.1)); };
    const std::map<std::string, Attribute> same{{"pads", Ints{1, 1, 1, 1}}};
    auto x = maker.node("Relu", {maker.node("Conv", {maker.input("x", shape), weight(1)}, same)});
    for (std::uint64_t block = 0; block < 3; ++block) {
        const auto first = maker.node("Relu", {maker.node("Conv", {x, weight(10 + block)}, same)});
        const auto second = maker.node("Conv", {first, weight(20 + block)}, same);
        x = maker.node("Relu", {maker.node("Add", {second, x})});
    }
    const auto pooled = maker.node("MaxPool", {x}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
    const auto scaled = maker.node("Mul", {pooled, maker.constant(normalTensor(Shape{16, 1, 1}, 5))});
    maker.output(maker.node("Flatten", {maker.node("GlobalAveragePool", {scaled})}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 9)}}, {1e-5, 1e-4});
    int convolutions = 0;
    for (const auto& layer : layers) convolutions += layer.op == "FusedConv" ? 1 : 0;
    EXPECT_EQ(convolutions, 7);
    for (const auto& layer : layers) EXPECT_NE(layer.op, "Add");
}

/// The residual is read again later, or is the convolution's own input: it must not be overwritten.
TEST(Convolution, LeavesAResidualThatIsStillNeeded) {
    for (const bool own : {false, true}) {
        GraphMaker maker;
        const Shape shape{1, 8, 5, 5};
        const auto x = maker.node("Relu", {maker.input("x", shape)});
        const auto other = maker.node("Neg", {x});
        const auto conv = maker.node("Conv", {x, maker.constant(normalTensor(Shape{8, 8, 3, 3}, 2))}, {{"pads", Ints{1, 1, 1, 1}}});
        const auto sum = maker.node("Add", {conv, own ? x : other});
        maker.output(own ? sum : maker.node("Mul", {sum, other}));
        expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 9)}}, {1e-5, 2e-5});
    }
}

TEST(Convolution, BehavesForEveryBatchFromOneToSeventeen) {
    GraphMaker maker;
    const auto x =
        maker.input("x", DataType::Float32, {graph::Dim::named("batch"), graph::Dim::known(8), graph::Dim::known(6), graph::Dim::known(6)});
    maker.output(
        maker.node("Relu", {maker.node("Conv", {x, maker.constant(normalTensor(Shape{12, 8, 3, 3}, 2))}, {{"pads", Ints{1, 1, 1, 1}}})}));
    const Graph graph = maker.finish();
    for (std::int64_t batch = 1; batch <= 17; ++batch)
        expectLikeReference(graph, {{"x", normalTensor(Shape{batch, 8, 6, 6}, 1)}}, {1e-6, 2e-5});
}

TEST(Convolution, AnEmptyBatchGivesAnEmptyResult) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{0, 8, 6, 6});
    maker.output(maker.node("Conv", {x, maker.constant(normalTensor(Shape{12, 8, 3, 3}, 2))}));
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{0, 8, 6, 6}, 1)}});
}

TEST(TransposedConvolution, AgreesWithTheReference) {
    struct Case {
        Shape input, weight;
        std::int64_t group;
        Ints strides, pads;
    };
    for (const auto& c :
         {Case{{1, 3, 5, 5}, {3, 4, 3, 3}, 1, {1, 1}, {0, 0, 0, 0}}, Case{{2, 8, 6, 7}, {8, 16, 4, 4}, 1, {2, 2}, {1, 1, 1, 1}},
          Case{{1, 6, 5, 5}, {6, 2, 3, 3}, 3, {2, 1}, {1, 0, 0, 1}}}) {
        GraphMaker maker;
        const auto x = maker.input("x", c.input);
        const auto bias = maker.constant(normalTensor(Shape{c.weight[1] * c.group}, 4));
        maker.output(maker.node("ConvTranspose", {x, maker.constant(normalTensor(c.weight, 2)), bias},
                                {{"group", c.group}, {"strides", c.strides}, {"pads", c.pads}}));
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(c.input, 1)}}, {1e-6, 2e-5});
        EXPECT_NE(layerOf(layers, "ConvTranspose").kernel.find("onednn deconv"), std::string::npos);
    }
}

TEST(Pooling, AgreesWithTheReference) {
    struct Case {
        Ints kernel, strides, pads;
        std::int64_t ceil;
    };
    for (const auto& c :
         {Case{{2, 2}, {2, 2}, {0, 0, 0, 0}, 0}, Case{{3, 3}, {2, 2}, {1, 1, 1, 1}, 0}, Case{{3, 2}, {1, 3}, {0, 1, 2, 0}, 0},
          Case{{3, 3}, {2, 2}, {0, 0, 0, 0}, 1}, Case{{5, 5}, {5, 5}, {2, 2, 2, 2}, 1}}) {
        for (const char* op : {"MaxPool", "AveragePool"}) {
            for (const std::int64_t counted : {0, 1}) {
                for (const bool afterConv : {false, true}) {
                    GraphMaker maker;
                    const Shape shape{2, 7, 12, 10};
                    auto x = maker.input("x", shape);
                    if (afterConv) x = maker.node("Conv", {x, maker.constant(normalTensor(Shape{9, 7, 1, 1}, 2))});
                    std::map<std::string, Attribute> attributes{
                        {"kernel_shape", c.kernel}, {"strides", c.strides}, {"pads", c.pads}, {"ceil_mode", c.ceil}};
                    if (std::string(op) == "AveragePool") attributes.emplace("count_include_pad", counted);
                    maker.output(maker.node(op, {x}, attributes));
                    expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 1)}}, {1e-6, 2e-5});
                }
            }
        }
    }
}

}  // namespace
}  // namespace trimtab::test
