// Decoders of one vocabulary's writing: the byte alphabet, the bar for a space, "##", the suffix of a word's end, and the blanks of speech
// models.
#include <array>
#include <utility>

#include "core/dataset/tokenizers/byte_alphabet.h"
#include "core/dataset/tokenizers/decoder.h"
#include "core/dataset/tokenizers/pre_tokenizer.h"

namespace trimtab::dataset::tokenizers {
namespace {

// English spacing as the reference mends it after tokens were put apart.
std::string tidied(std::string text) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kRules{{{" .", "."},
                                                                                           {" ?", "?"},
                                                                                           {" !", "!"},
                                                                                           {" ,", ","},
                                                                                           {" ' ", "'"},
                                                                                           {" n't", "n't"},
                                                                                           {" 'm", "'m"},
                                                                                           {" do not", " don't"},
                                                                                           {" 's", "'s"},
                                                                                           {" 've", "'ve"},
                                                                                           {" 're", "'re"}}};
    for (const auto& [what, by] : kRules) text = replaced(text, what, by);
    return text;
}

class ByteLevel final : public Decoder {
public:
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        std::string bytes;
        for (const std::string& token : tokens) fromByteAlphabet(token, bytes);
        tokens.assign(1, std::move(bytes));
    }
};

class Metaspace final : public Decoder {
public:
    Metaspace(std::string mark, bool dropsFirst) : m_mark(std::move(mark)), m_dropsFirst(dropsFirst) {}
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = replaced(tokens[i], m_mark, i == 0 && m_dropsFirst ? "" : " ");
    }

private:
    std::string m_mark;
    bool m_dropsFirst;
};

class WordPiece final : public Decoder {
public:
    WordPiece(std::string prefix, bool cleans) : m_prefix(std::move(prefix)), m_cleans(cleans) {}
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (i > 0 && tokens[i].starts_with(m_prefix)) tokens[i].erase(0, m_prefix.size());
            else if (i > 0) tokens[i].insert(0, 1, ' ');
            if (m_cleans) tokens[i] = tidied(std::move(tokens[i]));
        }
    }

private:
    std::string m_prefix;
    bool m_cleans;
};

class WordEnd final : public Decoder {
public:
    explicit WordEnd(std::string suffix) : m_suffix(std::move(suffix)) {}
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = replaced(tokens[i], m_suffix, i + 1 < tokens.size() ? " " : "");
    }

private:
    std::string m_suffix;
};

// Connectionist temporal classification: repeats are one, blanks go.
class Ctc final : public Decoder {
public:
    Ctc(std::string blank, std::string delimiter, bool cleans)
        : m_blank(std::move(blank)), m_delimiter(std::move(delimiter)), m_cleans(cleans) {}
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (i > 0 && tokens[i] == tokens[i - 1]) continue;
            std::string text = replaced(tokens[i], m_blank, "");
            if (m_cleans) text = replaced(tidied(std::move(text)), m_delimiter, " ");
            if (!text.empty()) texts.push_back(std::move(text));
        }
        tokens = std::move(texts);
    }

private:
    std::string m_blank, m_delimiter;
    bool m_cleans;
};

}  // namespace

Result<DecoderPtr> readWordDecoder(const Section& section, const std::string& type) {
    if (type == "ByteLevel") return std::make_unique<ByteLevel>();
    if (type == "Metaspace") {
        TRIMTAB_TRY(std::string mark, section.character("replacement", "\xe2\x96\x81"));
        TRIMTAB_TRY(const PrependScheme scheme, readPrependScheme(section));
        return std::make_unique<Metaspace>(std::move(mark), scheme != PrependScheme::Never);
    }
    if (type == "WordPiece") {
        TRIMTAB_TRY(std::string prefix, section.text("prefix", "##"));
        TRIMTAB_TRY(const bool cleans, section.flag("cleanup", true));
        return std::make_unique<WordPiece>(std::move(prefix), cleans);
    }
    if (type == "BPEDecoder") {
        TRIMTAB_TRY(std::string suffix, section.text("suffix", "</w>"));
        return std::make_unique<WordEnd>(std::move(suffix));
    }
    if (type == "CTC") {
        TRIMTAB_TRY(std::string blank, section.text("pad_token", "<pad>"));
        TRIMTAB_TRY(std::string delimiter, section.text("word_delimiter_token", "|"));
        TRIMTAB_TRY(const bool cleans, section.flag("cleanup", true));
        return std::make_unique<Ctc>(std::move(blank), std::move(delimiter), cleans);
    }
    return DecoderPtr();
}

}  // namespace trimtab::dataset::tokenizers
