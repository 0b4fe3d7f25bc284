// WordPiece: from the left, always the longest token of the vocabulary that goes on with the word (tokens inside a word begin with a
// prefix, "##"); a word of which any part is in no token, or that is too long, is unknown as a whole (Schuster, Nakajima 2012). WordLevel:
// a word is a token or unknown.
#include <algorithm>

#include <fmt/format.h>

#include "core/dataset/tokenizers/byte_trie.h"
#include "core/dataset/tokenizers/model.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

tl::unexpected<Error> noUnknown(std::string_view token) {
    return fail(
        ErrorCode::Refused,
        fmt::format("The text holds a word that no token stands for, and model.unk_token '{:.40}' is not in the vocabulary", token));
}

class WordPiece final : public Model {
public:
    struct Settings {
        std::string unknown;
        std::string prefix;
        std::int64_t mostCharacters = 100;
    };

    WordPiece(Vocabulary vocabulary, Settings settings)
        : Model(std::move(vocabulary)), m_settings(std::move(settings)), m_unknown(this->vocabulary().idOf(m_settings.unknown)) {
        std::vector<std::pair<std::string_view, std::int32_t>> starts, rests;
        for (const std::string_view token : this->vocabulary().tokens()) {
            const std::int32_t id = *this->vocabulary().idOf(token);
            starts.emplace_back(token, id);
            if (token.starts_with(m_settings.prefix)) rests.emplace_back(token.substr(m_settings.prefix.size()), id);
        }
        m_starts = ByteTrie(std::move(starts));
        m_rests = ByteTrie(std::move(rests));
    }

    Status encode(std::string_view word, Ids& ids) const override {
        const std::size_t before = ids.size();
        const auto characters =
            std::count_if(word.begin(), word.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; });
        bool isKnown = characters <= m_settings.mostCharacters;
        for (std::size_t at = 0; isKnown && at < word.size();) {
            const auto [length, id] = (at == 0 ? m_starts : m_rests).longest(word.substr(at));
            isKnown = length > 0;
            if (isKnown) ids.push_back(id);
            at += length;
        }
        if (isKnown) return {};
        if (!m_unknown) return noUnknown(m_settings.unknown);
        ids.resize(before);
        ids.push_back(*m_unknown);
        return {};
    }

private:
    Settings m_settings;
    std::optional<std::int32_t> m_unknown;
    ByteTrie m_starts;
    ByteTrie m_rests;
};

class WordLevel final : public Model {
public:
    WordLevel(Vocabulary vocabulary, std::string unknown) : Model(std::move(vocabulary)), m_unknown(std::move(unknown)) {}
    Status encode(std::string_view word, Ids& ids) const override {
        auto id = vocabulary().idOf(word);
        if (!id) id = vocabulary().idOf(m_unknown);
        if (!id) return noUnknown(m_unknown);
        ids.push_back(*id);
        return {};
    }

private:
    std::string m_unknown;
};

}  // namespace

Result<ModelPtr> readWordPiece(const Section& section) {
    WordPiece::Settings settings;
    TRIMTAB_TRY(settings.unknown, section.text("unk_token", "[UNK]"));
    TRIMTAB_TRY(settings.prefix, section.text("continuing_subword_prefix", "##"));
    TRIMTAB_TRY(settings.mostCharacters, section.whole("max_input_chars_per_word", 100));
    TRIMTAB_TRY(Vocabulary vocabulary, Vocabulary::read(section, "vocab"));
    for (const std::string_view token : vocabulary.tokens())
        if (token.size() > kMostTokenBytes) return section.refuse(fmt::format("has a token longer than {} bytes", kMostTokenBytes));
    return std::make_unique<WordPiece>(std::move(vocabulary), std::move(settings));
}

Result<ModelPtr> readWordLevel(const Section& section) {
    TRIMTAB_TRY(std::string unknown, section.text("unk_token", "<unk>"));
    TRIMTAB_TRY(Vocabulary vocabulary, Vocabulary::read(section, "vocab"));
    return std::make_unique<WordLevel>(std::move(vocabulary), std::move(unknown));
}

}  // namespace trimtab::dataset::tokenizers
