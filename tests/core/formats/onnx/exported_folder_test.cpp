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
    writeText("genai_config.json", R"({"model": {"decoder": {"filename": "decoder-int4.onnx"}, "eos_token_id": [7, 9], "type": "llama"}})");
    EXPECT_EQ(opened(), "ONNX, as ONNX Runtime GenAI exports it: 5");
    EXPECT_EQ(endTokens(folder()).value(), (std::vector<std::int64_t>{7, 9}));
    EXPECT_EQ(filesOf(folder()), std::vector{folder() / "decoder-int4.onnx"});
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
    EXPECT_THAT(refusal(R"({"model": {"decoder": {"pipeline": []}}})"), HasSubstr("pipeline"));
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
    writeModel("encoder_model.onnx", 6);
    EXPECT_THAT(opened(), testing::AllOf(HasSubstr("encoder_model.onnx"), HasSubstr("decoder_model.onnx"), HasSubstr("open")));
}

TEST_F(ExportedFolders, WithTensorsBesideAreCheckpoints) {
    writeText("config.json", "{}");
    writeModel("onnx/model.onnx", 4);
    writeText("model.safetensors", "");
    EXPECT_THAT(opened(), HasSubstr("names no architecture"));
    std::filesystem::remove(folder() / "model.safetensors");
    EXPECT_EQ(opened(), "ONNX, as Optimum exports it: 4");
}

TEST_F(ExportedFolders, WithoutAModelSayWhatWouldBeOne) {
    EXPECT_THAT(opened(), testing::AllOf(HasSubstr("config.json"), HasSubstr("Optimum"), HasSubstr("GenAI")));
}

}  // namespace
}  // namespace trimtab::formats::onnx
