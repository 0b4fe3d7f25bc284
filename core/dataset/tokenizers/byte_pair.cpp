// Byte-pair encoding as tokenizer.json describes it: a word's characters are its first tokens; those that have none become the tokens of
// their bytes, or unknown; then neighbours merge in the order of the file's list.
#include <optional>

#include <fmt/format.h>

#include "core/dataset/tokenizers/merge_queue.h"
#include "core/dataset/tokenizers/merge_table.h"
#include "core/dataset/tokenizers/model.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

struct Settings {
    std::string unknown;  // empty: characters without a token are left out
    std::string prefix;   // of tokens inside a word
    std::string suffix;   // of tokens that end a word
    bool fuseUnknown = false;
    bool byteFallback = false;
    bool ignoreMerges = false;  // a word that is a token is that token, whatever merging would give
};

class BytePair final : public Model {
public:
    BytePair(Vocabulary vocabulary, MergeTable merges, Settings settings)
        : Model(std::move(vocabulary)),
          m_merges(std::move(merges)),
          m_settings(std::move(settings)),
          m_bytes(byteTokens(this->vocabulary())) {
        if (!m_settings.unknown.empty()) m_unknown = this->vocabulary().idOf(m_settings.unknown);
    }

    Status encode(std::string_view word, Ids& ids) const override {
        if (m_settings.ignoreMerges) {
            if (const auto id = vocabulary().idOf(word)) {
                ids.push_back(*id);
                return {};
            }
        }
        std::vector<Symbol> symbols;
        symbols.reserve(word.size());
        TRIMTAB_REQUIRE(start(word, symbols));
        if (symbols.empty()) return {};
        symbols.back().after = -1;
        mergeAll<std::uint32_t>(
            symbols,
            [this](const Symbol& left, const Symbol& right, Candidate<std::uint32_t>& candidate) {
                const Merge merge = m_merges.of(left.id, right.id);
                candidate.priority = merge.rank;
                candidate.into = merge.into;
                return merge.into >= 0;
            },
            true);
        for (std::int32_t i = 0; i >= 0; i = symbols[static_cast<std::size_t>(i)].after)
            ids.push_back(symbols[static_cast<std::size_t>(i)].id);
        return {};
    }

private:
    static void add(std::vector<Symbol>& symbols, std::int32_t id) {
        const auto at = static_cast<std::int32_t>(symbols.size());
        symbols.push_back({id, at - 1, at + 1, 0, 1});
    }

    std::optional<std::int32_t> tokenOf(std::string_view character, bool isFirst, bool isLast, std::string& text) const {
        const bool isPlain = (isFirst || m_settings.prefix.empty()) && (!isLast || m_settings.suffix.empty());
        text.assign(isFirst ? "" : m_settings.prefix);
        text += character;
        if (isLast) text += m_settings.suffix;
        return vocabulary().idOf(isPlain ? character : std::string_view(text));
    }

    // The tokens of the text's bytes, if every byte has one.
    bool fallBack(std::string_view text, std::vector<Symbol>& symbols) const {
        for (const char byte : text)
            if (m_bytes[static_cast<unsigned char>(byte)] < 0) return false;
        for (const char byte : text) add(symbols, m_bytes[static_cast<unsigned char>(byte)]);
        return true;
    }

    Status start(std::string_view word, std::vector<Symbol>& symbols) const {
        int waiting = 0;  // unknown characters not yet written; more than one only where they are fused
        std::string text;
        for (std::size_t at = 0; at < word.size();) {
            const std::size_t length = lengthOf(word[at]);
            const auto id = tokenOf(word.substr(at, length), at == 0, at + length == word.size(), text);
            at += length;
            if (id) {
                if (waiting > 0) add(symbols, *m_unknown);
                waiting = 0;
                add(symbols, *id);
                continue;
            }
            if (m_settings.byteFallback && fallBack(text, symbols)) continue;
            if (m_settings.unknown.empty()) continue;
            if (!m_unknown)
                return fail(ErrorCode::Refused,
                            fmt::format("model.unk_token '{:.40}' is not in the vocabulary, and the text needs it", m_settings.unknown));
            if (waiting > 0 && !m_settings.fuseUnknown) add(symbols, *m_unknown);
            waiting = 1;
        }
        if (waiting > 0) add(symbols, *m_unknown);
        return {};
    }

    MergeTable m_merges;
    Settings m_settings;
    std::vector<std::int32_t> m_bytes;
    std::optional<std::int32_t> m_unknown;
};

// "left right", or ["left", "right"] where tokens may hold spaces.
std::optional<std::pair<std::string_view, std::string_view>> pairOf(const Json& entry) {
    if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string())
        return std::pair{std::string_view(entry[0].get_ref<const std::string&>()),
                         std::string_view(entry[1].get_ref<const std::string&>())};
    if (!entry.is_string()) return std::nullopt;
    const std::string_view text = entry.get_ref<const std::string&>();
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) return std::nullopt;
    return std::pair{text.substr(0, space), text.substr(space + 1)};
}

Result<MergeTable> readMerges(const Section& section, const Vocabulary& vocabulary, const std::string& prefix) {
    TRIMTAB_TRY(const Json* list, section.list("merges"));
    MergeTable table(list->size());
    std::string joined;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Json& entry = (*list)[i];
        if (i == 0 && entry.is_string() && entry.get_ref<const std::string&>().starts_with("#version")) continue;
        const auto pair = pairOf(entry);
        if (!pair) return fail(ErrorCode::Refused, fmt::format("{}[{}] must name two tokens", section.under("merges"), i));
        joined = pair->first;
        joined += pair->second.starts_with(prefix) ? pair->second.substr(prefix.size()) : pair->second;
        const auto left = vocabulary.idOf(pair->first), right = vocabulary.idOf(pair->second), into = vocabulary.idOf(joined);
        for (const auto& [id, token] : {std::pair{left, pair->first}, {right, pair->second}, {into, std::string_view(joined)}})
            if (!id)
                return fail(ErrorCode::Refused,
                            fmt::format("{}[{}]: '{:.60}' is not in the vocabulary", section.under("merges"), i, token));
        table.put(*left, *right, {static_cast<std::uint32_t>(i), *into});
    }
    return table;
}

}  // namespace

Result<ModelPtr> readBytePair(const Section& section) {
    Settings settings;
    TRIMTAB_TRY(settings.unknown, section.text("unk_token", ""));
    TRIMTAB_TRY(settings.prefix, section.text("continuing_subword_prefix", ""));
    TRIMTAB_TRY(settings.suffix, section.text("end_of_word_suffix", ""));
    TRIMTAB_TRY(settings.fuseUnknown, section.flag("fuse_unk", false));
    TRIMTAB_TRY(settings.byteFallback, section.flag("byte_fallback", false));
    TRIMTAB_TRY(settings.ignoreMerges, section.flag("ignore_merges", false));
    if (const Json* dropout = base::memberAt(section.json(), "dropout"); dropout && *dropout != 0.0)
        return fail(ErrorCode::Unsupported, section.under("dropout") + " makes tokens random; it is for training. Set it to null");
    TRIMTAB_TRY(Vocabulary vocabulary, Vocabulary::read(section, "vocab"));
    TRIMTAB_TRY(MergeTable merges, readMerges(section, vocabulary, settings.prefix));
    return std::make_unique<BytePair>(std::move(vocabulary), std::move(merges), std::move(settings));
}

}  // namespace trimtab::dataset::tokenizers
