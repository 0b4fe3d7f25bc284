// Graphs of float16 and bfloat16 on the CPU: computed in fp32, weights read as they are stored, inputs and outputs of the type that the
// file declares.
#include "core/graph/attention/attention_nodes.h"
#include "core/tensor/convert.h"
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

Tensor narrow(const Tensor& tensor, DataType type) { return *tensor::convert(tensor, type); }

/// Half a unit in the last place of each type, with room for a few roundings of the reference between.
Tolerance toleranceOf(DataType type) { return type == DataType::Float16 ? Tolerance{2e-3, 2e-3} : Tolerance{1.6e-2, 1.6e-2}; }

constexpr DataType kTypes[] = {DataType::Float16, DataType::BFloat16};

ValueId narrowInput(GraphMaker& maker, const std::string& name, const Shape& shape, DataType type) {
    return maker.input(name, type, graph::ValueType::of(type, shape).dims.value());
}

TEST(SixteenBits, ProductsReadWeightsAsTheyAreStored) {
    for (const DataType type : kTypes) {
        for (const std::int64_t rows : {1, 3, 40}) {
            GraphMaker maker;
            const ValueId x = narrowInput(maker, "x", Shape{rows, 48}, type);
            const ValueId product = maker.node("MatMul", {x, maker.constant(narrow(normalTensor(Shape{48, 33}, 2, 0.1), type))});
            maker.output(maker.node("Add", {product, maker.constant(narrow(normalTensor(Shape{33}, 3), type))}));
            const auto layers =
                expectLikeReference(maker.finish(), {{"x", narrow(normalTensor(Shape{rows, 48}, 1), type)}}, toleranceOf(type));
            const auto layer = layerOf(layers, "FusedMatMul");
            EXPECT_TRUE(layer.kernel.starts_with(type == DataType::Float16 ? "weight-only fp16" : "weight-only bf16")) << layer.kernel;
            EXPECT_EQ(layer.execution, trace::Execution::Native);
            EXPECT_EQ(layer.weightBits, 16);
        }
    }
}

TEST(SixteenBits, ValuesBetweenAreFp32) {
    // In bfloat16 256 + 1 is 256; in fp32 the one is still there when 256 is taken away again.
    GraphMaker maker;
    const DataType type = DataType::BFloat16;
    const ValueId x = narrowInput(maker, "x", Shape{4}, type);
    const auto constant = [&](float value) { return maker.constant(narrow(Tensor::fromFloats(Shape{1}, {value}), type)); };
    maker.output(maker.node("Sub", {maker.node("Add", {x, constant(256)}), constant(256)}));
    const auto outcome = runOnCpu(maker.finish(), {{"x", narrow(Tensor::fromFloats(Shape{4}, {1, 2, 3, 4}), type)}});
    EXPECT_EQ(outcome.outputs[0].tensor.type(), type);
    EXPECT_EQ(tensor::toFloats(outcome.outputs[0].tensor), (std::vector<float>{1, 2, 3, 4}));
}

TEST(SixteenBits, ATableIsGatheredFromAsItIsStored) {
    for (const DataType type : kTypes) {
        GraphMaker maker;
        const ValueId table = maker.constant(narrow(normalTensor(Shape{50, 24}, 2), type));
        const ValueId ids = maker.input("ids", DataType::Int64, graph::ValueType::of(DataType::Int64, Shape{2, 5}).dims.value());
        const ValueId rows = maker.node("Gather", {table, ids});
        maker.output(maker.node("MatMul", {rows, maker.node("Transpose", {table}, {{"perm", std::vector<std::int64_t>{1, 0}}})}));
        expectLikeReference(maker.finish(), {{"ids", integerTensor(Shape{2, 5}, 1, 0, 50)}},
                            {toleranceOf(type).absolute * 4, toleranceOf(type).relative});
    }
}

TEST(SixteenBits, EveryOperatorGetsFp32OrCastsToIt) {
    for (const DataType type : kTypes) {
        GraphMaker maker;
        const ValueId x = narrowInput(maker, "x", Shape{2, 3, 6, 6}, type);
        ValueId y = maker.node("Conv", {x, maker.constant(narrow(normalTensor(Shape{4, 3, 3, 3}, 2, 0.3), type))});
        y = maker.node("Cast", {y}, {{"to", std::int64_t{tensor::onnxNumber(DataType::Float32)}}});
        y = maker.node("Sigmoid", {y});
        y = maker.node("Cast", {y}, {{"to", std::int64_t{tensor::onnxNumber(type)}}});
        const ValueId ones = maker.node("ConstantOfShape", {maker.constant(Tensor::fromInt64s(Shape{1}, {1}))},
                                        {{"value", narrow(Tensor::fromFloats(Shape{1}, {2}), type)}});
        maker.output(maker.node("Mul", {y, ones}));
        expectLikeReference(maker.finish(), {{"x", narrow(normalTensor(Shape{2, 3, 6, 6}, 1), type)}}, toleranceOf(type));
    }
}

TEST(SixteenBits, AnInputThatIsAnOutputStaysWhatItIs) {
    GraphMaker maker;
    const DataType type = DataType::Float16;
    const ValueId x = narrowInput(maker, "x", Shape{5}, type);
    maker.output(maker.node("Identity", {x}));
    maker.output(x);
    expectLikeReference(maker.finish(), {{"x", narrow(normalTensor(Shape{5}, 1), type)}}, {0, 0});
}

TEST(SixteenBits, AWeightOfACompressedLayerGoesItsOwnWay) {
    const DataType type = DataType::BFloat16;
    GraphMaker maker;
    const Tensor weight = normalTensor(Shape{64, 32}, 2, 0.1);
    const ValueId x = narrowInput(maker, "x", Shape{3, 64}, type);
    maker.output(maker.node("MatMul", {x, maker.quantized(quantize(weight, tensor::WeightLayout::OutputsLast, 8))}));
    maker.last().treatment.weightBits = 8;
    const auto layers = expectLikeReference(maker.finish(), {{"x", narrow(normalTensor(Shape{3, 64}, 1), type)}}, toleranceOf(type));
    EXPECT_TRUE(layerOf(layers, "FusedMatMul").kernel.starts_with("weight-only int8"));
}

TEST(SixteenBits, ProductsInOtherTypesWidenTheWeightFirst) {
    for (const graph::ComputeType compute : {graph::ComputeType::BFloat16, graph::ComputeType::Tf32, graph::ComputeType::Float16}) {
        GraphMaker maker;
        const DataType type = DataType::BFloat16;
        const ValueId x = narrowInput(maker, "x", Shape{20, 64}, type);
        maker.output(maker.node("MatMul", {x, maker.constant(narrow(normalTensor(Shape{64, 32}, 2, 0.1), type))}));
        maker.last().treatment.compute = compute;
        expectLikeReference(maker.finish(), {{"x", narrow(normalTensor(Shape{20, 64}, 1), type)}}, toleranceOf(type));
    }
}

/// Attention of one sequence of two tokens behind six, over caches of ten rows.
Graph attentionGraph(DataType type, std::map<std::string, Attribute> more, bool isPastMade) {
    GraphMaker maker;
    const Shape rows{1, 2, 32}, cache{1, 2, 10, 16};
    std::vector<ValueId> inputs;
    for (const char* name : {"q", "k", "v"}) inputs.push_back(narrowInput(maker, name, rows, type));
    for (const char* name : {"pastKey", "pastValue"}) {
        const ValueId past = narrowInput(maker, name, cache, type);
        inputs.push_back(isPastMade ? maker.node("Neg", {past}) : past);
    }
    inputs.push_back(maker.constant(Tensor::fromValues(DataType::Int32, Shape{1}, std::vector<std::int32_t>{7})));
    inputs.push_back(maker.constant(Tensor::fromValues(DataType::Int32, Shape{}, std::vector<std::int32_t>{8})));
    std::map<std::string, Attribute> attributes{{"num_heads", std::int64_t{2}}, {"kv_num_heads", std::int64_t{2}}};
    attributes.insert(more.begin(), more.end());
    maker.node("GroupQueryAttention", inputs, attributes, "com.microsoft", 3);
    for (const ValueId output : std::vector(maker.last().outputs)) maker.output(output);
    return maker.finish();
}

std::vector<NamedTensor> attentionInputs(DataType type) {
    std::vector<NamedTensor> given;
    for (const char* name : {"q", "k", "v"})
        given.push_back({name, narrow(normalTensor(Shape{1, 2, 32}, static_cast<std::uint64_t>(*name)), type)});
    for (const char* name : {"pastKey", "pastValue"})
        given.push_back({name, narrow(normalTensor(Shape{1, 2, 10, 16}, static_cast<std::uint64_t>(name[4])), type)});
    return given;
}

TEST(SixteenBits, AttentionOverCachesIsTiledAndWhatIsNotIsAnsweredAllTheSame) {
    for (const DataType type : kTypes) {
        for (const bool isPastMade : {false, true}) {
            const auto tiled = expectLikeReference(attentionGraph(type, {}, isPastMade), attentionInputs(type), toleranceOf(type));
            EXPECT_TRUE(layerOf(tiled, "GroupQueryAttention").kernel.starts_with("tiled attention"));
            const auto smooth = expectLikeReference(attentionGraph(type, {{"smooth_softmax", std::int64_t{1}}}, isPastMade),
                                                    attentionInputs(type), toleranceOf(type));
            EXPECT_EQ(layerOf(smooth, "GroupQueryAttention").kernel, "reference");
        }
    }
}

TEST(SixteenBits, CachesInPlaceStayAsTheyAreStored) {
    for (const DataType type : kTypes) {
        Graph graph = attentionGraph(type, {}, false);
        const auto expected = runOnReference(graph, attentionInputs(type));
        graph.nodes.back().outputs.resize(1);
        graph.nodes.back().attributes[graph::kCachesInPlace] = std::int64_t{1};
        graph.outputs.resize(1);
        auto given = attentionInputs(type);
        const auto outcome = runOnCpu(graph, given);
        expectClose(outcome.outputs, {expected[0]}, toleranceOf(type));
        EXPECT_EQ(given[3].tensor.type(), type);
        expectClose({{expected[1].name, given[3].tensor}}, {{expected[1].name, expected[1].tensor}}, {0, 0});
    }
}

TEST(SixteenBits, CodesAreRoundedInTheTypeOfTheirScale) {
    // 1.005 / 0.01 is 100.5 in fp32 and rounds to 100; in bfloat16 operands and quotient are others.
    for (const DataType type : kTypes) {
        GraphMaker maker;
        const ValueId x = narrowInput(maker, "x", Shape{3, 40}, type);
        const ValueId y = maker.node("Mul", {x, maker.constant(narrow(Tensor::fromFloats(Shape{1}, {0.37F}), type))});
        maker.output(
            maker.node("QuantizeLinear", {y, maker.constant(narrow(Tensor::fromFloats(Shape{}, {0.011F}), type)),
                                          maker.constant(Tensor::fromValues(DataType::UInt8, Shape{}, std::vector<std::uint8_t>{128}))}));
        maker.last().version = 21;
        expectLikeReference(maker.finish(), {{"x", narrow(normalTensor(Shape{3, 40}, 1), type)}}, {1, 0});
    }
}

TEST(SixteenBits, AWeightThatIsStoredNarrowIsNoEmulation) {
    // The shape of the product is known only when it runs.
    GraphMaker maker;
    const DataType type = DataType::Float16;
    const ValueId x = narrowInput(maker, "x", Shape{4, 16}, type);
    const ValueId keep = maker.input("keep", DataType::Bool, graph::ValueType::of(DataType::Bool, Shape{4}).dims.value());
    const ValueId rows = maker.node("Compress", {x, keep}, {{"axis", std::int64_t{0}}});
    maker.output(maker.node("MatMul", {rows, maker.constant(narrow(normalTensor(Shape{16, 8}, 2, 0.2), type))}));
    const auto layers = expectLikeReference(maker.finish(),
                                            {{"x", narrow(normalTensor(Shape{4, 16}, 1), type)},
                                             {"keep", Tensor::fromValues(DataType::Bool, Shape{4}, std::vector<std::uint8_t>{1, 0, 1, 1})}},
                                            toleranceOf(type));
    const auto layer = layerOf(layers, "FusedMatMul");
    EXPECT_EQ(layer.execution, trace::Execution::Native) << layer.reason;
}

}  // namespace
}  // namespace trimtab::test
