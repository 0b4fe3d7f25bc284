#include "core/dataset/tokenizers/normalizer.h"

#include <vector>

#include "core/dataset/tokenizers/byte_alphabet.h"

namespace trimtab::dataset::tokenizers {
namespace {

class Chain final : public Normalizer {
public:
    explicit Chain(std::vector<NormalizerPtr> steps) : m_steps(std::move(steps)) {}
    Status apply(Piece& piece) const override {
        for (const auto& step : m_steps) TRIMTAB_REQUIRE(step->apply(piece));
        return {};
    }

private:
    std::vector<NormalizerPtr> m_steps;
};

class Prepend final : public Normalizer {
public:
    explicit Prepend(std::string text) : m_text(std::move(text)) {}
    Status apply(Piece& piece) const override {
        if (!piece.text.empty()) piece.text.insert(0, m_text);
        return {};
    }

private:
    std::string m_text;
};

class Append final : public Normalizer {
public:
    explicit Append(std::string text) : m_text(std::move(text)) {}
    Status apply(Piece& piece) const override {
        if (!piece.text.empty()) piece.text += m_text;
        return {};
    }

private:
    std::string m_text;
};

class Replace final : public Normalizer {
public:
    Replace(Pattern pattern, std::string content) : m_pattern(std::move(pattern)), m_content(std::move(content)) {}
    Status apply(Piece& piece) const override {
        TRIMTAB_TRY(const auto spans, m_pattern.find(piece.text));
        std::string result;
        for (const Span& span : spans) {
            if (!span.isMatch) result += std::string_view(piece.text).substr(span.begin, span.end - span.begin);
            else result += m_content;
            if (result.size() > kMostBytes) return fail(ErrorCode::Refused, "normalizer: replacements make the text longer than 1 GiB");
        }
        if (m_content.empty() && !spans.empty() && spans[0].isMatch && spans[0].end > 0) piece.isAtStart = false;
        piece.text = std::move(result);
        return {};
    }

private:
    static constexpr std::size_t kMostBytes = std::size_t{1} << 30;
    Pattern m_pattern;
    std::string m_content;
};

class Strip final : public Normalizer {
public:
    Strip(bool left, bool right) : m_left(left), m_right(right) {}
    Status apply(Piece& piece) const override {
        const std::string_view text = piece.text;
        std::size_t begin = 0, end = text.size();
        for (std::size_t next = 0; m_left && begin < end; begin = next)
            if (!isWhitespace(nextCharacter(text, next))) break;
        while (m_right && end > begin) {
            const std::size_t last = lastCharacter(text.substr(0, end));
            std::size_t at = last;
            if (!isWhitespace(nextCharacter(text, at))) break;
            end = last;
        }
        if (begin > 0) piece.isAtStart = false;
        piece.text = piece.text.substr(begin, end - begin);
        return {};
    }

private:
    bool m_left;
    bool m_right;
};

class ByteLevelNormalizer final : public Normalizer {
public:
    Status apply(Piece& piece) const override {
        piece.text = toByteAlphabet(piece.text);
        return {};
    }
};

Result<NormalizerPtr> readChain(const Section& section) {
    TRIMTAB_TRY(const Json* members, section.list("normalizers"));
    std::vector<NormalizerPtr> steps;
    for (std::size_t i = 0; i < members->size(); ++i) {
        TRIMTAB_TRY(auto step, readNormalizer((*members)[i], section.under("normalizers") + "[" + std::to_string(i) + "]"));
        if (step) steps.push_back(std::move(step));
    }
    return std::make_unique<Chain>(std::move(steps));
}

}  // namespace

Result<NormalizerPtr> readNormalizer(const Json& json, const std::string& field) {
    if (json.is_null()) return NormalizerPtr();
    const Section section(json, field);
    TRIMTAB_TRY(const std::string type, section.type());
    if (type == "Sequence") return readChain(section);
    if (type == "BertNormalizer") return readBertNormalizer(section);
    if (type == "Precompiled") return readPrecompiled(section);
    if (type == "ByteLevel") return std::make_unique<ByteLevelNormalizer>();
    if (type == "Prepend") {
        TRIMTAB_TRY(std::string text, section.text("prepend"));
        return std::make_unique<Prepend>(std::move(text));
    }
    if (type == "Append") {
        TRIMTAB_TRY(std::string text, section.text("append"));
        return std::make_unique<Append>(std::move(text));
    }
    if (type == "Replace") {
        TRIMTAB_TRY(Pattern pattern, Pattern::read(json, "pattern", field));
        TRIMTAB_TRY(std::string content, section.text("content"));
        return std::make_unique<Replace>(std::move(pattern), std::move(content));
    }
    if (type == "Strip") {
        TRIMTAB_TRY(const bool left, section.flag("strip_left", true));
        TRIMTAB_TRY(const bool right, section.flag("strip_right", true));
        return std::make_unique<Strip>(left, right);
    }
    TRIMTAB_TRY(auto simple, readCharacterNormalizer(type));
    if (!simple) return section.unknown(type);
    return simple;
}

}  // namespace trimtab::dataset::tokenizers
