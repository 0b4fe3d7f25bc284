#include "core/dataset/tokenizers/pre_tokenizer.h"

#include <optional>
#include <vector>

#include "core/dataset/tokenizers/byte_alphabet.h"

namespace trimtab::dataset::tokenizers {
namespace {

constexpr std::string_view kGpt2Words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class Chain final : public PreTokenizer {
public:
    explicit Chain(std::vector<PreTokenizerPtr> steps) : m_steps(std::move(steps)) {}
    Status apply(Piece piece, Pieces& out) const override {
        Pieces pieces;
        pieces.push_back(std::move(piece));
        for (const auto& step : m_steps) {
            Pieces next;
            for (Piece& part : pieces) TRIMTAB_REQUIRE(step->apply(std::move(part), next));
            pieces = std::move(next);
        }
        for (Piece& part : pieces) out.push_back(std::move(part));
        return {};
    }

private:
    std::vector<PreTokenizerPtr> m_steps;
};

class ByteLevel final : public PreTokenizer {
public:
    ByteLevel(bool addPrefixSpace, std::optional<Pattern> words) : m_addPrefixSpace(addPrefixSpace), m_words(std::move(words)) {}
    Status apply(Piece piece, Pieces& out) const override {
        if (m_addPrefixSpace && !piece.text.starts_with(' ')) piece.text.insert(0, 1, ' ');
        const std::size_t first = out.size();
        if (m_words) {
            TRIMTAB_TRY(const auto spans, m_words->find(piece.text));
            cut(piece, spans, Behavior::Isolated, out);
        } else {
            out.push_back(std::move(piece));
        }
        for (std::size_t i = first; i < out.size(); ++i) out[i].text = toByteAlphabet(out[i].text);
        return {};
    }

private:
    bool m_addPrefixSpace;
    std::optional<Pattern> m_words;
};

class Metaspace final : public PreTokenizer {
public:
    Metaspace(std::string replacement, PrependScheme scheme, bool split)
        : m_replacement(std::move(replacement)), m_scheme(scheme), m_split(split) {}
    Status apply(Piece piece, Pieces& out) const override {
        std::string text;
        for (const char byte : piece.text)
            if (byte == ' ') text += m_replacement;
            else text += byte;
        const bool prepend = m_scheme == PrependScheme::Always || (m_scheme == PrependScheme::First && piece.isAtStart);
        if (prepend && !text.starts_with(m_replacement)) text.insert(0, m_replacement);
        piece.text = std::move(text);
        if (!m_split) {
            out.push_back(std::move(piece));
            return {};
        }
        std::size_t at = 0;
        const char32_t mark = nextCharacter(m_replacement, at);
        cut(piece, spansOf(piece.text, [&](char32_t c) { return c == mark; }), Behavior::MergedWithNext, out);
        return {};
    }

private:
    std::string m_replacement;
    PrependScheme m_scheme;
    bool m_split;
};

class Split final : public PreTokenizer {
public:
    Split(Pattern pattern, Behavior behavior, bool invert) : m_pattern(std::move(pattern)), m_behavior(behavior), m_invert(invert) {}
    Status apply(Piece piece, Pieces& out) const override {
        TRIMTAB_TRY(auto spans, m_pattern.find(piece.text));
        if (m_invert)
            for (Span& span : spans) span.isMatch = !span.isMatch;
        cut(piece, spans, m_behavior, out);
        return {};
    }

private:
    Pattern m_pattern;
    Behavior m_behavior;
    bool m_invert;
};

Result<PreTokenizerPtr> readChain(const Section& section) {
    TRIMTAB_TRY(const Json* members, section.list("pretokenizers"));
    std::vector<PreTokenizerPtr> steps;
    for (std::size_t i = 0; i < members->size(); ++i) {
        TRIMTAB_TRY(auto step, readPreTokenizer((*members)[i], section.under("pretokenizers") + "[" + std::to_string(i) + "]"));
        if (step) steps.push_back(std::move(step));
    }
    return std::make_unique<Chain>(std::move(steps));
}

Result<PreTokenizerPtr> readByteLevel(const Section& section) {
    TRIMTAB_TRY(const bool addPrefixSpace, section.flag("add_prefix_space", true));
    TRIMTAB_TRY(const bool useRegex, section.flag("use_regex", true));
    std::optional<Pattern> words;
    if (useRegex) {
        TRIMTAB_TRY(words, Pattern::regex(kGpt2Words, section.field()));
    }
    return std::make_unique<ByteLevel>(addPrefixSpace, std::move(words));
}

}  // namespace

Result<PrependScheme> readPrependScheme(const Section& section) {
    TRIMTAB_TRY(const bool addPrefixSpace, section.flag("add_prefix_space", true));
    TRIMTAB_TRY(const std::string word, section.text("prepend_scheme", addPrefixSpace ? "always" : "never"));
    if (word == "first") return PrependScheme::First;
    if (word == "always") return PrependScheme::Always;
    if (word == "never") return PrependScheme::Never;
    return fail(ErrorCode::Unsupported, section.under("prepend_scheme") + " must be first, always or never");
}

Result<PreTokenizerPtr> readPreTokenizer(const Json& json, const std::string& field) {
    if (json.is_null()) return PreTokenizerPtr();
    const Section section(json, field);
    TRIMTAB_TRY(const std::string type, section.type());
    if (type == "Sequence") return readChain(section);
    if (type == "ByteLevel") return readByteLevel(section);
    if (type == "Metaspace") {
        TRIMTAB_TRY(std::string replacement, section.character("replacement", std::string(kLowerBar)));
        TRIMTAB_TRY(const PrependScheme scheme, readPrependScheme(section));
        TRIMTAB_TRY(const bool split, section.flag("split", true));
        return std::make_unique<Metaspace>(std::move(replacement), scheme, split);
    }
    if (type == "Split") {
        TRIMTAB_TRY(Pattern pattern, Pattern::read(json, "pattern", field));
        TRIMTAB_TRY(const std::string word, section.text("behavior"));
        TRIMTAB_TRY(const Behavior behavior, behaviorNamed(word, field));
        TRIMTAB_TRY(const bool invert, section.flag("invert", false));
        return std::make_unique<Split>(std::move(pattern), behavior, invert);
    }
    TRIMTAB_TRY(auto byClass, readClassPreTokenizer(section, type));
    if (!byClass) return section.unknown(type);
    return byClass;
}

}  // namespace trimtab::dataset::tokenizers
