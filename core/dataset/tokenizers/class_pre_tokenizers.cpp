// Pre-tokenizers that cut by what kind of character stands where: spaces, punctuation, digits, words; and by length.
#include <functional>

#include "core/dataset/tokenizers/pre_tokenizer.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

bool isPunctuationOrSymbol(char32_t c) {
    if (c < 0x80) return (c >= 0x21 && c <= 0x2f) || (c >= 0x3a && c <= 0x40) || (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
    return isPunctuation(c);
}

// Cuts around characters of one class.
class ByClass final : public PreTokenizer {
public:
    ByClass(std::function<bool(char32_t)> holds, Behavior behavior) : m_holds(std::move(holds)), m_behavior(behavior) {}
    Status apply(Piece piece, Pieces& out) const override {
        cut(piece, spansOf(piece.text, m_holds), m_behavior, out);
        return {};
    }

private:
    std::function<bool(char32_t)> m_holds;
    Behavior m_behavior;
};

// Runs of word characters and runs of what is neither word nor space; spaces go.
class Words final : public PreTokenizer {
public:
    Status apply(Piece piece, Pieces& out) const override {
        enum class Kind { Space, Word, Other };
        const auto kindOf = [](char32_t c) { return isWord(c) ? Kind::Word : isWhitespace(c) ? Kind::Space : Kind::Other; };
        std::vector<Span> spans;
        Kind last = Kind::Space;
        for (std::size_t at = 0; at < piece.text.size();) {
            const std::size_t begin = at;
            const Kind kind = kindOf(nextCharacter(piece.text, at));
            if (!spans.empty() && kind == last) spans.back().end = at;
            else spans.push_back({begin, at, kind == Kind::Space});
            last = kind;
        }
        cut(piece, spans, Behavior::Removed, out);
        return {};
    }
};

class Bert final : public PreTokenizer {
public:
    Status apply(Piece piece, Pieces& out) const override {
        Pieces words;
        cut(piece, spansOf(piece.text, isWhitespace), Behavior::Removed, words);
        for (const Piece& word : words) cut(word, spansOf(word.text, isPunctuationOrSymbol), Behavior::Isolated, out);
        return {};
    }
};

class FixedLength final : public PreTokenizer {
public:
    explicit FixedLength(std::size_t length) : m_length(length) {}
    Status apply(Piece piece, Pieces& out) const override {
        std::vector<Span> spans;
        std::size_t begin = 0, count = 0;
        for (std::size_t at = 0; at < piece.text.size();) {
            nextCharacter(piece.text, at);
            if (++count < m_length && at < piece.text.size()) continue;
            spans.push_back({begin, at, false});
            begin = at;
            count = 0;
        }
        cut(piece, spans, Behavior::Isolated, out);
        return {};
    }

private:
    std::size_t m_length;
};

}  // namespace

Result<PreTokenizerPtr> readClassPreTokenizer(const Section& section, const std::string& type) {
    if (type == "Whitespace") return std::make_unique<Words>();
    if (type == "WhitespaceSplit") return std::make_unique<ByClass>(isWhitespace, Behavior::Removed);
    if (type == "BertPreTokenizer") return std::make_unique<Bert>();
    if (type == "Punctuation") {
        TRIMTAB_TRY(const std::string word, section.text("behavior", "Isolated"));
        TRIMTAB_TRY(const Behavior behavior, behaviorNamed(word, section.field()));
        return std::make_unique<ByClass>(isPunctuationOrSymbol, behavior);
    }
    if (type == "Digits") {
        TRIMTAB_TRY(const bool apart, section.flag("individual_digits", false));
        return std::make_unique<ByClass>(isNumeric, apart ? Behavior::Isolated : Behavior::Contiguous);
    }
    if (type == "CharDelimiterSplit") {
        TRIMTAB_TRY(const std::string delimiter, section.character("delimiter", ""));
        std::size_t at = 0;
        return std::make_unique<ByClass>([mark = nextCharacter(delimiter, at)](char32_t c) { return c == mark; }, Behavior::Removed);
    }
    if (type == "FixedLength") {
        TRIMTAB_TRY(const std::int64_t length, section.whole("length", 5));
        if (length < 1) return fail(ErrorCode::Refused, section.under("length") + " must be at least 1");
        return std::make_unique<FixedLength>(static_cast<std::size_t>(length));
    }
    return PreTokenizerPtr();
}

}  // namespace trimtab::dataset::tokenizers
