// Folders as exporters of language models leave them: which file is read, and what is said of it.
#include <gmock/gmock.h>

#include <fstream>

#include "core/formats/model_file.h"
#include "tests/core/formats/onnx/writer_fixture.h"

namespace trimtab::formats::onnx {
namespace {

using testing::HasSubstr;

class ExportedFolders : public OnnxWriter {
protected:
    std::filesystem::path folder() const { return m_folder.path(); }
    /// A model that its `columns` tell from others.
    void writeModel(const std::string& name, std::int64_t columns) const {
        std::filesystem::create_directories((folder() / name).parent_path());
        ASSERT_TRUE(write(matMul(4, columns), folder() / name));
    }
    void writeText(const std::string& name, const std::string& text) const { std::ofstream(folder() / name) << text; }
    /// "format: columns", or the refusal.
    std::string opened() const {
        const auto read = readModel(folder());
        if (!read) return read.error().text();
        const auto& dims = read->graph.value(read->graph.outputs.front()).type.dims;
        return read->format + ": " + std::to_string(dims->back().extent);
    }
};

TEST_F(ExportedFolders, OfGenAiNameTheirDecoder) {
    writeModel("model.onnx", 3);
    writeModel("decoder-int4.onnx", 5);
    writeText("genai_config.json", R"({"model": {"decoder": {"filename": "decoder-int4.onnx"}, "eos_token_id": [7, 9]}})");
    EXPECT_EQ(opened(), "ONNX, as ONNX Runtime GenAI exports it: 5");
    EXPECT_EQ(endTokens(folder()).value(), (std::vector<std::int64_t>{7, 9}));
    EXPECT_EQ(formats::filesOf(folder()), std::vector{folder() / "decoder-int4.onnx"});
    EXPECT_EQ(formats::modelHash(folder()).value(), modelHash(folder() / "decoder-int4.onnx").value());
    writeText("genai_config.json", R"({"model": {"decoder": {}}})");
    EXPECT_EQ(opened(), "ONNX, as ONNX Runtime GenAI exports it: 3") << "its decoder is called model.onnx unless it says otherwise";
    EXPECT_TRUE(endTokens(folder()).value().empty());
}

TEST_F(ExportedFolders, OfGenAiAreRefusedByTheNameOfTheMember) {
    const auto refusal = [&](const std::string& config) {
        writeText("genai_config.json", config);
        return opened();
    };
    EXPECT_THAT(refusal(R"({"model": {}})"), testing::AllOf(HasSubstr("genai_config.json"), HasSubstr("model.decoder")));
    EXPECT_THAT(refusal("[1]"), HasSubstr("model.decoder"));
    EXPECT_THAT(refusal("{"), HasSubstr("genai_config.json"));
    EXPECT_THAT(refusal(R"({"model": {"decoder": {"filename": 3}}})"), HasSubstr("filename"));
    EXPECT_THAT(refusal(R"({"model": {"decoder": {"pipeline": [{"embed": {"filename": "e.onnx"}, "head": {"filename": "h.onnx"}}]}}})"),
                HasSubstr("open one of e.onnx, h.onnx"));
    EXPECT_THAT(refusal(R"({"model": {"decoder": {"filename": "text.onnx"}, "vision": {"filename": "v.onnx"}}})"),
                HasSubstr("open one of text.onnx, v.onnx"));
    for (const std::string name : {"../model.onnx", "/etc/passwd", "..", "", "a/b.onnx"})
        EXPECT_THAT(refusal(R"({"model": {"decoder": {"filename": ")" + name + R"("}}})"), HasSubstr("no name of a file in its folder"));
    EXPECT_THAT(refusal(R"({"model": {"decoder": {"filename": "missing.onnx"}}})"), HasSubstr("missing.onnx"));
}

TEST_F(ExportedFolders, OfOptimumAreOpenedForTheFileThatDoesAll) {
    writeText("config.json", R"({"eos_token_id": 2})");
    writeModel("onnx/decoder_model.onnx", 2);
    EXPECT_EQ(opened(), "ONNX, as Optimum exports it: 2");
    EXPECT_EQ(endTokens(folder()).value(), std::vector<std::int64_t>{2});
    writeModel("onnx/decoder_model_merged.onnx", 3);
    EXPECT_EQ(opened(), "ONNX, as Optimum exports it: 3");
    writeModel("onnx/model.onnx", 4);
    EXPECT_EQ(opened(), "ONNX, as Optimum exports it: 4");
    writeModel("decoder_model.onnx", 5);
    EXPECT_EQ(opened(), "ONNX, as Optimum exports it: 5") << "what lies in the folder itself comes first";
    std::filesystem::remove(folder() / "config.json");
    EXPECT_EQ(opened(), "ONNX: 5") << "nothing says whose it is";
}

TEST_F(ExportedFolders, OfSeveralFilesNameThem) {
    writeText("config.json", "{}");
    writeModel("onnx/decoder_model.onnx", 2);
    writeModel("onnx/decoder_with_past_model.onnx", 3);
    EXPECT_THAT(opened(), HasSubstr("open one of onnx/decoder_with_past_model.onnx, onnx/decoder_model.onnx"));
    writeModel("onnx/decoder_model_merged.onnx", 4);
    EXPECT_EQ(opened(), "ONNX, as Optimum exports it: 4") << "it does what both do";
    for (const std::string part : {"encoder_model", "vision_encoder", "embed_tokens"}) {
        writeModel("onnx/" + part + ".onnx", 5);
        EXPECT_THAT(opened(), testing::AllOf(HasSubstr("onnx/" + part + ".onnx"), HasSubstr("onnx/decoder_model_merged.onnx")));
        std::filesystem::remove(folder() / ("onnx/" + part + ".onnx"));
    }
}

TEST_F(ExportedFolders, FollowNoLinkThatLeadsOutOfThem) {
    const auto elsewhere = base::TemporaryFolder::create("elsewhere").value();
    ASSERT_TRUE(write(matMul(4, 9), elsewhere.path() / "model.onnx"));
    std::filesystem::create_symlink(elsewhere.path() / "model.onnx", folder() / "model.onnx");
    EXPECT_THAT(opened(), HasSubstr("link"));
    EXPECT_FALSE(formats::modelHash(folder()));
    std::filesystem::remove(folder() / "model.onnx");
    std::filesystem::create_directory_symlink(elsewhere.path(), folder() / "onnx");
    EXPECT_THAT(opened(), HasSubstr("link"));
    std::filesystem::remove(folder() / "onnx");
    std::filesystem::create_hard_link(elsewhere.path() / "model.onnx", folder() / "model.onnx");
    EXPECT_THAT(opened(), HasSubstr("link"));
    ReadOptions trusting;
    trusting.trustLinks = true;
    EXPECT_TRUE(readModel(folder(), trusting));
}

TEST_F(ExportedFolders, AreTheirModelAndItsExternalData) {
    std::filesystem::create_directories(folder() / "onnx");
    WriteOptions outside;
    outside.externalAbove = 0;
    ASSERT_TRUE(write(matMul(64, 80), folder() / "onnx/model.onnx", outside));
    EXPECT_EQ(formats::filesOf(folder()), (std::vector{folder() / "onnx/model.onnx", folder() / "onnx/model.onnx.data"}));
    EXPECT_EQ(formats::filesOf(folder() / "onnx/model.onnx"), formats::filesOf(folder()));
    EXPECT_EQ(opened(), "ONNX: 80");
}

TEST_F(ExportedFolders, WithDrawnWeightsAreTheirConfigurationAlone) {
    writeText("config.json", "{}");
    writeText("genai_config.json", R"({"model": {"decoder": {}}})");
    EXPECT_EQ(formats::filesOf(folder(), 1), std::vector{folder() / "config.json"});
}

TEST_F(ExportedFolders, WithTensorsBesideAreCheckpoints) {
    writeText("config.json", "{}");
    writeModel("onnx/model.onnx", 4);
    writeText("adapter_model.safetensors", "");
    EXPECT_EQ(opened(), "ONNX, as Optimum exports it: 4") << "these are tensors of something else";
    writeText("model.safetensors", "");
    EXPECT_THAT(opened(), HasSubstr("names no architecture"));
}

TEST_F(ExportedFolders, WithoutAModelSayWhatWouldBeOne) {
    EXPECT_THAT(opened(), testing::AllOf(HasSubstr("config.json"), HasSubstr("Optimum"), HasSubstr("GenAI")));
}

}  // namespace
}  // namespace trimtab::formats::onnx
