// Graphs of each family on engine cuda against the reference engine.
#include <gtest/gtest.h>

#include "core/graph/passes/passes.h"
#include "kernels/cuda/cuda_engine.h"
#include "tests/kernels/cpu/graph_maker.h"
#include "tests/kernels/cuda/engine_harness.h"

namespace trimtab::cuda {
namespace {

using test::GraphMaker;
using test::integerTensor;
using test::normalTensor;
using test::ValueId;

constexpr double kRounded = 2e-2;

Graph product(std::int64_t m, std::int64_t k, std::int64_t n, const graph::Treatment& treatment, bool quantized, int bits = 8,
              std::int64_t group = 0) {
    GraphMaker maker;
    const ValueId x = maker.input("x", Shape{m, k});
    const Tensor weight = normalTensor(Shape{k, n}, 2, 0.1);
    const ValueId w =
        quantized ? maker.quantized(test::quantize(weight, tensor::WeightLayout::OutputsLast, bits, group)) : maker.constant(weight);
    const ValueId y = maker.node("MatMul", {x, w});
    maker.last().treatment = treatment;
    maker.output(maker.node("Add", {y, maker.constant(normalTensor(Shape{n}, 3))}));
    return maker.finish();
}

std::vector<NamedTensor> rows(std::int64_t m, std::int64_t k) { return {{"x", normalTensor(Shape{m, k}, 1)}}; }

TEST(CudaEngine, DenseProductsAgreeForAnyNumberOfRows) {
    for (const std::int64_t m : {1, 3, 16, 17, 65}) {
        SCOPED_TRACE(m);
        expectLikeReference(product(m, 48, 40, {}, false), rows(m, 48));
        expectLikeReference(product(m, 33, 7, {}, false), rows(m, 33));
    }
}

TEST(CudaEngine, SixteenBitProductsHoldTheirOperandsInSixteenBits) {
    for (const auto type : {graph::ComputeType::BFloat16, graph::ComputeType::Float16}) {
        graph::Treatment treatment;
        treatment.compute = type;
        for (const std::int64_t m : {1, 40}) {
            const auto layers = expectLikeReference(product(m, 64, 48, treatment, false), rows(m, 64), kRounded);
            EXPECT_EQ(layerOf(layers, "FusedMatMul").execution, trace::Execution::Native);
        }
    }
}

TEST(CudaEngine, WeightOnlyProductsReadCodesNatively) {
    for (const int bits : {8, 4}) {
        for (const std::int64_t group : {0, 16}) {
            graph::Treatment treatment;
            treatment.weightBits = bits;
            for (const std::int64_t m : {1, 33}) {
                SCOPED_TRACE(std::to_string(bits) + " bits, group " + std::to_string(group) + ", rows " + std::to_string(m));
                const auto layers = expectLikeReference(product(m, 64, 24, treatment, true, bits, group), rows(m, 64), 1e-5);
                EXPECT_EQ(layerOf(layers, "FusedMatMul").execution, trace::Execution::Native);
                treatment.compute = graph::ComputeType::BFloat16;
                expectLikeReference(product(m, 64, 24, treatment, true, bits, group), rows(m, 64), kRounded);
                treatment.compute = graph::ComputeType::Float32;
            }
        }
    }
}

TEST(CudaEngine, WeightsOfTensOfRowsAreStreamed) {
    graph::Treatment treatment;
    treatment.compute = graph::ComputeType::BFloat16;
    for (const int bits : {8, 4}) {
        treatment.weightBits = bits;
        const auto layers = expectLikeReference(product(33, 640, 24, treatment, true, bits, 128), rows(33, 640), kRounded);
        EXPECT_EQ(layerOf(layers, "FusedMatMul").kernel, "streamed int" + std::to_string(bits) + " bf16");
    }
}

TEST(CudaEngine, OtherWidthsAreEmulated) {
    for (const int bits : {2, 3, 5, 6, 7}) {
        graph::Treatment treatment;
        treatment.weightBits = bits;
        const auto layers = expectLikeReference(product(5, 32, 8, treatment, true, bits), rows(5, 32));
        EXPECT_EQ(layerOf(layers, "FusedMatMul").execution, trace::Execution::Emulated);
    }
}

TEST(CudaEngine, IntegerProductsAreExactSums) {
    graph::Treatment treatment;
    treatment.compute = graph::ComputeType::Int8;
    treatment.weightBits = 8;
    treatment.activationBits = 8;
    for (const std::int64_t m : {1, 5, 40}) {
        for (const std::int64_t k : {64, 45}) {
            SCOPED_TRACE(std::to_string(m) + " rows of " + std::to_string(k));
            const auto layers = expectLikeReference(product(m, k, 24, treatment, true), rows(m, k), 1e-5);
            EXPECT_EQ(layerOf(layers, "FusedMatMul").execution, trace::Execution::Native);
        }
    }
}

TEST(CudaEngine, StaticStepsAreKernelsAndThoseOfTokensAreImitated) {
    graph::Treatment treatment;
    treatment.compute = graph::ComputeType::Int8;
    treatment.weightBits = treatment.activationBits = 8;
    treatment.activationStep = graph::ActivationStep{0.02F, 90};
    const auto fixed = layerOf(expectLikeReference(product(5, 45, 24, treatment, true), rows(5, 45), 1e-5), "FusedMatMul");
    EXPECT_EQ(fixed.execution, trace::Execution::Native);
    EXPECT_NE(fixed.kernel.find("static"), std::string::npos) << fixed.kernel;
    treatment.activationStep.reset();
    treatment.activationPerToken = true;
    const auto tokens = layerOf(expectLikeReference(product(5, 45, 24, treatment, true), rows(5, 45), 1e-5), "FusedMatMul");
    EXPECT_EQ(tokens.execution, trace::Execution::Emulated);
}

TEST(CudaEngine, KeysAndValuesOfFewBitsAreRoundedOnTheHost) {
    GraphMaker maker;
    const Shape rows{2, 3, 8, 8};
    const auto keep = [&] { maker.last().treatment.kvBits = 4; };
    const ValueId scores = maker.node("MatMul", {maker.input("q", rows), maker.input("k", rows)});
    keep();
    const ValueId weights = maker.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
    maker.output(maker.node("MatMul", {weights, maker.input("v", rows)}));
    keep();
    const auto layers =
        expectLikeReference(maker.finish(), {{"q", normalTensor(rows, 1)}, {"k", normalTensor(rows, 2)}, {"v", normalTensor(rows, 3)}});
    EXPECT_EQ(layerOf(layers, "MatMul").execution, trace::Execution::Emulated);
}

TEST(CudaEngine, Float8ProductsAgreeWithTheirImitation) {
    graph::Treatment treatment;
    treatment.compute = graph::ComputeType::Float8;
    expectLikeReference(product(5, 64, 32, treatment, false), rows(5, 64), kRounded);
    const auto odd = expectLikeReference(product(5, 60, 32, treatment, false), rows(5, 60), kRounded);
    EXPECT_EQ(layerOf(odd, "FusedMatMul").execution, trace::Execution::Emulated);
}

TEST(CudaEngine, BatchedProductsShareAnOperand) {
    GraphMaker maker;
    const ValueId a = maker.input("a", Shape{2, 3, 5, 8});
    const ValueId b = maker.input("b", Shape{2, 3, 8, 7});
    const ValueId c = maker.input("c", Shape{7, 4});
    maker.output(maker.node("MatMul", {maker.node("MatMul", {a, b}), c}));
    expectLikeReference(
        maker.finish(),
        {{"a", normalTensor(Shape{2, 3, 5, 8}, 1)}, {"b", normalTensor(Shape{2, 3, 8, 7}, 2)}, {"c", normalTensor(Shape{7, 4}, 3)}});
}

TEST(CudaEngine, ChainsOfElementwiseNodesRunInOnePass) {
    GraphMaker maker;
    const ValueId gate = maker.input("gate", Shape{6, 40});
    const ValueId up = maker.input("up", Shape{6, 40});
    const ValueId row = maker.input("row", Shape{40});
    const ValueId silu = maker.node("Mul", {gate, maker.node("Sigmoid", {gate})});
    const ValueId product = maker.node("Mul", {silu, up});
    const ValueId shifted = maker.node("Sub", {row, product});
    maker.output(maker.node("Div", {maker.node("Tanh", {shifted}), maker.node("Exp", {up})}));
    const auto layers = expectLikeReference(
        maker.finish(),
        {{"gate", normalTensor(Shape{6, 40}, 1)}, {"up", normalTensor(Shape{6, 40}, 2)}, {"row", normalTensor(Shape{40}, 3)}});
    int passes = 0;
    for (const auto& layer : layers) passes += layer.kernel == "element-wise pass" ? 1 : 0;
    EXPECT_EQ(passes, 1);
}

TEST(CudaEngine, GelusWithAndWithoutABiasAreElementwisePasses) {
    GraphMaker maker;
    const ValueId x = maker.input("x", Shape{3, 5, 36});
    const ValueId bias = maker.constant(normalTensor(Shape{36}, 2));
    for (const char* op : {"Gelu", "FastGelu"}) maker.output(maker.node(op, {x}, {}, "com.microsoft"));
    for (const char* op : {"BiasGelu", "FastGelu"}) maker.output(maker.node(op, {x, bias}, {}, "com.microsoft"));
    maker.output(maker.node("FastGelu", {maker.node("Mul", {x, x}), bias}, {}, "com.microsoft"));
    for (const auto& layer : expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 5, 36}, 1)}}))
        EXPECT_EQ(layer.kernel, layer.op == "Mul" ? "in the pass of its reader" : "element-wise pass") << layer.node;
}

TEST(CudaEngine, NormalisationsSoftmaxAndReductionsAgree) {
    GraphMaker maker;
    const ValueId x = maker.input("x", Shape{3, 5, 36});
    const ValueId scale = maker.constant(normalTensor(Shape{36}, 4));
    maker.output(maker.node("LayerNormalization", {x, scale, maker.constant(normalTensor(Shape{36}, 5))}, {{"epsilon", 1e-5F}}));
    maker.output(maker.node("SimplifiedLayerNormalization", {x, scale}, {{"epsilon", 1e-6F}}));
    maker.output(maker.node("Softmax", {x}, {{"axis", std::int64_t{1}}}));
    maker.output(maker.node("LogSoftmax", {x}, {{"axis", std::int64_t{-1}}}));
    maker.output(maker.node("ReduceMean", {x}, {{"axes", std::vector<std::int64_t>{1}}, {"keepdims", std::int64_t{0}}}));
    maker.output(maker.node("ArgMax", {x}, {{"axis", std::int64_t{-1}}, {"keepdims", std::int64_t{0}}}));
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 5, 36}, 1)}});
}

TEST(CudaEngine, MovesAndViewsAgree) {
    GraphMaker maker;
    const ValueId x = maker.input("x", Shape{4, 6, 10});
    const ValueId turned = maker.node("Transpose", {x}, {{"perm", std::vector<std::int64_t>{2, 0, 1}}});
    const ValueId flat = maker.node("Reshape", {turned, maker.constant(Tensor::fromInt64s(Shape{2}, {20, 12}))});
    const ValueId joined = maker.node("Concat", {flat, flat}, {{"axis", std::int64_t{1}}});
    maker.output(joined);
    maker.output(maker.node("Gather", {joined, maker.constant(integerTensor(Shape{7}, 3, -20, 20))}, {{"axis", std::int64_t{0}}}));
    maker.output(
        maker.node("Slice", {x, maker.constant(Tensor::fromInt64s(Shape{1}, {8})), maker.constant(Tensor::fromInt64s(Shape{1}, {0})),
                             maker.constant(Tensor::fromInt64s(Shape{1}, {2})), maker.constant(Tensor::fromInt64s(Shape{1}, {-3}))}));
    maker.output(maker.node("GatherND", {x, maker.constant(Tensor::fromInt64s(Shape{3, 2}, {0, 5, 3, -6, -1, 2}))}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{4, 6, 10}, 1)}});
    EXPECT_EQ(layerOf(layers, "GatherND").kernel, "row gather");
}

TEST(CudaEngine, AnIndexOutsideTheTableIsRefusedAndLosesNothing) {
    GraphMaker maker;
    const ValueId table = maker.constant(normalTensor(Shape{5, 4}, 1));
    const ValueId indices = maker.input("indices", DataType::Int64, graph::ValueType::of(DataType::Int64, Shape{2}).dims.value());
    maker.output(maker.node("Gather", {table, indices}));
    const Graph graph = maker.finish();
    const auto engine = makeCudaEngine(sharedTools());
    auto model = engine->compile(graph, {}).value();
    const std::vector<NamedTensor> wrong{{"indices", Tensor::fromInt64s(Shape{2}, {1, 5})}};
    const auto outcome = model->run(wrong);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::Refused);
    const std::vector<NamedTensor> right{{"indices", Tensor::fromInt64s(Shape{2}, {1, 4})}};
    EXPECT_TRUE(model->run(right));
}

TEST(CudaEngine, ConvolutionsAndPoolsAgree) {
    for (const std::int64_t groups : {1, 2, 8}) {
        GraphMaker maker;
        const ValueId x = maker.input("x", Shape{2, 8, 11, 9});
        const std::map<std::string, graph::Attribute> window{
            {"pads", std::vector<std::int64_t>{1, 0, 1, 2}}, {"strides", std::vector<std::int64_t>{2, 1}}, {"group", groups}};
        const ValueId y = maker.node(
            "Conv", {x, maker.constant(normalTensor(Shape{16, 8 / groups, 3, 3}, 2, 0.2)), maker.constant(normalTensor(Shape{16}, 3))},
            window);
        const ValueId active = maker.node("Relu", {y});
        maker.output(maker.node("MaxPool", {active},
                                {{"kernel_shape", std::vector<std::int64_t>{2, 2}}, {"strides", std::vector<std::int64_t>{2, 2}}}));
        maker.output(maker.node("GlobalAveragePool", {active}));
        SCOPED_TRACE(groups);
        expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{2, 8, 11, 9}, 1)}});
    }
}

TEST(CudaEngine, IntegerConvolutionsAgreeUnderBothKindsOfStep) {
    for (const bool isStatic : {false, true}) {
        GraphMaker maker;
        const ValueId x = maker.input("x", Shape{2, 5, 9, 7});
        const Tensor weight = normalTensor(Shape{12, 5, 3, 3}, 2, 0.2);
        const ValueId y = maker.node(
            "Conv",
            {x, maker.quantized(test::quantize(weight, tensor::WeightLayout::OutputsFirst, 8)), maker.constant(normalTensor(Shape{12}, 3))},
            {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
        maker.last().treatment.compute = graph::ComputeType::Int8;
        maker.last().treatment.weightBits = 8;
        maker.last().treatment.activationBits = 8;
        if (isStatic) maker.last().treatment.activationStep = graph::ActivationStep{0.02F, 101};
        maker.output(maker.node("Relu", {y}));
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{2, 5, 9, 7}, 1)}});
        EXPECT_EQ(layerOf(layers, "FusedConv").execution, trace::Execution::Native);
    }
}

TEST(CudaEngine, WhatNoKernelKnowsRunsOnTheHostAndSaysSo) {
    GraphMaker maker;
    const ValueId x = maker.input("x", Shape{3, 4});
    const ValueId sums = maker.node("CumSum", {maker.node("Relu", {x}), maker.constant(Tensor::fromInt64s(Shape{}, {1}))});
    maker.output(maker.node("Exp", {sums}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 4}, 1)}});
    EXPECT_EQ(layerOf(layers, "CumSum").kernel, "reference on the host");
}

TEST(CudaEngine, ShapesThatOnlyTheRunKnowsStayOnTheHost) {
    GraphMaker maker;
    const ValueId x = maker.input("x", Shape{3, 4});
    maker.output(maker.node("NonZero", {maker.node("Relu", {x})}));
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 4}, 1)}});
}

}  // namespace
}  // namespace trimtab::cuda
