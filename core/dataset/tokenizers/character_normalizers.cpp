// Normalizers that go from character to character: the four normal forms, lower case, marks, and the list of SentencePiece's "nmt" rule.
#include "core/dataset/tokenizers/normalizer.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

class NormalForm final : public Normalizer {
public:
    explicit NormalForm(Form form) : m_form(form) {}
    Status apply(Piece& piece) const override {
        piece.text = normalized(piece.text, m_form);
        return {};
    }

private:
    Form m_form;
};

class Lowercase final : public Normalizer {
public:
    Status apply(Piece& piece) const override {
        piece.text = lowercased(piece.text);
        return {};
    }
};

constexpr char32_t kDropped = 0xffffffff;

// Keeps, changes or drops each character.
template <char32_t Change(char32_t)>
class Filter final : public Normalizer {
public:
    Status apply(Piece& piece) const override {
        std::string kept;
        kept.reserve(piece.text.size());
        for (std::size_t at = 0; at < piece.text.size();) {
            const bool isFirst = at == 0;
            const char32_t changed = Change(nextCharacter(piece.text, at));
            if (changed != kDropped) append(kept, changed);
            else if (isFirst) piece.isAtStart = false;
        }
        piece.text = std::move(kept);
        return {};
    }
};

char32_t withoutMark(char32_t c) { return isMark(c) ? kDropped : c; }

// Controls go, every kind of space becomes one.
char32_t machineTranslation(char32_t c) {
    if ((c >= 0x1 && c <= 0x8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f || c == 0x8f || c == 0x9f) return kDropped;
    const bool isSpace = c == 0x9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 || (c >= 0x200b && c <= 0x200f) || c == 0x2028 ||
                         c == 0x2029 || c == 0x2581 || c == 0xfeff || c == 0xfffd;
    return isSpace ? U' ' : c;
}

bool isIdeograph(char32_t c) {
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2a6df) ||
           (c >= 0x2a700 && c <= 0x2b73f) || (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

class Bert final : public Normalizer {
public:
    Bert(bool clean, bool chinese, bool strip, bool lower) : m_clean(clean), m_chinese(chinese), m_strip(strip), m_lower(lower) {}

    Status apply(Piece& piece) const override {
        std::string text;
        for (std::size_t at = 0; at < piece.text.size();) {
            const bool isFirst = at == 0;
            char32_t c = nextCharacter(piece.text, at);
            if (m_clean) {
                const bool isControl = isOther(c) && c != '\t' && c != '\n' && c != '\r';
                if (c == 0xfffd || isControl) {
                    if (isFirst) piece.isAtStart = false;
                    continue;
                }
                if (isWhitespace(c)) c = ' ';
            }
            const bool apart = m_chinese && isIdeograph(c);
            if (apart) text += ' ';
            append(text, c);
            if (apart) text += ' ';
        }
        if (m_strip) text = stripped(normalized(text, Form::D));
        piece.text = m_lower ? lowercased(text) : std::move(text);
        return {};
    }

private:
    static std::string stripped(std::string_view text) {
        std::string kept;
        for (std::size_t at = 0; at < text.size();) {
            const char32_t c = nextCharacter(text, at);
            if (!isNonspacingMark(c)) append(kept, c);
        }
        return kept;
    }
    bool m_clean, m_chinese, m_strip, m_lower;
};

}  // namespace

Result<NormalizerPtr> readCharacterNormalizer(const std::string& type) {
    if (type == "NFC") return std::make_unique<NormalForm>(Form::C);
    if (type == "NFD") return std::make_unique<NormalForm>(Form::D);
    if (type == "NFKC") return std::make_unique<NormalForm>(Form::Kc);
    if (type == "NFKD") return std::make_unique<NormalForm>(Form::Kd);
    if (type == "Lowercase") return std::make_unique<Lowercase>();
    if (type == "StripAccents") return std::make_unique<Filter<withoutMark>>();
    if (type == "Nmt") return std::make_unique<Filter<machineTranslation>>();
    return NormalizerPtr();
}

Result<NormalizerPtr> readBertNormalizer(const Section& section) {
    TRIMTAB_TRY(const bool clean, section.flag("clean_text", true));
    TRIMTAB_TRY(const bool chinese, section.flag("handle_chinese_chars", true));
    TRIMTAB_TRY(const bool lower, section.flag("lowercase", true));
    TRIMTAB_TRY(const bool strip, section.flag("strip_accents", lower));
    return std::make_unique<Bert>(clean, chinese, strip, lower);
}

}  // namespace trimtab::dataset::tokenizers
