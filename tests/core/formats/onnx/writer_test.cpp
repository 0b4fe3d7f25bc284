#include <gmock/gmock.h>

#include "core/tensor/convert.h"
#include "tests/core/formats/onnx/writer_fixture.h"

namespace trimtab::formats::onnx {
namespace {

using graph::ComputeType;
using graph::ValueId;
using support::ModelBuilder;
using tensor::QuantizedWeight;
using tensor::WeightLayout;
using testing::HasSubstr;
using testing::StartsWith;

const graph::Node* makerOf(const Graph& graph, ValueId id) {
    const int maker = graph.producers()[static_cast<std::size_t>(id)];
    return maker < 0 ? nullptr : &graph.nodes[static_cast<std::size_t>(maker)];
}

/// DequantizeLinear by its definition: y = (x − zero[axis]) · scale[axis].
std::vector<float> dequantizeLinear(const Graph& graph, const graph::Node& node) {
    const Tensor& codes = *graph.constantOf(node.input(0));
    const auto scales = tensor::toFloats(*graph.constantOf(node.input(1)));
    const Tensor* zeros = graph.constantOf(node.input(2));
    const auto axis = static_cast<int>(node.integer("axis", 1));
    const std::int64_t stride = codes.shape().strides()[static_cast<std::size_t>(axis)];
    std::vector<float> values;
    for (std::int64_t i = 0; i < codes.elementCount(); ++i) {
        const std::int64_t channel = i / stride % codes.shape()[axis];
        const std::int64_t zero = zeros ? tensor::elementAsInt64(*zeros, channel) : 0;
        values.push_back(static_cast<float>(tensor::elementAsInt64(codes, i) - zero) * scales[static_cast<std::size_t>(channel)]);
    }
    return values;
}

/// MatMulNBits by its documentation; the weight as [K, N].
std::vector<float> unpackBlocks(const Graph& graph, const graph::Node& node) {
    const std::int64_t k = node.integer("K", 0), n = node.integer("N", 0), bits = node.integer("bits", 0),
                       block = node.integer("block_size", 0);
    const std::int64_t blocks = (k + block - 1) / block, blob = block * bits / 8;
    const Tensor& codes = *graph.constantOf(node.input(1));
    const auto scales = tensor::toFloats(*graph.constantOf(node.input(2)));
    const Tensor* zeros = graph.constantOf(node.input(3));
    EXPECT_EQ(codes.shape(), (Shape{n, blocks, blob}));
    const auto at = [bits](std::span<const std::byte> bytes, std::int64_t position) {
        if (bits == 8) return std::to_integer<int>(bytes[static_cast<std::size_t>(position)]);
        const std::int64_t inByte = 8 / bits;
        return std::to_integer<int>(bytes[static_cast<std::size_t>(position / inByte)]) >> (position % inByte * bits) & ((1 << bits) - 1);
    };
    std::vector<float> values(static_cast<std::size_t>(k * n));
    for (std::int64_t row = 0; row < n; ++row)
        for (std::int64_t i = 0; i < k; ++i) {
            const std::int64_t b = i / block;
            const int code = at(codes.bytes().subspan(static_cast<std::size_t>((row * blocks + b) * blob)), i % block);
            const int zero =
                zeros ? at(zeros->bytes().subspan(static_cast<std::size_t>(row * ((blocks * bits + 7) / 8))), b) : 1 << (bits - 1);
            values[static_cast<std::size_t>(i * n + row)] =
                static_cast<float>(code - zero) * scales[static_cast<std::size_t>(row * blocks + b)];
        }
    return values;
}

TEST_F(OnnxWriter, KeepsNamesSymbolsAttributesAndConstants) {
    const auto branch = ModelBuilder().node("Neg", {"h"}, {"t"}).output("t");
    const Graph graph = import(ModelBuilder().opset(15).input("x", DataType::Float32, {"batch", 3, ""}).input("c", DataType::Bool, {})
        .constant("half", Tensor::fromValues<std::uint16_t>(DataType::Float16, {2}, {1, 2}))
        .node("Relu", {"x"}, {"h"}, {{"i", 1}, {"f", 2.5f}, {"s", "z"}, {"is", {1, 2}}, {"t", Tensor::scalar(3)}}, "named")
        .node("If", {"c"}, {"y"}, {{"then_branch", branch}, {"else_branch", branch}}).node("Opt", {"h", "", "half"}, {"", "z"})
        .output("y", DataType::Float32, {"batch", 3, ""}).output("z"));
    const auto [result, back] = roundTrip(graph);
    EXPECT_EQ(result.form, "fp32");
    ASSERT_EQ(back.nodes.size(), graph.nodes.size());
    EXPECT_EQ(back.opsets, graph.opsets);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        EXPECT_EQ(back.nodes[i].name, graph.nodes[i].name);
        EXPECT_EQ(back.nodes[i].op, graph.nodes[i].op);
        EXPECT_EQ(back.nodes[i].inputs.size(), graph.nodes[i].inputs.size());
        EXPECT_EQ(back.nodes[i].attributes.size(), graph.nodes[i].attributes.size());
    }
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
        EXPECT_EQ(back.value(back.inputs[i]).name, graph.value(graph.inputs[i]).name);
        EXPECT_EQ(back.value(back.inputs[i]).type.text(), graph.value(graph.inputs[i]).type.text());
    }
    EXPECT_EQ(back.value(back.outputs[0]).type.text(), graph.value(graph.outputs[0]).type.text());
    EXPECT_EQ(back.constantOf(back.find("half"))->type(), DataType::Float16);
    const auto& inner = std::get<std::shared_ptr<const Graph>>(back.nodes[1].attributes.at("then_branch"));
    EXPECT_THAT(inner->outerNames, testing::ElementsAre("h"));
}

TEST_F(OnnxWriter, WritesIntegerProductsAsQuantizeAndDequantize) {
    Graph graph = matMul(40, 6);
    const auto weight = randomWeight({40, 6}, WeightLayout::OutputsLast, 8, 0, true, 3);
    quantize(graph, "w", weight, true);
    const auto [result, back] = roundTrip(graph);
    EXPECT_EQ(result.form, "QDQ int8");
    const graph::Node* product = nodeOf(back, "MatMul");
    ASSERT_TRUE(product);
    EXPECT_EQ(product->name, "product");
    const graph::Node* weightNode = makerOf(back, product->input(1));
    ASSERT_TRUE(weightNode && weightNode->op == "DequantizeLinear");
    EXPECT_EQ(dequantizeLinear(back, *weightNode), tensor::toFloats(*weight->dequantize()));
    EXPECT_EQ(back.constantOf(weightNode->input(0))->type(), DataType::Int8);
    const graph::Node* activation = makerOf(back, product->input(0));
    ASSERT_TRUE(activation && activation->op == "DequantizeLinear");
    const graph::Node* dynamic = makerOf(back, activation->input(0));
    ASSERT_TRUE(dynamic && dynamic->op == "DynamicQuantizeLinear");
    EXPECT_EQ(dynamic->input(0), back.inputs[0]);
}

TEST_F(OnnxWriter, WritesAStaticStepAsQuantizeLinearWithConstants) {
    Graph graph = matMul(40, 6);
    quantize(graph, "w", randomWeight({40, 6}, WeightLayout::OutputsLast, 8, 0, true, 3), true);
    graph.nodes[0].treatment.activationStep = graph::ActivationStep{0.0125F, 201};
    const auto [result, back] = roundTrip(graph);
    EXPECT_EQ(result.form, "QDQ int8, static");
    EXPECT_FALSE(nodeOf(back, "DynamicQuantizeLinear"));
    const graph::Node* activation = makerOf(back, nodeOf(back, "MatMul")->input(0));
    ASSERT_TRUE(activation && activation->op == "DequantizeLinear");
    const graph::Node* quantizer = makerOf(back, activation->input(0));
    ASSERT_TRUE(quantizer && quantizer->op == "QuantizeLinear");
    EXPECT_EQ(quantizer->input(0), back.inputs[0]);
    for (const graph::Node* node : {activation, quantizer}) {
        EXPECT_EQ(tensor::toFloats(*back.constantOf(node->input(1))), std::vector<float>{0.0125F});
        EXPECT_EQ(back.constantOf(node->input(2))->type(), DataType::UInt8);
        EXPECT_EQ(tensor::elementAsInt64(*back.constantOf(node->input(2)), 0), 201);
    }
}

TEST_F(OnnxWriter, AsksForActivationsRoundedInBlocksWhereTheRecipeDoes) {
    Graph graph = matMul(64, 6);
    quantize(graph, "w", randomWeight({64, 6}, WeightLayout::OutputsLast, 4, 32, true, 3), true);
    graph.nodes[0].treatment.compute = graph::ComputeType::Int8;
    graph.nodes[0].treatment.activationBits = 8;
    graph.nodes[0].treatment.activationGroup = 32;
    const auto [written, back] = roundTrip(graph);
    EXPECT_EQ(written.form, "MatMulNBits int4 × int8 in blocks of 32");
    const graph::Node* node = nodeOf(back, "MatMulNBits");
    ASSERT_TRUE(node);
    EXPECT_EQ(node->integer("accuracy_level", 0), 4);
    EXPECT_EQ(node->integer("block_size", 0), 32);
}

TEST_F(OnnxWriter, SaysThatAFileHoldsNoScalesOfTokensAndNoCaches) {
    Graph graph = matMul(40, 6);
    quantize(graph, "w", randomWeight({40, 6}, WeightLayout::OutputsLast, 8, 0, true, 3), true);
    graph.nodes[0].treatment.activationPerToken = true;
    const auto tokens = roundTrip(graph);
    EXPECT_THAT(tokens.result.form, testing::HasSubstr("without activations of 8 bits"));
    EXPECT_FALSE(nodeOf(tokens.graph, "DynamicQuantizeLinear"));
    graph.nodes[0].treatment.activationPerToken = false;
    graph.nodes[0].treatment.kvBits = 4;
    EXPECT_THAT(roundTrip(graph).result.form,
                testing::HasSubstr("keys and values as they are, for no operator of a file keeps them in 4 bits"));
}

TEST_F(OnnxWriter, DequantizesConvolutionsAlongTheirOutputChannels) {
    for (const bool symmetric : {true, false}) {
        Graph graph = import(ModelBuilder()
                                 .input("x", DataType::Float32, {1, 3, 8, 8})
                                 .constant("w", Tensor::fromFloats({5, 3, 3, 3}, seeded(135, 2)))
                                 .node("Conv", {"x", "w"}, {"y"})
                                 .output("y"));
        const auto weight = randomWeight({5, 3, 3, 3}, WeightLayout::OutputsFirst, 8, 0, symmetric, 4);
        quantize(graph, "w", weight, false);
        const auto [result, back] = roundTrip(graph);
        EXPECT_EQ(result.form, "int8 DequantizeLinear");
        const graph::Node* node = nodeOf(back, "DequantizeLinear");
        ASSERT_TRUE(node);
        EXPECT_EQ(node->integer("axis", -9), 0);
        EXPECT_EQ(dequantizeLinear(back, *node), tensor::toFloats(*weight->dequantize()));
        EXPECT_FALSE(nodeOf(back, "DynamicQuantizeLinear"));
    }
}

TEST_F(OnnxWriter, PacksFourAndEightBitGroupsAsMatMulNBitsDocumentsThem) {
    std::uint64_t seed = 10;
    for (const std::int64_t k : {16, 32, 40, 96, 130})
        for (const auto& [bits, group] :
             std::vector<std::pair<int, std::int64_t>>{{4, 0}, {4, 16}, {4, 32}, {4, 48}, {3, 32}, {2, 16}, {2, 0}, {8, 32}, {8, 64}})
            for (const bool symmetric : {true, false}) {
                if (group > k) continue;
                Graph graph = matMul(k, 7);
                const auto weight = randomWeight({k, 7}, WeightLayout::OutputsLast, bits, group, symmetric, ++seed);
                quantize(graph, "w", weight, false);
                const auto [result, back] = roundTrip(graph);
                const graph::Node* node = nodeOf(back, "MatMulNBits");
                if (bits == 8 && group >= k) continue;  // one group a row: DequantizeLinear serves
                ASSERT_TRUE(node) << result.form << " K=" << k << " bits=" << bits << " group=" << group;
                EXPECT_EQ(node->domain, "com.microsoft");
                EXPECT_EQ(back.opsets.at("com.microsoft"), 1);
                EXPECT_EQ(node->name, "product");
                const std::int64_t block = node->integer("block_size", 0);
                EXPECT_TRUE(block >= 16 && (block & (block - 1)) == 0);
                EXPECT_EQ(node->inputs.size(), symmetric ? 3u : 4u);
                EXPECT_EQ(unpackBlocks(back, *node), tensor::toFloats(*weight->dequantize()))
                    << "K=" << k << " bits=" << bits << " group=" << group;
                EXPECT_EQ(result.form, bits == 2 ? "MatMulNBits int2" : bits <= 4 ? "MatMulNBits int4" : "MatMulNBits int8");
            }
}

TEST_F(OnnxWriter, StoresRoundedValuesAndSaysWhyWhereNoOperatorFits) {
    Graph odd = matMul(40, 6);
    const auto groups = randomWeight({40, 6}, WeightLayout::OutputsLast, 4, 10, true, 5);
    quantize(odd, "w", groups, false);
    const auto first = roundTrip(odd);
    EXPECT_THAT(first.result.form, StartsWith("fp32 with values rounded to 4 bits"));
    EXPECT_EQ(tensor::toFloats(*first.graph.constantOf(first.graph.find("w"))), tensor::toFloats(*groups->dequantize()));

    Graph old = matMul(40, 6, 12);
    const auto channels = randomWeight({40, 6}, WeightLayout::OutputsLast, 8, 0, true, 6);
    quantize(old, "w", channels, true);
    const auto second = roundTrip(old);
    EXPECT_THAT(second.result.form, HasSubstr("operator set 12"));
    EXPECT_EQ(second.graph.opsets.at(""), 12);
    EXPECT_EQ(tensor::toFloats(*second.graph.constantOf(second.graph.find("w"))), tensor::toFloats(*channels->dequantize()));
}

TEST_F(OnnxWriter, StoresSixteenBitWeightsBehindACast) {
    for (const bool bfloat : {true, false}) {
        Graph graph = matMul(64, 64);
        const ValueId id = graph.find("w");
        const DataType narrow = bfloat ? DataType::BFloat16 : DataType::Float16;
        graph.value(id).constant = *tensor::convert(*tensor::convert(*graph.value(id).constant, narrow), DataType::Float32);
        graph.nodes[0].treatment.weightBits = 16;
        graph.nodes[0].treatment.weightsBfloat = bfloat;
        const auto expected = tensor::toFloats(*graph.value(id).constant);
        const auto [result, back] = roundTrip(graph);
        EXPECT_EQ(result.form, bfloat ? "bf16" : "fp16");
        EXPECT_LT(result.fileBytes, 64 * 64 * 2 + 1000);
        const graph::Node* cast = nodeOf(back, "Cast");
        ASSERT_TRUE(cast);
        EXPECT_EQ(cast->integer("to", 0), 1);
        EXPECT_EQ(back.constantOf(cast->input(0))->type(), narrow);
        EXPECT_EQ(tensor::toFloats(*back.constantOf(cast->input(0))), expected);
    }
}

TEST_F(OnnxWriter, NamesMaskedAndMixedForms) {
    Graph masked = matMul(8, 4);
    masked.nodes[0].treatment.pruned = true;
    EXPECT_EQ(roundTrip(masked).result.form, "masked fp32");

    Graph two = import(ModelBuilder()
                           .input("x", DataType::Float32, {1, 32})
                           .constant("a", Tensor::fromFloats({32, 32}, seeded(1024, 1)))
                           .constant("b", Tensor::fromFloats({32, 4}, seeded(128, 2)))
                           .node("MatMul", {"x", "a"}, {"h"})
                           .node("MatMul", {"h", "b"}, {"y"})
                           .output("y"));
    two.value(two.find("h")).type.type = DataType::Float32;
    quantize(two, "a", randomWeight({32, 32}, WeightLayout::OutputsLast, 4, 16, true, 7), false);
    two.nodes[1].treatment.pruned = true;
    EXPECT_EQ(roundTrip(two).result.form, "mixed (MatMulNBits int4; masked fp32)");
}

TEST_F(OnnxWriter, SaysThatAFileHoldsNoTf32OrFp8Products) {
    for (const auto& [compute, form] :
         {std::pair(ComputeType::Tf32, "fp32 without tf32 products"), std::pair(ComputeType::Float8, "fp32 without fp8 products"),
          std::pair(ComputeType::BFloat16, "fp32")}) {
        Graph graph = matMul(8, 4);
        graph.nodes[0].treatment.compute = compute;
        const auto [result, back] = roundTrip(graph);
        EXPECT_THAT(result.form, StartsWith(form));
        EXPECT_EQ(tensor::toFloats(*back.constantOf(back.find("w"))), seeded(32, 1));
    }
    Graph narrow = matMul(32, 4);
    quantize(narrow, "w", randomWeight({32, 4}, WeightLayout::OutputsLast, 4, 16, true, 7), false);
    narrow.nodes[0].treatment.compute = ComputeType::Float8;
    EXPECT_THAT(roundTrip(narrow).result.form, StartsWith("MatMulNBits int4 without fp8 products"));
}

TEST_F(OnnxWriter, SharesTheQuantizedActivationOfTwoReaders) {
    Graph graph = import(ModelBuilder()
                             .input("x", DataType::Float32, {1, 8})
                             .constant("a", Tensor::fromFloats({8, 8}, seeded(64, 1)))
                             .constant("b", Tensor::fromFloats({8, 8}, seeded(64, 2)))
                             .node("MatMul", {"x", "a"}, {"y"})
                             .node("MatMul", {"x", "b"}, {"z"})
                             .output("y")
                             .output("z"));
    quantize(graph, "a", randomWeight({8, 8}, WeightLayout::OutputsLast, 8, 0, true, 1), true);
    quantize(graph, "b", randomWeight({8, 8}, WeightLayout::OutputsLast, 8, 0, true, 2), true);
    const Graph back = roundTrip(graph).graph;
    EXPECT_EQ(std::count_if(back.nodes.begin(), back.nodes.end(), [](const auto& node) { return node.op == "DynamicQuantizeLinear"; }), 1);
}

TEST_F(OnnxWriter, EncodesInMemoryWhatItWritesToAFile) {
    const Graph graph = matMul(16, 8);
    const auto written = write(graph, path());
    ASSERT_TRUE(written);
    const auto encoded = encode(graph);
    ASSERT_TRUE(encoded) << encoded.error().text();
    EXPECT_EQ(encoded->bytes, base::readFile(path(), std::int64_t{1} << 20).value());
    EXPECT_EQ(encoded->form, written->form);
    Graph fused = graph;
    fused.nodes[0].domain = "trimtab";
    EXPECT_FALSE(encode(fused));
}

TEST_F(OnnxWriter, PutsLargeInitializersBesideTheFile) {
    const Graph graph = matMul(64, 64);
    const auto [result, back] = roundTrip(graph, {.externalAbove = 1000});
    EXPECT_LT(std::filesystem::file_size(path()), 1000u);
    EXPECT_EQ(std::filesystem::file_size(path().string() + ".data"), 64u * 64 * 4);
    EXPECT_EQ(tensor::toFloats(*back.constantOf(back.find("w"))), tensor::toFloats(*graph.constantOf(graph.find("w"))));
}

TEST_F(OnnxWriter, LeavesWhatStoodThereWhereTheNewFileFailsItsCheck) {
    ASSERT_TRUE(base::writeFileAtomically(path(), "old model"));
    ASSERT_TRUE(base::writeFileAtomically(path().string() + ".data", "old weights"));
    const Graph graph = matMul(64, 64);
    const auto isWhole = [&](const std::filesystem::path& file) -> Status {
        const auto back = read(file);
        if (!back) return fail(back.error());
        EXPECT_EQ(tensor::toFloats(*back->graph.constantOf(back->graph.find("w"))), tensor::toFloats(*graph.constantOf(graph.find("w"))));
        return fail(ErrorCode::Failed, "not as meant", file.string());
    };
    for (const std::int64_t externalAbove : {std::int64_t{1000}, std::int64_t{1} << 30}) {
        const auto written = write(graph, path(), {.externalAbove = externalAbove, .check = isWhole});
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().text(), path().string() + ": not as meant") << "the draft is nothing that one could look at";
        EXPECT_EQ(*base::readFile(path(), 100), "old model");
        EXPECT_EQ(*base::readFile(path().string() + ".data", 100), "old weights");
        EXPECT_EQ(std::distance(std::filesystem::directory_iterator(m_folder.path()), {}), 2) << "no draft stays";
    }
    const Graph back = roundTrip(graph, {.externalAbove = 1000}).graph;
    EXPECT_EQ(tensor::toFloats(*back.constantOf(back.find("w"))), tensor::toFloats(*graph.constantOf(graph.find("w"))));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(m_folder.path()), {}), 2);
}

TEST_F(OnnxWriter, ReplacesNoFolder) {
    std::filesystem::create_directory(path());
    ASSERT_TRUE(base::writeFileAtomically(path().string() + ".data", "old weights"));
    EXPECT_FALSE(write(matMul(64, 64), path(), {.externalAbove = 1000}));
    EXPECT_EQ(*base::readFile(path().string() + ".data", 100), "old weights");
}

TEST_F(OnnxWriter, RefusesFusedOperatorsAndUnreadWeights) {
    Graph fused = matMul(4, 4);
    fused.nodes[0].domain = "trimtab";
    fused.nodes[0].op = "FusedMatMul";
    EXPECT_THAT(write(fused, path()).error().message, HasSubstr("trimtab domain"));
    Graph unread = matMul(4, 4);
    unread.value(unread.find("w")).constant.reset();
    unread.value(unread.find("w")).weightsUnread = true;
    EXPECT_THAT(write(unread, path()).error().message, HasSubstr("'w' was not read"));
    EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace trimtab::formats::onnx
