#include "core/formats/onnx/reader.h"
#include "core/graph/attention/attention_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/file.h"
#include "core/tensor/convert.h"
#include "tests/support/model_builder.h"

namespace trimtab::formats::onnx {
namespace {

using graph::kNoValue;
using support::Attr;
using support::ModelBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

Result<ReadResult> readModel(const ModelBuilder& builder, const ReadOptions& options = {}) {
    const std::string bytes = builder.bytes();
    return readBytes(std::as_bytes(std::span(bytes)), nullptr, ".", options);
}

Graph graphOf(const ModelBuilder& builder) {
    auto result = readModel(builder);
    EXPECT_TRUE(result) << (result ? "" : result.error().text());
    return result ? std::move(result->graph) : Graph{};
}

std::string refusal(const ModelBuilder& builder) {
    const auto result = readModel(builder);
    EXPECT_FALSE(result);
    return result ? "" : result.error().text();
}

ModelBuilder small() {
    return ModelBuilder()
        .producer("tests")
        .input("x", DataType::Float32, {"batch", 3})
        .constant("w", Tensor::fromFloats({3, 2}, {1, 2, 3, 4, 5, 6}))
        .node("MatMul", {"x", "w"}, {"h"}, {}, "first")
        .node("Relu", {"h"}, {"y"})
        .output("y", DataType::Float32, {"batch", 2});
}

TEST(OnnxReader, KeepsNamesTypesAndOrderOfASoundModel) {
    const Graph graph = graphOf(small());
    EXPECT_TRUE(graph.validate());
    EXPECT_EQ(graph.producer, "tests");
    EXPECT_EQ(graph.opsets.at(""), 13);
    ASSERT_EQ(graph.nodes.size(), 2u);
    EXPECT_EQ(graph.nodes[0].name, "first");
    EXPECT_THAT(graph.nodes[0].origins, ElementsAre("first"));
    EXPECT_EQ(graph.nodes[0].version, 13);
    EXPECT_EQ(graph.nodes[1].name, "Relu_y");
    ASSERT_EQ(graph.inputs.size(), 1u);
    EXPECT_EQ(graph.value(graph.inputs[0]).type.text(), "float32[batch, 3]");
    EXPECT_EQ(graph.value(graph.outputs[0]).type.text(), "float32[batch, 2]");
    const Tensor* weight = graph.constantOf(graph.nodes[0].inputs[1]);
    ASSERT_TRUE(weight);
    EXPECT_THAT(tensor::toFloats(*weight), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(OnnxReader, ReadsAttributesOfEveryKind) {
    const auto builder = ModelBuilder().input("x", DataType::Float32, {1}).node("Anything", {"x"}, {"y"}, {
        {"i", 7}, {"f", 0.5f}, {"s", "text"}, {"is", {1, 2, 3}}, {"fs", std::vector<float>{1.5f, 2.5f}},
        {"ss", std::vector<std::string>{"a", "b"}}, {"t", Tensor::fromInt64s({2}, {8, 9})}}).output("y");
    const Graph graph = graphOf(builder);
    const graph::Node& node = graph.nodes.at(0);
    EXPECT_EQ(node.integer("i", 0), 7);
    EXPECT_EQ(node.number("f", 0), 0.5f);
    EXPECT_EQ(node.string("s", ""), "text");
    EXPECT_THAT(node.integers("is"), ElementsAre(1, 2, 3));
    EXPECT_THAT(node.numbers("fs"), ElementsAre(1.5f, 2.5f));
    EXPECT_THAT(std::get<std::vector<std::string>>(node.attributes.at("ss")), ElementsAre("a", "b"));
    ASSERT_TRUE(node.tensorAttribute("t"));
    EXPECT_THAT(tensor::toInt64s(*node.tensorAttribute("t")), ElementsAre(8, 9));
}

TEST(OnnxReader, LetsNoFileSayThatCachesAreWrittenInPlace) {
    const auto builder =
        ModelBuilder().input("x", DataType::Float32, {1}).node("Relu", {"x"}, {"y"}, {{graph::kCachesInPlace, 1}}).output("y");
    EXPECT_THAT(refusal(builder), HasSubstr("which no file may set"));
}

TEST(OnnxReader, ReadsTypedFieldsOfEveryElementTypeLikeRawBytes) {
    const std::vector<Tensor> tensors{
        Tensor::fromFloats({3}, {1.5f, -2, 3}),
        Tensor::fromValues<double>(DataType::Float64, {2}, {1.25, -7}),
        Tensor::fromValues<std::uint16_t>(DataType::Float16, {2}, {0x3c00, 0xc000}),
        Tensor::fromValues<std::uint16_t>(DataType::BFloat16, {2}, {0x3f80, 0xc000}),
        Tensor::fromValues<std::int8_t>(DataType::Int8, {3}, {-128, 0, 127}),
        Tensor::fromValues<std::uint8_t>(DataType::UInt8, {3}, {0, 128, 255}),
        Tensor::fromValues<std::int16_t>(DataType::Int16, {2}, {-32768, 5}),
        Tensor::fromValues<std::uint16_t>(DataType::UInt16, {2}, {65535, 5}),
        Tensor::fromValues<std::int32_t>(DataType::Int32, {2}, {-5, 1 << 30}),
        Tensor::fromValues<std::uint32_t>(DataType::UInt32, {2}, {4000000000u, 1}),
        Tensor::fromInt64s({2}, {-1, std::int64_t{1} << 60}),
        Tensor::fromValues<std::uint64_t>(DataType::UInt64, {1}, {~std::uint64_t{0}}),
        Tensor::fromValues<std::uint8_t>(DataType::Bool, {3}, {0, 1, 1}),
    };
    for (const Tensor& tensor : tensors) {
        const Graph graph = graphOf(ModelBuilder().constant("raw", tensor).typedConstant("typed", tensor)
                                        .node("Identity", {"raw"}, {"a"}).node("Identity", {"typed"}, {"b"}).output("a").output("b"));
        for (const char* name : {"raw", "typed"}) {
            const Tensor* read = graph.constantOf(graph.find(name));
            ASSERT_TRUE(read) << name;
            EXPECT_EQ(read->type(), tensor.type());
            EXPECT_TRUE(std::equal(read->bytes().begin(), read->bytes().end(), tensor.bytes().begin(), tensor.bytes().end()))
                << name << tensor::name(tensor.type());
        }
    }
}

TEST(OnnxReader, ReadsFourBitIntegersAsPackedBytes) {
    auto tensor = *Tensor::allocate(DataType::Int4, {3});
    tensor.mutableBytes()[0] = std::byte{0x7f};
    tensor.mutableBytes()[1] = std::byte{0x08};
    const Graph graph = graphOf(ModelBuilder().constant("w", tensor).typedConstant("v", tensor).node("Identity", {"w"}, {"y"}).output("y"));
    EXPECT_THAT(tensor::toInt64s(*graph.constantOf(graph.find("w"))), ElementsAre(-1, 7, -8));
    EXPECT_THAT(tensor::toInt64s(*graph.constantOf(graph.find("v"))), ElementsAre(-1, 7, -8));
}

TEST(OnnxReader, CountsTheNumbersOfTwoBitIntegersWhoseBytesItDoesNotRead) {
    auto tensor = *Tensor::zeros(DataType::UInt2, {7});
    tensor.mutableBytes()[0] = std::byte{0xe4};
    const ModelBuilder model = ModelBuilder().typedConstant("w", tensor).node("Identity", {"w"}, {"y"}).output("y");
    EXPECT_THAT(tensor::toInt64s(*graphOf(model).constantOf(0)), ElementsAre(0, 1, 2, 3, 0, 0, 0));
    const auto unread = readModel(model, {.readWeights = false});
    ASSERT_TRUE(unread) << unread.error().text();
    EXPECT_EQ(unread->graph.value(0).type.type, DataType::UInt2);
}

TEST(OnnxReader, TurnsConstantNodesIntoConstants) {
    const Graph graph = graphOf(ModelBuilder()
                                    .node("Constant", {}, {"a"}, {{"value", Tensor::fromFloats({2}, {1, 2})}})
                                    .node("Constant", {}, {"b"}, {{"value_float", 3.0f}})
                                    .node("Constant", {}, {"c"}, {{"value_ints", {4, 5}}})
                                    .node("Anything", {"a", "b", "c"}, {"y"})
                                    .output("y"));
    ASSERT_EQ(graph.nodes.size(), 1u);
    EXPECT_THAT(tensor::toFloats(*graph.constantOf(graph.find("a"))), ElementsAre(1, 2));
    EXPECT_EQ(graph.constantOf(graph.find("b"))->shape().rank(), 0);
    EXPECT_THAT(tensor::toInt64s(*graph.constantOf(graph.find("c"))), ElementsAre(4, 5));
}

TEST(OnnxReader, TakesInitializersOutOfTheInputsOfOldFiles) {
    const Graph graph = graphOf(small().irVersion(3).input("w", DataType::Float32, {3, 2}));
    ASSERT_EQ(graph.inputs.size(), 1u);
    EXPECT_EQ(graph.value(graph.inputs[0]).name, "x");
}

TEST(OnnxReader, NamesUnnamedNodesAndMakesDoubleNamesUniqueButKeepsTheirOrigins) {
    const Graph graph = graphOf(ModelBuilder().input("x", DataType::Float32, {1}).node("Relu", {"x"}, {"a"}, {}, "same")
                                    .node("Relu", {"a"}, {"b"}, {}, "same").node("Relu", {"b"}, {"y"}).output("y"));
    EXPECT_EQ(graph.nodes[0].name, "same");
    EXPECT_EQ(graph.nodes[1].name, "same_2");
    EXPECT_THAT(graph.nodes[1].origins, ElementsAre("same"));
    EXPECT_FALSE(graph.nodes[2].name.empty());
}

TEST(OnnxReader, SortsNodesAndKeepsFileOrderWhereItIsFree) {
    const Graph graph = graphOf(ModelBuilder().input("x", DataType::Float32, {1}).node("Relu", {"b"}, {"c"}, {}, "third")
                                    .node("Relu", {"x"}, {"a"}, {}, "first").node("Relu", {"a"}, {"b"}, {}, "second").output("c"));
    EXPECT_EQ(graph.nodes[0].name, "first");
    EXPECT_EQ(graph.nodes[1].name, "second");
    EXPECT_EQ(graph.nodes[2].name, "third");
    EXPECT_TRUE(graph.validate());
}

TEST(OnnxReader, LeavesOptionalInputsAndOutputsOut) {
    const Graph graph = graphOf(ModelBuilder().input("x", DataType::Float32, {1}).node("Anything", {"x", "", "x"}, {"", "y"}).output("y"));
    EXPECT_EQ(graph.nodes[0].inputs[1], kNoValue);
    EXPECT_EQ(graph.nodes[0].outputs[0], kNoValue);
}

TEST(OnnxReader, RefusesUndefinedAndDoublyDefinedValuesByName) {
    EXPECT_THAT(refusal(ModelBuilder().input("x", DataType::Float32, {1}).node("Relu", {"ghost"}, {"y"}).output("y")),
                HasSubstr("'ghost'"));
    EXPECT_THAT(
        refusal(ModelBuilder().input("x", DataType::Float32, {1}).node("Relu", {"x"}, {"y"}).node("Relu", {"x"}, {"y"}).output("y")),
        HasSubstr("'y' is defined twice"));
    EXPECT_THAT(refusal(ModelBuilder().input("x", DataType::Float32, {1}).node("Relu", {"x"}, {"x"}).output("x")),
                HasSubstr("'x' is defined twice"));
    EXPECT_THAT(refusal(ModelBuilder().input("x", DataType::Float32, {1}).node("Relu", {"x"}, {"y"}).output("z")), HasSubstr("output 'z'"));
}

TEST(OnnxReader, NamesANodeOfACycleAndShowsTheGraphWhenTolerant) {
    const auto cyclic = ModelBuilder()
                            .input("x", DataType::Float32, {1})
                            .node("Add", {"x", "c"}, {"b"}, {}, "one")
                            .node("Relu", {"b"}, {"c"}, {}, "two")
                            .output("c");
    EXPECT_THAT(refusal(cyclic), testing::AllOf(HasSubstr("cycle"), testing::AnyOf(HasSubstr("'one'"), HasSubstr("'two'"))));
    const auto shown = readModel(cyclic, {.tolerant = true});
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->graph.nodes.size(), 2u);
    EXPECT_EQ(shown->problems.size(), 1u);
}

TEST(OnnxReader, SaysWhichOperatorSetIsNotImported) {
    EXPECT_THAT(refusal(ModelBuilder().input("x", DataType::Float32, {1}).node("Gelu", {"x"}, {"y"}, {}, "g", "com.example").output("y")),
                HasSubstr("com.example"));
}

TEST(OnnxReader, ReadsTypesAloneWhenWeightsAreNotWanted) {
    std::vector<float> many(3 * 1000, 1.0f);
    const auto builder = ModelBuilder()
                             .input("x", DataType::Float32, {1, 3})
                             .constant("w", Tensor::fromFloats({3, 1000}, many))
                             .constant("shape", Tensor::fromInt64s({2}, {10, 100}))
                             .node("MatMul", {"x", "w"}, {"h"})
                             .node("Reshape", {"h", "shape"}, {"y"})
                             .output("y");
    const auto result = readModel(builder, {.readWeights = false});
    ASSERT_TRUE(result);
    const auto& weight = result->graph.value(result->graph.find("w"));
    EXPECT_TRUE(weight.weightsUnread);
    EXPECT_FALSE(weight.constant);
    EXPECT_EQ(weight.type.text(), "float32[3, 1000]");
    EXPECT_TRUE(result->graph.constantOf(result->graph.find("shape")));
}

TEST(OnnxReader, ViewsAlignedWeightsInTheMappedFileAndCopiesMisalignedOnes) {
    auto folder = *base::TemporaryFolder::create("reader");
    std::vector<float> values(5000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    for (const std::string padding : {"", "1", "12", "123"}) {
        const auto path = folder.path() / "model.onnx";
        ModelBuilder()
            .producer(padding)
            .constant("w", Tensor::fromFloats({5000}, values))
            .node("Relu", {"w"}, {"y"})
            .output("y")
            .save(path);
        const auto result = read(path);
        ASSERT_TRUE(result);
        EXPECT_EQ(result->fileBytes, static_cast<std::int64_t>(std::filesystem::file_size(path)));
        EXPECT_EQ(tensor::toFloats(*result->graph.constantOf(result->graph.find("w"))), values);
    }
}

TEST(OnnxReader, SubgraphsCaptureValuesOfTheGraphsAround) {
    const auto inner = ModelBuilder().node("Mul", {"h", "k"}, {"deep"}).output("deep");
    const auto then = ModelBuilder()
                          .constant("k", Tensor::scalar(2))
                          .node("If", {"c"}, {"t"}, {{"then_branch", inner}, {"else_branch", inner}})
                          .output("t");
    const auto otherwise = ModelBuilder().node("Neg", {"x"}, {"t"}).output("t");
    const Graph graph = graphOf(ModelBuilder().input("x", DataType::Float32, {1}).input("c", DataType::Bool, {})
                                    .node("If", {"c"}, {"y"}, {{"then_branch", then}, {"else_branch", otherwise}}, "branch")
                                    .node("Relu", {"x"}, {"h"}, {}, "late").output("y"));
    ASSERT_EQ(graph.nodes.size(), 2u);
    EXPECT_EQ(graph.nodes[0].name, "late") << "the If reads h through its branch";
    const auto& branch = std::get<std::shared_ptr<const Graph>>(graph.nodes[1].attributes.at("then_branch"));
    EXPECT_THAT(branch->outerNames, testing::UnorderedElementsAre("c", "h"));
    const auto& nested = std::get<std::shared_ptr<const Graph>>(branch->nodes.at(0).attributes.at("then_branch"));
    EXPECT_THAT(nested->outerNames, testing::UnorderedElementsAre("h", "k"));
    EXPECT_TRUE(graph.validate());
}

TEST(OnnxReader, HashesTheFileTogetherWithItsExternalData) {
    auto folder = *base::TemporaryFolder::create("reader");
    const auto path = folder.path() / "model.onnx";
    ModelBuilder().externalConstant("w", DataType::Float32, {2}, "w.bin").node("Relu", {"w"}, {"y"}).output("y").save(path);
    std::ofstream(folder.path() / "w.bin") << "12345678";
    const auto first = modelHash(path);
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, *modelHash(path));
    std::ofstream(folder.path() / "w.bin") << "12345679";
    EXPECT_NE(*first, *modelHash(path));
}

TEST(OnnxReader, ReadsTensorFilesOfBackendTests) {
    auto folder = *base::TemporaryFolder::create("reader");
    const auto path = folder.path() / "input_0.pb";
    std::ofstream(path, std::ios::binary) << support::tensorProtoBytes("x", Tensor::fromFloats({2, 1}, {3, 4}));
    const auto tensor = readTensorFile(path);
    ASSERT_TRUE(tensor) << tensor.error().text();
    EXPECT_EQ(tensor->shape(), (Shape{2, 1}));
    EXPECT_THAT(tensor::toFloats(*tensor), ElementsAre(3, 4));
}

}  // namespace
}  // namespace trimtab::formats::onnx
