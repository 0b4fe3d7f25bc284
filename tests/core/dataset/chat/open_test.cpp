// Where a model's chat template is found, and what it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/file.h"
#include "core/dataset/chat/chat_template.h"
#include "tests/support/gguf_file.h"

namespace trimtab::dataset::chat {
namespace {

using testing::HasSubstr;

class OpenTemplate : public testing::Test {
protected:
    std::filesystem::path at(const std::string& name) const { return m_folder.path() / name; }
    void write(const std::string& name, const std::string& content) const { ASSERT_TRUE(base::writeFileAtomically(at(name), content)); }
    std::string rendered(const std::string& name = "", bool asks = true) const {
        const auto opened = openChatTemplate(name.empty() ? m_folder.path() : at(name));
        if (!opened) return "refused: " + opened.error().text();
        const auto text = opened->render({Message{"system", "be"}, Message{"user", "hi"}}, {.addGenerationPrompt = asks});
        return text ? *text : "refused: " + text.error().text();
    }

    base::TemporaryFolder m_folder = base::TemporaryFolder::create("chat").value();
};

TEST_F(OpenTemplate, IsThatOfTheTokenizersConfiguration) {
    write("tokenizer_config.json",
          R"({"chat_template": "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }}{{ eos_token }}{% endfor %})"
          R"({{ add_generation_prompt }} {{ tools }} {{ pad_token is defined }} {{ additional_special_tokens[1] }}",)"
          R"("bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "pad_token": null,)"
          R"("additional_special_tokens": ["<a>", {"content": "<b>"}]})");
    EXPECT_EQ(rendered(), "<s>system:be</s>user:hi</s>True None False <b>");
    EXPECT_EQ(rendered("", false), "<s>system:be</s>user:hi</s>False None False <b>");
    write("model.onnx", "");
    EXPECT_EQ(rendered("model.onnx"), rendered()) << "beside a file it is found, too";
}

TEST_F(OpenTemplate, TakesTheDefaultOfSeveralAndAFileBeforeThem) {
    write("tokenizer_config.json",
          R"({"chat_template": [{"name": "rag", "template": "no"}, {"name": "default", "template": "yes {{ eos_token }}"}],)"
          R"("eos_token": "<e>"})");
    EXPECT_EQ(rendered(), "yes <e>");
    write("chat_template.jinja", "file {{ eos_token }}\n");
    EXPECT_EQ(rendered(), "file <e>");
    std::filesystem::remove(at("chat_template.jinja"));
    write("tokenizer_config.json", R"({"chat_template": [{"name": "rag", "template": "no"}]})");
    EXPECT_THAT(rendered(), HasSubstr("lists no template that is named \"default\""));
    write("tokenizer_config.json", R"({"chat_template": 5})");
    EXPECT_THAT(rendered(), HasSubstr("neither a text nor a list"));
    write("tokenizer_config.json", R"({"chat_template": "x", "bos_token": 5})");
    EXPECT_THAT(rendered(), HasSubstr("\"bos_token\" is neither"));
}

TEST_F(OpenTemplate, OfAGgufFileIsInItsMetadata) {
    support::GgufFile file;
    file.text("tokenizer.chat_template", "{{ bos_token }}{{ messages[1].content }}{{ eos_token }}{{ unk_token is defined }}");
    file.texts("tokenizer.ggml.tokens", {"<s>", "x", "</s>"});
    file.whole("tokenizer.ggml.bos_token_id", 0);
    file.whole("tokenizer.ggml.eos_token_id", 2);
    ASSERT_TRUE(file.write(at("model.gguf")));
    EXPECT_EQ(rendered("model.gguf"), "<s>hi</s>False");
    file.whole("tokenizer.ggml.padding_token_id", 3);
    ASSERT_TRUE(file.write(at("model.gguf")));
    EXPECT_THAT(rendered("model.gguf"), HasSubstr("tokenizer.ggml.padding_token_id is 3, which is no token"));
    ASSERT_TRUE(support::GgufFile().write(at("plain.gguf")));
    EXPECT_THAT(rendered("plain.gguf"), HasSubstr("has no chat template"));
}

TEST_F(OpenTemplate, IsMissedByName) {
    EXPECT_THAT(rendered(), HasSubstr("has no chat template"));
    write("tokenizer_config.json", R"({"bos_token": "<s>"})");
    EXPECT_THAT(rendered(), HasSubstr("without --chat"));
}

TEST_F(OpenTemplate, RepairsMessagesThatAreNoUtf8) {
    const auto parsed = ChatTemplate::parse("{{ messages[0].content|length }}{{ messages[0].content }}");
    EXPECT_EQ(parsed->render({Message{"user", "a\xff"}}, {}).value(), "2a\xef\xbf\xbd");
}

}  // namespace
}  // namespace trimtab::dataset::chat
