// Models made to do harm: each gives a reason, quickly, and allocates no more than its bytes justify.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <fstream>
#include <functional>

#include "core/base/file.h"
#include "core/base/memory_budget.h"
#include "core/formats/onnx/reader.h"
#include "tests/support/model_builder.h"

namespace trimtab::formats::onnx {
namespace {

using support::Attr;
using support::ModelBuilder;
using testing::HasSubstr;

Result<ReadResult> readString(const std::string& bytes, const ReadOptions& options = {}) {
    return readBytes(std::as_bytes(std::span(bytes)), nullptr, ".", options);
}

std::string refusal(const std::string& bytes) {
    const auto result = readString(bytes);
    EXPECT_FALSE(result);
    if (result) return "";
    EXPECT_TRUE(result.error().code == ErrorCode::Refused || result.error().code == ErrorCode::Unsupported) << result.error().text();
    return result.error().text();
}

ModelBuilder sound() {
    return ModelBuilder()
        .input("x", DataType::Float32, {"n", 4})
        .constant("w", Tensor::fromFloats({4, 600}, std::vector<float>(2400, 0.5f)))
        .node("MatMul", {"x", "w"}, {"h"})
        .node("Relu", {"h"}, {"y"})
        .output("y");
}

/// The sound model after a change to its message.
std::string changed(const std::function<void(::onnx::ModelProto&)>& change) {
    ::onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(sound().bytes()));
    change(model);
    return model.SerializeAsString();
}

TEST(HostileModel, ThatIsTruncatedAnywhereIsRefused) {
    const std::string bytes = sound().bytes();
    for (std::size_t part = 0; part < 16; ++part) EXPECT_FALSE(readString(bytes.substr(0, bytes.size() * part / 16))) << part;
    EXPECT_THAT(refusal(bytes.substr(0, bytes.size() / 2)), HasSubstr("truncated"));
    EXPECT_FALSE(readString(bytes.substr(0, bytes.size() / 2), {.tolerant = true}));
    EXPECT_FALSE(readString("PK\x03\x04 this is a zip"));
    EXPECT_FALSE(readString(std::string(4096, '\0')));
}

TEST(HostileModel, WithImpossibleInitializersAllocatesNothing) {
    const auto weight = [](::onnx::ModelProto& model) { return model.mutable_graph()->mutable_initializer(0); };
    const std::int64_t before = base::MemoryBudget::process().peak();
    EXPECT_THAT(refusal(changed([&](auto& model) { weight(model)->set_dims(0, -4); })), HasSubstr("impossible shape"));
    EXPECT_THAT(refusal(changed([&](auto& model) { weight(model)->set_dims(0, std::int64_t{1} << 62); })), HasSubstr("impossible shape"));
    EXPECT_THAT(refusal(changed([&](auto& model) {
        weight(model)->set_dims(0, std::int64_t{1} << 32);
        weight(model)->set_dims(1, (std::int64_t{1} << 32) + 1);
    })), HasSubstr("impossible shape"));
    EXPECT_THAT(refusal(changed([&](auto& model) { weight(model)->set_dims(0, std::int64_t{1} << 36); })), HasSubstr("holds 9600 bytes"));
    EXPECT_THAT(refusal(changed([&](auto& model) {
        weight(model)->clear_raw_data();
        weight(model)->add_float_data(1);
    })), HasSubstr("holds 1 numbers"));
    EXPECT_THAT(refusal(changed([&](auto& model) { weight(model)->clear_raw_data(); })), HasSubstr("'w'"));
    EXPECT_LT(base::MemoryBudget::process().peak() - before, 1 << 20);
}

TEST(HostileModel, WithElementTypesThatNothingTakesNamesThem) {
    const auto ofType = [](int type) {
        return changed([type](auto& model) { model.mutable_graph()->mutable_initializer(0)->set_data_type(type); });
    };
    EXPECT_THAT(refusal(ofType(8)), HasSubstr("string"));
    EXPECT_THAT(refusal(ofType(0)), HasSubstr("no element type"));
    EXPECT_THAT(refusal(ofType(99)), HasSubstr("99"));
    EXPECT_THAT(refusal(ofType(-1)), HasSubstr("-1"));
}

TEST(HostileModel, WithSparseOrSegmentedInitializersIsRefusedByName) {
    EXPECT_THAT(refusal(changed([](auto& model) { model.mutable_graph()->add_sparse_initializer()->mutable_values()->set_name("thin"); })),
                HasSubstr("'thin' is sparse"));
    EXPECT_THAT(refusal(changed([](auto& model) { model.mutable_graph()->mutable_initializer(0)->mutable_segment()->set_begin(0); })),
                HasSubstr("segments"));
}

TEST(HostileModel, WithNegativeOrHugeDeclaredShapesIsRefused) {
    EXPECT_THAT(refusal(ModelBuilder().input("x", DataType::Float32, {-3, 4}).node("Relu", {"x"}, {"y"}).output("y").bytes()),
                HasSubstr("negative"));
    EXPECT_THAT(refusal(ModelBuilder()
                            .input("x", DataType::Float32, {std::int64_t{1} << 40, std::int64_t{1} << 40})
                            .node("Relu", {"x"}, {"y"})
                            .output("y")
                            .bytes()),
                HasSubstr("too large"));
}

TEST(HostileModel, NestedDeeperThanTheLimitIsRefusedBeforeItIsParsed) {
    // Each level wraps the last by hand, so that building the file needs no recursion either.
    const auto field = [](int number, const std::string& content) {
        std::string bytes(1, static_cast<char>(number << 3 | 2));
        for (std::size_t size = content.size();; size >>= 7) {
            bytes += static_cast<char>((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
            if (size <= 0x7f) return bytes + content;
        }
    };
    const auto nested = [&](int levels) {
        std::string graph = field(2, "leaf");
        for (int level = 1; level < levels; ++level)
            graph = field(1, field(4, "If") + field(5, field(1, "g") + "\xa0\x01\x05" + field(6, graph)));
        ::onnx::ModelProto model;
        model.set_ir_version(8);
        model.add_opset_import()->set_version(13);
        return model.SerializeAsString() + field(7, graph);
    };
    EXPECT_THAT(refusal(nested(10'000)), HasSubstr("nests graphs deeper than 32"));
    EXPECT_THAT(refusal(nested(33)), HasSubstr("nests graphs deeper than 32"));
    EXPECT_THAT(refusal(nested(32)), HasSubstr("no outputs")) << "32 levels are read; only then is the missing output found";

    std::string type = field(1, "\x08\x01");
    for (int level = 0; level < 10'000; ++level) type = field(4, field(1, type));
    const std::string deepType = changed([](auto& model) { model.clear_graph(); }) + field(7, field(11, field(1, "x") + field(2, type)));
    EXPECT_THAT(refusal(deepType), HasSubstr("nests types too deeply"));
}

TEST(HostileModel, WithoutGraphVersionOrOperatorSetsSaysSo) {
    EXPECT_THAT(refusal(changed([](auto& model) { model.clear_graph(); })), HasSubstr("no graph"));
    EXPECT_THAT(refusal(changed([](auto& model) { model.clear_ir_version(); })), HasSubstr("IR version"));
    EXPECT_THAT(refusal(changed([](auto& model) { model.clear_opset_import(); })), HasSubstr("opset_import"));
    EXPECT_THAT(refusal(changed([](auto& model) { model.mutable_opset_import(0)->set_version(-1); })), HasSubstr("impossible version"));
    EXPECT_THAT(refusal(changed([](auto& model) { model.mutable_graph()->clear_output(); })), HasSubstr("no outputs"));
    EXPECT_THAT(refusal(changed([](auto& model) { model.mutable_graph()->mutable_node(0)->clear_op_type(); })), HasSubstr("no operator"));
    EXPECT_THAT(refusal(changed([](auto& model) { model.mutable_graph()->mutable_input(0)->clear_type(); })),
                HasSubstr("'x' has no element type"));
}

TEST(HostileModel, WithDoubleNamesIsRefused) {
    EXPECT_THAT(refusal(changed([](auto& model) { *model.mutable_graph()->add_initializer() = model.graph().initializer(0); })),
                HasSubstr("'w' is defined twice"));
    EXPECT_THAT(refusal(changed([](auto& model) { *model.mutable_graph()->add_input() = model.graph().input(0); })),
                HasSubstr("'x' is defined twice"));
    EXPECT_THAT(refusal(changed([](auto& model) {
        for (int i = 0; i < 2; ++i) {
            auto* attribute = model.mutable_graph()->mutable_node(0)->add_attribute();
            attribute->set_name("axis");
            attribute->set_i(i);
            attribute->set_type(::onnx::AttributeProto::INT);
        }
    })), HasSubstr("'axis' twice"));
}

TEST(HostileModel, CutsNamesOfAnyLengthInItsMessages) {
    const std::string longName(1 << 20, 'n');
    EXPECT_LT(refusal(ModelBuilder().node("Relu", {longName}, {"y"}).output("y").bytes()).size(), 2000u);
}

class ExternalData : public testing::Test {
protected:
    std::filesystem::path model() const { return m_folder.path() / "model" / "m.onnx"; }
    void SetUp() override {
        std::filesystem::create_directory(m_folder.path() / "model");
        std::ofstream(m_folder.path() / "model" / "data") << std::string(64, 'd');
        std::ofstream(m_folder.path() / "secret") << std::string(64, 's');
    }
    Result<ReadResult> load(const std::string& location, std::int64_t offset = -1, std::int64_t length = -1,
                            const ReadOptions& options = {}) {
        ModelBuilder()
            .externalConstant("w", DataType::Float32, {4}, location, offset, length)
            .node("Relu", {"w"}, {"y"})
            .output("y")
            .save(model());
        return read(model(), options);
    }
    std::string refused(const std::string& location, std::int64_t offset = -1, std::int64_t length = -1) {
        const auto result = load(location, offset, length);
        EXPECT_FALSE(result) << location;
        return result ? "" : result.error().text();
    }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("external");
};

TEST_F(ExternalData, IsMappedAndSharedBetweenTensors) {
    ModelBuilder()
        .externalConstant("a", DataType::Float32, {4}, "data", 0, 16)
        .externalConstant("b", DataType::Float32, {4}, "data", 16, 16)
        .externalConstant("odd", DataType::Float32, {4}, "data", 17, 16)
        .node("Sum", {"a", "b", "odd"}, {"y"})
        .output("y")
        .save(model());
    const auto result = read(model());
    ASSERT_TRUE(result) << result.error().text();
    const Graph& graph = result->graph;
    const auto at = [&](const char* name) { return graph.constantOf(graph.find(name))->bytes(); };
    EXPECT_EQ(at("a").data() + 16, at("b").data()) << "both view one mapping";
    EXPECT_TRUE(graph.constantOf(graph.find("odd"))->aligned(4)) << "a misaligned one is copied";
    EXPECT_EQ(std::to_integer<char>(at("odd")[0]), 'd');
    EXPECT_EQ(result->fileBytes, static_cast<std::int64_t>(std::filesystem::file_size(model())) + 64);
}

TEST_F(ExternalData, OutsideTheModelsFolderIsRefused) {
    EXPECT_THAT(refused("../secret"), HasSubstr("'..'"));
    EXPECT_THAT(refused((m_folder.path() / "secret").string()), HasSubstr("absolute"));
    std::filesystem::create_symlink(m_folder.path() / "secret", m_folder.path() / "model" / "soft");
    EXPECT_THAT(refused("soft"), HasSubstr("symbolic link"));
    std::filesystem::create_hard_link(m_folder.path() / "secret", m_folder.path() / "model" / "hard");
    EXPECT_THAT(refused("hard"), HasSubstr("hard links"));
    EXPECT_TRUE(load("hard", -1, -1, {.trustLinks = true}));
    EXPECT_THAT(refused("none"), HasSubstr("'none'"));
    EXPECT_THAT(refused(""), HasSubstr("names no file"));
}

TEST_F(ExternalData, BeyondTheEndOfItsFileIsRefused) {
    EXPECT_TRUE(load("data", 48, 16));
    EXPECT_THAT(refused("data", 49, 16), HasSubstr("64 bytes"));
    EXPECT_THAT(refused("data", INT64_MAX - 3, 16), HasSubstr("64 bytes"));
    EXPECT_THAT(refused("data", 0, 12), HasSubstr("external length of 12"));
    EXPECT_FALSE(load("data", 49, 16, {.readWeights = false})) << "sizes are held against the file even when weights are not read";
}

TEST_F(ExternalData, WithOffsetsThatAreNoNumbersIsRefused) {
    for (const char* value : {"-1", "1e3", "99999999999999999999", "0x10", "", " 1"}) {
        ::onnx::ModelProto proto;
        proto.ParseFromString(
            ModelBuilder().externalConstant("w", DataType::Float32, {4}, "data", 0).node("Relu", {"w"}, {"y"}).output("y").bytes());
        proto.mutable_graph()->mutable_initializer(0)->mutable_external_data(1)->set_value(value);
        std::ofstream(model(), std::ios::binary) << proto.SerializeAsString();
        const auto result = read(model());
        ASSERT_FALSE(result) << value;
        EXPECT_THAT(result.error().text(), HasSubstr("no byte count"));
    }
}

TEST_F(ExternalData, ThatIsMissingLeavesTheRestToBeShownWhenTolerant) {
    const auto result = load("none", -1, -1, {.readWeights = false, .tolerant = true});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->problems.size(), 1u);
    const auto& weight = result->graph.value(result->graph.find("w"));
    EXPECT_TRUE(weight.weightsUnread);
    EXPECT_EQ(weight.type.text(), "float32[4]");
}

}  // namespace
}  // namespace trimtab::formats::onnx
