#pragma once
// A small decoder with seeded weights as a Hugging Face folder, its tokens single characters.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/app/cli/tiny_study.h"
#include "tests/core/formats/huggingface/small_decoder.h"
#include "tests/support/character_tokenizer.h"

namespace trimtab::testing_cli {

class DecoderFolder {
public:
    DecoderFolder() {
        m_small.draw(6);
        std::filesystem::create_directories(path());
        m_small.write(path());
        m_tiny.write("decoder/tokenizer.json", support::characterTokenizer());
    }
    std::string path() const { return m_tiny.at("decoder"); }
    /// The folder's parent, and other models.
    const TinyStudy& tiny() const { return m_tiny; }
    const formats::huggingface::SmallDecoder& small() const { return m_small; }

    static std::string textOf(const std::vector<std::int64_t>& tokens) {
        std::string text;
        for (const std::int64_t token : tokens)
            text += token < 26 ? static_cast<char>('a' + token) : token == 26 ? ' ' : static_cast<char>('0' + token - 27);
        return text;
    }
    static std::vector<std::int64_t> tokensOf(const std::string& text) {
        std::vector<std::int64_t> tokens;
        for (const char c : text) tokens.push_back(c == ' ' ? 26 : c >= 'a' ? c - 'a' : 27 + c - '0');
        return tokens;
    }

    /// The likeliest tokens by the plain statement.
    std::vector<std::int64_t> greedy(std::vector<std::int64_t> tokens, std::size_t count) const {
        const std::size_t prompt = tokens.size();
        while (tokens.size() < prompt + count) {
            const auto logits = m_small.logits(tokens);
            const auto last = logits.end() - m_small.vocabulary;
            tokens.push_back(std::max_element(last, logits.end()) - last);
        }
        return {tokens.begin() + static_cast<std::ptrdiff_t>(prompt), tokens.end()};
    }

private:
    TinyStudy m_tiny;
    formats::huggingface::SmallDecoder m_small;
};

}  // namespace trimtab::testing_cli
