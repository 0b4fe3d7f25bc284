// Statically quantised models: what runs on codes says what the pairs of quantise and dequantise say, to one code.
#include "core/graph/passes/passes.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/onednn/adapter.h"
#include "kernels/ref/reference.h"
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

using Ints = std::vector<std::int64_t>;

struct Scale {
    float scale = 0.05F;
    int zero = 128;
    DataType type = DataType::UInt8;
};

Tensor zeroPoint(const Scale& scale, const Shape& shape = Shape{}) {
    const std::vector<std::uint8_t> bytes(static_cast<std::size_t>(shape.elementCount()), static_cast<std::uint8_t>(scale.zero));
    return Tensor::fromValues<std::uint8_t>(scale.type, shape, bytes);
}

class StaticQuantization : public testing::Test {
protected:
    ValueId codes(ValueId x, const Scale& scale) {
        return maker.node("QuantizeLinear", {x, maker.constant(Tensor::scalar(scale.scale)), maker.constant(zeroPoint(scale))});
    }
    ValueId values(ValueId x, const Scale& scale) {
        return maker.node("DequantizeLinear", {x, maker.constant(Tensor::scalar(scale.scale)), maker.constant(zeroPoint(scale))});
    }
    ValueId pair(ValueId x, const Scale& scale) { return values(codes(x, scale), scale); }
    ValueId weight(const Shape& shape, tensor::WeightLayout layout, std::uint64_t seed = 2) {
        return maker.quantized(quantize(normalTensor(shape, seed, 0.2), layout, 8));
    }

    /// Within one code of the last scale. The layers that ran.
    std::vector<trace::LayerRecord> expectLikePairs(const std::vector<NamedTensor>& inputs, float lastScale) {
        return expectLikeReference(maker.finish(), inputs, {lastScale * 1.01, 1e-5});
    }
    /// Without the reordering of outputs behind them.
    static std::vector<std::string> operators(const std::vector<trace::LayerRecord>& layers) {
        std::vector<std::string> names;
        for (const auto& layer : layers)
            if (layer.op != "Reorder") names.push_back(layer.op);
        return names;
    }
    static bool hasProducts() { return cpu::onednn::hasInt8Products(); }

    GraphMaker maker;
};

struct Case {
    Shape input, weight;
    std::int64_t group = 1;
    Ints pads{0, 0, 0, 0}, strides{1, 1};
};

TEST_F(StaticQuantization, ConvolutionsRunOnCodesWhateverThePaddingAndTheZeroPoint) {
    const Case cases[] = {{{2, 3, 9, 9}, {8, 3, 3, 3}},
                          {{1, 16, 8, 8}, {32, 16, 3, 3}, 1, {1, 1, 1, 1}},
                          {{1, 16, 9, 7}, {16, 1, 3, 3}, 16, {1, 1, 1, 1}, {2, 2}},
                          {{3, 12, 5, 5}, {18, 4, 1, 1}, 3},
                          {{1, 64, 1, 1}, {5, 64, 1, 1}}};
    const Scale sources[] = {{0.03F, 0}, {0.03F, 117}, {0.04F, 0, DataType::Int8}, {0.04F, -9, DataType::Int8}};
    for (const Case& c : cases) {
        for (const Scale& from : sources) {
            for (const char* activation : {"", "Relu", "Clip", "Sigmoid"}) {
                SCOPED_TRACE(c.input.text() + " " + c.weight.text() + " " + std::to_string(from.zero) + " " + activation);
                maker = GraphMaker();
                const Scale to{0.021F, std::string(activation) == "Relu" ? 0 : 60, DataType::UInt8};
                const auto x = pair(maker.input("x", c.input), from);
                auto y = maker.node(
                    "Conv", {x, weight(c.weight, tensor::WeightLayout::OutputsFirst), maker.constant(normalTensor(Shape{c.weight[0]}, 3))},
                    {{"group", c.group}, {"pads", c.pads}, {"strides", c.strides}});
                if (std::string(activation) == "Clip")
                    y = maker.node("Clip", {y, maker.constant(Tensor::scalar(0)), maker.constant(Tensor::scalar(2.5F))});
                else if (*activation) y = maker.node(activation, {y});
                maker.output(pair(y, to));
                const auto layers = expectLikePairs({{"x", normalTensor(c.input, 7)}}, to.scale);
                if (!hasProducts()) continue;
                EXPECT_EQ(operators(layers), (std::vector<std::string>{"QuantizeLinear", "QuantizedConv", "DequantizeLinear"}));
                EXPECT_EQ(layers[1].compute, "int8");
                EXPECT_EQ(layers[1].weightBits, 8);
                EXPECT_EQ(layers[1].execution, trace::Execution::Native);
            }
        }
    }
}

TEST_F(StaticQuantization, ProductsRunOnCodesAndGiveFloatsWhereNothingQuantisesThem) {
    for (const bool toCodes : {false, true}) {
        for (const bool transposed : {false, true}) {
            for (const std::int64_t rows : {1, 3, 130}) {
                SCOPED_TRACE(std::to_string(rows) + (transposed ? " transposed" : "") + (toCodes ? " to codes" : ""));
                maker = GraphMaker();
                const auto x = pair(maker.input("x", Shape{rows, 40}), {0.04F, 101});
                const auto layout = transposed ? tensor::WeightLayout::OutputsFirst : tensor::WeightLayout::OutputsLast;
                const auto y = maker.node(
                    "Gemm", {x, weight(transposed ? Shape{24, 40} : Shape{40, 24}, layout), maker.constant(normalTensor(Shape{24}, 5))},
                    {{"transB", std::int64_t{transposed}}});
                maker.output(toCodes ? pair(y, {0.05F, 90}) : y);
                const auto layers = expectLikePairs({{"x", normalTensor(Shape{rows, 40}, 8)}}, toCodes ? 0.05F : 1e-5F);
                if (hasProducts()) {
                    EXPECT_EQ(layerOf(layers, "QuantizedMatMul").compute, "int8");
                }
            }
        }
    }
}

TEST_F(StaticQuantization, AResidualBlockStaysInCodes) {
    const Scale scale{0.05F, 0}, sum{0.06F, 0};
    const Shape shape{2, 16, 6, 6};
    const auto x = pair(maker.input("x", shape), scale);
    const std::map<std::string, Attribute> same{{"pads", Ints{1, 1, 1, 1}}};
    const auto first = pair(
        maker.node("Relu", {maker.node("Conv", {x, weight(Shape{16, 16, 3, 3}, tensor::WeightLayout::OutputsFirst, 4)}, same)}), scale);
    const auto second =
        pair(maker.node("Conv", {first, weight(Shape{16, 16, 3, 3}, tensor::WeightLayout::OutputsFirst, 5)}, same), {0.05F, 130});
    const auto y = pair(maker.node("Relu", {maker.node("Add", {second, x})}), sum);
    maker.output(pair(maker.node("MaxPool", {y}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}), sum));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 9)}}, {2.01 * sum.scale, 1e-5});
    if (!hasProducts()) return;
    EXPECT_EQ(operators(layers), (std::vector<std::string>{"QuantizeLinear", "QuantizedConv", "QuantizedConv", "QuantizedAdd", "MaxPool",
                                                           "DequantizeLinear"}));
}

TEST_F(StaticQuantization, SumsAndProductsOfCodesBroadcast) {
    for (const char* op : {"Add", "Mul"}) {
        for (const Shape& other : {Shape{2, 5, 7, 3}, Shape{2, 5, 1, 1}, Shape{3}, Shape{1, 5, 7, 1}, Shape{}}) {
            SCOPED_TRACE(std::string(op) + other.text());
            maker = GraphMaker();
            const Shape shape{2, 5, 7, 3};
            const auto a = pair(maker.input("a", shape), {0.03F, 100});
            const auto b = pair(maker.input("b", other), {0.02F, 3, DataType::Int8});
            maker.output(pair(maker.node(op, {a, b}), {0.04F, -5, DataType::Int8}));
            const auto layers = expectLikePairs({{"a", normalTensor(shape, 3)}, {"b", normalTensor(other, 4)}}, 0.04F);
            if (hasProducts()) {
                EXPECT_EQ(layerOf(layers, std::string("Quantized") + op).kernel, "vector loop");
            }
        }
    }
}

/// x · clip(x + 3, 0, 6) / 6, every step in codes of its own, as static quantisers leave it: one table.
TEST_F(StaticQuantization, FunctionsOfOneCodeBecomeOneTable) {
    const Scale scale{0.05F, 110};
    const auto number = [&](float value) { return maker.constant(Tensor::scalar(value)); };
    const auto x = pair(maker.input("x", Shape{4, 300}), scale);
    const auto raised = pair(maker.node("Add", {x, number(3)}), {0.06F, 40});
    const auto bounded = pair(maker.node("Clip", {raised, number(0), number(6)}), {0.025F, 0});
    const auto product = pair(maker.node("Mul", {x, bounded}), {0.15F, 20});
    maker.output(pair(maker.node("Div", {product, number(6)}), {0.03F, 17}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{4, 300}, 5, 3)}}, {1e-6, 0});
    if (hasProducts()) {
        EXPECT_EQ(operators(layers), (std::vector<std::string>{"QuantizeLinear", "Lookup", "DequantizeLinear"}));
    }
}

TEST_F(StaticQuantization, PartsOfOtherScalesAreJoinedAsCodes) {
    const Scale a{0.03F, 90}, b{0.07F, -3, DataType::Int8}, y{0.05F, 120};
    const auto joined = maker.node("Concat", {pair(maker.input("a", Shape{2, 3, 4}), a), pair(maker.input("b", Shape{2, 5, 4}), b)},
                                   {{"axis", std::int64_t{1}}});
    maker.output(pair(maker.node("Transpose", {pair(joined, y)}, {{"perm", Ints{2, 0, 1}}}), y));
    const auto layers = expectLikeReference(
        maker.finish(), {{"a", normalTensor(Shape{2, 3, 4}, 3, 2)}, {"b", normalTensor(Shape{2, 5, 4}, 4, 2)}}, {1e-6, 0});
    if (!hasProducts()) return;
    const auto names = operators(layers);
    EXPECT_EQ(std::count(names.begin(), names.end(), "Lookup"), 2);
    EXPECT_EQ(std::count(names.begin(), names.end(), "DequantizeLinear"), 1);
}

TEST_F(StaticQuantization, WhatOthersReadAsFloatsStaysFloats) {
    const Scale scale{0.05F, 128};
    const auto x = pair(maker.input("x", Shape{3, 8}), scale);
    const auto y = maker.node("MatMul", {x, weight(Shape{8, 8}, tensor::WeightLayout::OutputsLast)});
    maker.output(pair(y, scale));
    maker.output(y);  // the product itself is asked for
    maker.output(maker.node("Softmax", {x}));
    expectLikePairs({{"x", normalTensor(Shape{3, 8}, 3)}}, scale.scale);
}

TEST_F(StaticQuantization, QuantisingRoundsHalvesToEvenAndSaturates) {
    maker.output(codes(maker.input("x", Shape{7}), {0.5F, 3}));
    const std::vector<float> x{
        0.25F, 0.75F, -0.25F, 1e9F, -1e9F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
    const auto outcome = runOnCpu(maker.finish(), {{"x", Tensor::fromFloats(Shape{7}, x)}});
    EXPECT_EQ(tensor::toInt64s(outcome.outputs[0].tensor), (Ints{3, 5, 3, 255, 0, 3, 255}));
}

/// The file's own way: int8 and uint8 codes as weights behind DequantizeLinear, or floats that it quantises itself.
TEST(AdoptedWeights, AreReadAsTheFileHoldsThem) {
    for (const std::string form : {"int8", "uint8", "quantised in the file"}) {
        SCOPED_TRACE(form);
        GraphMaker maker;
        const auto x = maker.input("x", Shape{2, 4});
        const auto scales = maker.constant(Tensor::fromFloats(Shape{3}, {0.5F, 0.25F, 2}));
        ValueId codes = graph::kNoValue, zeros = graph::kNoValue;
        if (form == "uint8") {
            codes = maker.constant(
                Tensor::fromValues<std::uint8_t>(DataType::UInt8, Shape{4, 3}, {129, 130, 131, 127, 126, 125, 128, 255, 0, 1, 2, 3}));
            zeros = maker.constant(zeroPoint({1, 128, DataType::UInt8}, Shape{3}));
        } else if (form == "int8") {
            codes = maker.constant(
                Tensor::fromValues<std::int8_t>(DataType::Int8, Shape{4, 3}, {1, 2, 3, -1, -2, -3, 0, 127, -128, -127, -126, -125}));
            zeros = maker.constant(zeroPoint({1, 0, DataType::Int8}, Shape{3}));
        } else {
            zeros = maker.constant(zeroPoint({1, 0, DataType::Int8}, Shape{3}));
            const auto floats = maker.constant(Tensor::fromFloats(
                Shape{4, 3}, {0.5F, 0.5F, 6, -0.5F, -0.5F, -6, 0, 31.75F, -256, -63.5F, -31.5F, -250}));
            codes = maker.node("QuantizeLinear", {floats, scales, zeros}, {{"axis", std::int64_t{1}}});
        }
        const auto values = maker.node("DequantizeLinear", {codes, scales, zeros}, {{"axis", std::int64_t{1}}});
        maker.output(maker.node("MatMul", {x, values}));
        Graph graph = maker.finish();
        ref::ReferenceEvaluator evaluator;
        ASSERT_TRUE(graph::simplify(graph, evaluator));
        ASSERT_EQ(graph.nodes.size(), 1U);
        const auto& weight = graph.value(graph.nodes[0].inputs[1]).quantized;
        ASSERT_TRUE(weight);
        EXPECT_EQ(weight->bits, 8);
        EXPECT_TRUE(weight->symmetric);
        EXPECT_EQ(weight->codes, (std::vector<std::int8_t>{1, -1, 0, -127, 2, -2, 127, -126, 3, -3, -128, -125})) << "outputs × reduction";
        EXPECT_EQ(weight->scales, (std::vector<float>{0.5F, 0.25F, 2}));
        const auto outcome = runOnCpu(graph, {{"x", Tensor::fromFloats(Shape{2, 4}, {1, 0, 0, 0, 0, 1, 1, 0})}});
        EXPECT_EQ(tensor::toFloats(outcome.outputs[0].tensor), (std::vector<float>{0.5F, 0.5F, 6, -0.5F, 31.25F, -262}));
    }
}

TEST(AdoptedWeights, AreNotTakenFromOtherReaders) {
    GraphMaker maker;
    const auto codes = maker.constant(Tensor::fromValues<std::int8_t>(DataType::Int8, Shape{4, 4}, std::vector<std::int8_t>(16, 3)));
    const auto values = maker.node("DequantizeLinear", {codes, maker.constant(Tensor::scalar(0.5F))});
    maker.output(maker.node("MatMul", {maker.input("x", Shape{2, 4}), values}));
    maker.output(maker.node("Add", {maker.input("y", Shape{4, 4}), values}));
    Graph graph = maker.finish();
    ref::ReferenceEvaluator evaluator;
    ASSERT_TRUE(graph::simplify(graph, evaluator));
    for (const graph::Value& value : graph.values) EXPECT_FALSE(value.quantized);
    EXPECT_EQ(graph.nodes.size(), 2U) << "folded to floats instead";
}

}  // namespace
}  // namespace trimtab::test
