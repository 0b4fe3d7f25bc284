// Treatments on the CPU engine against the reference engine, which imitates each in plain arithmetic; and what the layer records say about
// them. Those of weights alone: weight_only_test.cpp.
#include "kernels/cpu/cpu_engine.h"
#include "tests/kernels/cpu/harness.h"
#include "tests/kernels/cpu/integer_products.h"

namespace trimtab::test {
namespace {

using graph::ComputeType;
using tensor::WeightLayout;
using Ints = std::vector<std::int64_t>;

bool hasBfloatProducts() {
    const std::string isa = cpu::makeCpuEngine(1)->info().instructionSet;
    return isa.find("bf16") != std::string::npos || isa.find("amx") != std::string::npos;
}

struct Window {
    Shape input, weight;
    std::int64_t group;
    Ints strides, pads;
};

TEST(IntegerProducts, ConvolutionsSubtractTheZeroPointInPaddingToo) {
    for (const auto& c :
         {Window{{1, 16, 8, 8}, {16, 16, 3, 3}, 1, {1, 1}, {1, 1, 1, 1}}, Window{{2, 64, 9, 9}, {32, 64, 3, 3}, 1, {2, 2}, {1, 1, 1, 1}},
          Window{{17, 64, 6, 6}, {64, 64, 3, 3}, 1, {1, 1}, {1, 1, 1, 1}}, Window{{2, 64, 9, 9}, {48, 64, 1, 1}, 1, {2, 2}, {0, 0, 0, 0}},
          Window{{2, 1, 16, 16}, {64, 1, 5, 5}, 1, {2, 2}, {2, 2, 2, 2}}, Window{{2, 3, 11, 13}, {10, 3, 3, 3}, 1, {1, 1}, {0, 2, 1, 1}},
          Window{{2, 32, 7, 7}, {32, 8, 3, 3}, 4, {1, 1}, {1, 1, 1, 1}}, Window{{2, 32, 7, 7}, {32, 1, 3, 3}, 32, {1, 1}, {1, 1, 1, 1}},
          Window{{1, 128, 4, 4}, {128, 128, 3, 3}, 1, {1, 1}, {1, 1, 1, 1}}}) {
        for (const double shift : {0.0, 3.0, -3.0}) {
            GraphMaker maker;
            const auto x = maker.input("x", c.input);
            const auto w = maker.quantized(quantize(normalTensor(c.weight, 2, 0.2), WeightLayout::OutputsFirst, 8));
            maker.output(maker.node("Conv", {x, w, maker.constant(normalTensor(Shape{c.weight[0]}, 3))},
                                    {{"group", c.group}, {"strides", c.strides}, {"pads", c.pads}}));
            treatInt8(maker.last().treatment);
            Tensor input = normalTensor(c.input, 1);
            for (float& value : input.mutableData<float>()) value += static_cast<float>(shift);
            const auto layers = expectLikeReference(maker.finish(), {{"x", input}}, kExactCodes);
            ASSERT_FALSE(layers.empty());
            if (hasIntegerProducts() && c.group == 1) {
                EXPECT_NE(layers.front().kernel.find("u8s8"), std::string::npos) << layers.front().reason;
                EXPECT_EQ(layers.front().execution, trace::Execution::Native);
                EXPECT_EQ(layers.front().compute, "int8");
            }
        }
    }
}

TEST(IntegerProducts, FuseResidualAndActivation) {
    GraphMaker maker;
    const Shape shape{2, 32, 8, 8};
    const auto x = maker.node("Relu", {maker.input("x", shape)});
    const auto w = maker.quantized(quantize(normalTensor(Shape{32, 32, 3, 3}, 2, 0.1), WeightLayout::OutputsFirst, 8));
    const auto conv = maker.node("Conv", {x, w, maker.constant(normalTensor(Shape{32}, 3))}, {{"pads", Ints{1, 1, 1, 1}}});
    treatInt8(maker.last().treatment);
    maker.output(maker.node("Relu", {maker.node("Add", {conv, maker.input("r", shape)})}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 1)}, {"r", normalTensor(shape, 8)}}, kExactCodes);
    EXPECT_EQ(layerOf(layers, "FusedConv").execution, hasIntegerProducts() ? trace::Execution::Native : trace::Execution::Emulated);
    for (const auto& layer : layers) EXPECT_NE(layer.op, "Add");
}

TEST(IntegerProducts, MatricesOfEveryShape) {
    for (const auto& [k, n] : {std::pair<std::int64_t, std::int64_t>{7, 5}, {64, 64}, {130, 33}, {257, 96}}) {
        for (const std::int64_t m : {1, 2, 5, 16, 17, 64}) {
            for (const bool bias : {false, true}) {
                GraphMaker maker;
                const auto x = maker.input("x", Shape{m, k});
                std::vector<ValueId> inputs{x, maker.quantized(quantize(normalTensor(Shape{k, n}, 2), WeightLayout::OutputsLast, 8))};
                auto y = maker.node("MatMul", inputs);
                treatInt8(maker.last().treatment);
                if (bias) y = maker.node("Relu", {maker.node("Add", {y, maker.constant(normalTensor(Shape{n}, 3))})});
                maker.output(y);
                const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, k}, 1)}}, kExactCodes);
                if (hasIntegerProducts()) {
                    EXPECT_NE(layers.front().kernel.find("u8s8"), std::string::npos) << layers.front().reason;
                }
            }
        }
    }
}

TEST(IntegerProducts, TheActivationOfAZeroTensorIsZero) {
    GraphMaker maker;
    const auto w = maker.quantized(quantize(normalTensor(Shape{16, 8}, 2), WeightLayout::OutputsLast, 8));
    maker.output(maker.node("MatMul", {maker.input("x", Shape{3, 16}), w}));
    treatInt8(maker.last().treatment);
    expectLikeReference(maker.finish(), {{"x", Tensor::zeros(DataType::Float32, Shape{3, 16}).value()}}, {0, 0});
}

TEST(BfloatProducts, AgreeToTheirOwnRounding) {
    // Both sides round operands to bfloat16 and sum in fp32; a chain may round the value between two layers once more: 2^-8 of it.
    for (const bool chain : {false, true}) {
        GraphMaker maker;
        const Shape shape{2, 32, 8, 8};
        auto y = maker.input("x", shape);
        for (int i = 0; i < (chain ? 3 : 1); ++i) {
            y = maker.node("Conv",
                           {y, maker.constant(normalTensor(Shape{32, 32, 3, 3}, 2, 0.06)), maker.constant(normalTensor(Shape{32}, 3))},
                           {{"pads", Ints{1, 1, 1, 1}}});
            maker.last().treatment.compute = ComputeType::BFloat16;
            y = maker.node("Relu", {y});
        }
        maker.output(y);
        const auto layers =
            expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 1)}}, chain ? Tolerance{1e-3, 8e-3} : Tolerance{1e-5, 2e-5});
        EXPECT_EQ(layers.front().compute, "bf16");
    }
    for (const std::int64_t m : {1, 5, 33}) {
        GraphMaker maker;
        maker.output(maker.node("MatMul", {maker.input("x", Shape{m, 70}), maker.constant(normalTensor(Shape{70, 45}, 2))}));
        maker.last().treatment.compute = ComputeType::BFloat16;
        expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, 70}, 1)}}, {1e-5, 2e-5});
    }
}

TEST(BfloatProducts, TwoActivationsOfAnyRankAreMultipliedNatively) {
    for (const auto& [a, b] : {std::pair{Shape{2, 3, 7, 20}, Shape{2, 3, 20, 9}}, std::pair{Shape{2, 3, 7, 20}, Shape{1, 1, 20, 9}},
                               std::pair{Shape{7, 20}, Shape{20, 9}}}) {
        GraphMaker maker;
        const auto product = maker.node("MatMul", {maker.input("a", a), maker.input("b", b)});
        maker.last().treatment.compute = ComputeType::BFloat16;
        maker.output(maker.node("Softmax", {product}, {{"axis", std::int64_t{-1}}}));
        const auto layers = expectLikeReference(maker.finish(), {{"a", normalTensor(a, 1)}, {"b", normalTensor(b, 2)}}, {2e-5, 2e-5});
        EXPECT_EQ(layers.front().execution, hasBfloatProducts() ? trace::Execution::Native : trace::Execution::Emulated);
        if (hasBfloatProducts()) {
            EXPECT_EQ(layers.front().kernel.find("onednn matmul bf16"), 0U) << layers.front().kernel << layers.front().reason;
        }
    }
}

TEST(BfloatProducts, RoundWeightsThatAreComputed) {
    GraphMaker maker;
    const auto w = maker.node("Relu", {maker.input("w", Shape{8, 4, 3, 3})});
    maker.output(maker.node("Conv", {maker.input("x", Shape{1, 4, 6, 6}), w}));
    maker.last().treatment.compute = ComputeType::BFloat16;
    expectLikeReference(maker.finish(), {{"w", normalTensor(Shape{8, 4, 3, 3}, 2)}, {"x", normalTensor(Shape{1, 4, 6, 6}, 1)}},
                        {1e-5, 2e-5});
}

TEST(BfloatProducts, ResidualsReachTheFp32LayersBehind) {
    GraphMaker maker;
    const Shape shape{2, 32, 8, 8};
    const auto conv = [&](ValueId x, std::uint64_t seed) {
        const auto y = maker.node("Conv", {x, maker.constant(normalTensor(Shape{32, 32, 3, 3}, seed, 0.06))}, {{"pads", Ints{1, 1, 1, 1}}});
        maker.last().treatment.compute = ComputeType::BFloat16;
        return y;
    };
    const auto first = maker.node("Relu", {conv(maker.input("x", shape), 1)});
    const auto second = maker.node("Relu", {maker.node("Add", {conv(maker.node("Relu", {conv(first, 2)}), 3), first})});
    maker.output(maker.node("GlobalAveragePool", {second}));
    expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 1)}}, {1e-3, 8e-3});
}

TEST(EmulatedTreatments, SayThatNoKernelExecutesThem) {
    GraphMaker maker;
    const auto w = maker.quantized(quantize(normalTensor(Shape{8, 4, 3, 3}, 2), WeightLayout::OutputsFirst, 4));
    maker.output(maker.node("Conv", {maker.input("x", Shape{1, 4, 6, 6}), w}));
    maker.last().treatment.weightBits = 4;
    const Graph graph = maker.finish();
    const auto layers = expectLikeReference(graph, {{"x", normalTensor(Shape{1, 4, 6, 6}, 1)}}, {1e-6, 2e-5});
    EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
    EXPECT_EQ(layers.front().reason, "no kernel executes 4-bit weights of FusedConv");
    const auto support = cpu::makeCpuEngine(1)->supports(graph, graph.nodes.front());
    EXPECT_EQ(support.level, runtime::Support::Level::Emulated);
    EXPECT_EQ(support.reason, "no kernel executes 4-bit weights of Conv");
}

TEST(EmulatedTreatments, SayWhatTheKernelMadeForThemLacks) {
    for (const int bits : {8, 4}) {
        GraphMaker maker;
        const auto w = maker.quantized(quantize(normalTensor(Shape{32, 32, 3, 3}, 2), WeightLayout::OutputsFirst, bits));
        maker.output(maker.node("Conv", {maker.input("x", Shape{1, 32, 6, 6}), w}));
        treatInt8(maker.last().treatment);
        maker.last().treatment.weightBits = bits;
        const Graph graph = maker.finish();
        const auto layers = expectLikeReference(graph, {{"x", normalTensor(Shape{1, 32, 6, 6}, 1)}}, kExactCodes);
        if (bits == 8 && hasIntegerProducts()) {
            EXPECT_EQ(layers.front().execution, trace::Execution::Native);
            continue;
        }
        const std::string lack = bits == 8 ? "this processor has no VNNI: its 8-bit sums would saturate"
                                           : "no kernel forms integer products with 4-bit weights";
        EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
        EXPECT_EQ(layers.front().reason, "int8 convolution: " + lack);
        const auto support = cpu::makeCpuEngine(1)->supports(graph, graph.nodes.front());
        EXPECT_EQ(support.level, runtime::Support::Level::Emulated);
        EXPECT_EQ(support.reason, layers.front().reason);
    }
}

TEST(EmulatedTreatments, DoNotBlameAnFp32KernelThatWouldHaveImitatedThemToo) {
    GraphMaker maker;
    maker.output(maker.node("Gemm", {maker.input("x", Shape{20, 3}), maker.constant(normalTensor(Shape{20, 5}, 2))},
                            {{"transA", std::int64_t{1}}}));
    maker.last().treatment.compute = ComputeType::Tf32;
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{20, 3}, 1)}}, {1e-5, 2e-5});
    EXPECT_EQ(layers.front().reason, "no kernel here forms tf32 products of Gemm");
}

TEST(EmulatedTreatments, GroupedEightBitIntegerProductsAreImitated) {
    GraphMaker maker;
    const auto w = maker.quantized(quantize(normalTensor(Shape{64, 24}, 2), WeightLayout::OutputsLast, 8, 16));
    maker.output(maker.node("MatMul", {maker.input("x", Shape{5, 64}), w}));
    treatInt8(maker.last().treatment);
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{5, 64}, 1)}}, {1e-5, 1e-5});
    EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
}

TEST(EmulatedTreatments, NarrowFloatProductsAreImitatedAndSaySo) {
    for (const ComputeType compute : {ComputeType::Tf32, ComputeType::Float16, ComputeType::Float8}) {
        SCOPED_TRACE(graph::name(compute));
        for (const std::int64_t m : {1, 5, 33}) {
            GraphMaker maker;
            const auto y = maker.node("MatMul", {maker.input("x", Shape{m, 70}), maker.constant(normalTensor(Shape{70, 45}, 2))});
            maker.last().treatment.compute = compute;
            maker.output(maker.node("Relu", {maker.node("Add", {y, maker.constant(normalTensor(Shape{45}, 3))})}));
            const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, 70}, 1)}}, {1e-5, 2e-5});
            EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
            EXPECT_EQ(layers.front().compute, graph::name(compute));
            EXPECT_NE(layers.front().reason.find("no kernel here forms " + std::string(graph::name(compute))), std::string::npos);
        }
        GraphMaker maker;
        maker.output(maker.node("Conv", {maker.input("x", Shape{2, 32, 8, 8}), maker.constant(normalTensor(Shape{32, 32, 3, 3}, 2, 0.06))},
                                {{"pads", Ints{1, 1, 1, 1}}}));
        maker.last().treatment.compute = compute;
        expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{2, 32, 8, 8}, 1)}}, {1e-5, 2e-5});
        GraphMaker pair;
        pair.output(pair.node("MatMul", {pair.input("a", Shape{2, 3, 7, 20}), pair.input("b", Shape{2, 3, 20, 9})}));
        pair.last().treatment.compute = compute;
        expectLikeReference(pair.finish(), {{"a", normalTensor(Shape{2, 3, 7, 20}, 1)}, {"b", normalTensor(Shape{2, 3, 20, 9}, 2)}},
                            {2e-5, 2e-5});
    }
}

/// A treatment and the width of the weight's codes under it (0: the weight stays float).
struct Treated {
    const char* name;
    int bits;
    void (*treat)(graph::Treatment&);
};

const Treated kImitated[] = {{"int8", 8, treatInt8},
                             {"4-bit weights", 4, [](graph::Treatment& t) { t.weightBits = 4; }},
                             {"bf16", 0, [](graph::Treatment& t) { t.compute = ComputeType::BFloat16; }},
                             {"tf32", 0, [](graph::Treatment& t) { t.compute = ComputeType::Tf32; }},
                             {"fp8", 0, [](graph::Treatment& t) { t.compute = ComputeType::Float8; }},
                             {"8-bit activations", 0, [](graph::Treatment& t) { t.activationBits = 8; }}};

void expectRecorded(const trace::LayerRecord& layer, const graph::Treatment& treatment) {
    EXPECT_EQ(layer.kernel, "reference");
    EXPECT_EQ(layer.execution, trace::Execution::Emulated);
    EXPECT_EQ(layer.compute, graph::name(treatment.compute));
    EXPECT_EQ(layer.weightBits, treatment.weightBits);
    EXPECT_EQ(layer.activationBits, treatment.activationBits);
}

TEST(EmulatedTreatments, ReachValuesWhoseShapeOnlyTheRunKnows) {
    for (const Treated& c : kImitated) {
        SCOPED_TRACE(c.name);
        GraphMaker maker;
        const auto x = maker.input("x", Shape{6, 16});
        // The rows of x that a run-time list of indices names: shape {?, 16}.
        const auto found = maker.node("NonZero", {maker.node("Relu", {maker.input("mask", Shape{6})})});
        const auto rows = maker.node("GatherND", {x, maker.node("Transpose", {found}, {{"perm", Ints{1, 0}}})});
        const Tensor weight = normalTensor(Shape{16, 9}, 2);
        const auto w = c.bits ? maker.quantized(quantize(weight, WeightLayout::OutputsLast, c.bits)) : maker.constant(weight);
        maker.output(maker.node("MatMul", {rows, w}));
        c.treat(maker.last().treatment);
        const graph::Treatment treatment = maker.last().treatment;
        const auto layers = expectLikeReference(
            maker.finish(), {{"x", normalTensor(Shape{6, 16}, 1)}, {"mask", normalTensor(Shape{6}, 4)}}, {1e-6, 2e-6});
        const auto& layer = layers.back();
        expectRecorded(layer, treatment);
        EXPECT_NE(layer.reason.find("no kernel"), std::string::npos);
        EXPECT_NE(layer.reason.find("known only when it runs"), std::string::npos);
    }
}

TEST(EmulatedTreatments, AreRecordedWhereTheReferenceKernelImitatesThem) {
    for (const Treated& c : kImitated) {
        SCOPED_TRACE(c.name);
        GraphMaker maker;
        const Tensor weight = normalTensor(Shape{16, 9}, 2);
        const auto w = c.bits ? maker.quantized(quantize(weight, WeightLayout::OutputsLast, c.bits)) : maker.constant(weight);
        maker.output(maker.node("Gemm", {maker.input("x", Shape{16, 5}), w}, {{"transA", std::int64_t{1}}, {"alpha", 0.5F}}));
        c.treat(maker.last().treatment);
        const graph::Treatment treatment = maker.last().treatment;
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{16, 5}, 1)}}, {1e-6, 2e-6});
        expectRecorded(layers.front(), treatment);
    }
}

}  // namespace
}  // namespace trimtab::test
