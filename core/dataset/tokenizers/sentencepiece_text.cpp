#include "core/dataset/tokenizers/sentencepiece_text.h"

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

class SentencePieceNormalizer final : public Normalizer {
public:
    SentencePieceNormalizer(const SentencePieceFile& file, Charsmap map)
        : m_map(std::move(map)),
          m_user(userPieces(file)),
          m_space(file.escapeWhitespaces ? kLowerBar : " "),
          m_spaceBefore(file.addDummyPrefix && !file.whitespaceAsSuffix),
          m_spaceAfter(file.addDummyPrefix && file.whitespaceAsSuffix),
          m_removeExtra(file.removeExtraWhitespaces) {}

    Status apply(Piece& piece) const override {
        std::string_view text = piece.text;
        while (m_removeExtra && !text.empty()) {
            const Replacement first = prefixOf(text);
            if (first.by != " ") break;
            text.remove_prefix(first.length);
        }
        std::string result;
        if (!text.empty()) {
            if (m_spaceBefore) result += m_space;
            TRIMTAB_REQUIRE(rewrite(text, result));
            while (m_removeExtra && result.ends_with(m_space)) result.resize(result.size() - m_space.size());
            if (m_spaceAfter) result += m_space;
        }
        piece.text = std::move(result);
        return {};
    }

private:
    Replacement prefixOf(std::string_view text) const {
        if (const std::size_t length = m_user.longest(text).first; length > 0) return {length, text.substr(0, length)};
        if (const auto found = m_map.longest(text)) return *found;
        const std::size_t length = lengthOf(text[0]);
        return {length, text.substr(0, length)};
    }

    Status rewrite(std::string_view text, std::string& result) const {
        bool afterSpace = m_removeExtra;
        while (!text.empty()) {
            const Replacement next = prefixOf(text);
            std::string_view part = next.by;
            while (afterSpace && part.starts_with(' ')) part.remove_prefix(1);
            for (const char byte : part)
                if (byte == ' ') result += m_space;
                else result += byte;
            if (!part.empty()) afterSpace = m_removeExtra && part.ends_with(' ');
            text.remove_prefix(next.length);
            if (result.size() > (std::size_t{1} << 30))
                return fail(ErrorCode::Refused, "normalizer_spec: replacements make the text longer than 1 GiB");
        }
        return {};
    }

    Charsmap m_map;
    ByteTrie m_user;
    std::string m_space;
    bool m_spaceBefore, m_spaceAfter, m_removeExtra;
};

class SentencePieceDecoder final : public Decoder {
public:
    explicit SentencePieceDecoder(const SentencePieceFile& file)
        : m_unknownText(file.unknownText),
          m_dropsFirst(file.addDummyPrefix || file.removeExtraWhitespaces),
          m_dropsAll(file.removeExtraWhitespaces) {
        for (const SentencePiece& piece : file.pieces)
            if (piece.kind == PieceKind::Unknown) m_unknown = piece.text;
    }

    void apply(std::vector<std::string>& tokens, Bytes) const override {
        joinByteTokens(tokens, Bytes::Kept);
        bool isStart = m_dropsFirst;
        for (std::string& token : tokens) {
            if (token == m_unknown) {
                token = m_unknownText;
            } else {
                std::string_view rest = token;
                if (isStart && rest.starts_with(kLowerBar)) {
                    rest.remove_prefix(kLowerBar.size());
                    isStart = m_dropsAll;
                }
                token = replaced(rest, kLowerBar, " ");
            }
            if (!token.empty()) isStart = false;
        }
    }

private:
    std::string m_unknown;
    std::string m_unknownText;
    bool m_dropsFirst;
    bool m_dropsAll;
};

}  // namespace

ByteTrie userPieces(const SentencePieceFile& file) {
    std::vector<std::pair<std::string_view, std::int32_t>> keys;
    for (std::size_t i = 0; i < file.pieces.size(); ++i)
        if (file.pieces[i].kind == PieceKind::UserDefined) keys.emplace_back(file.pieces[i].text, static_cast<std::int32_t>(i));
    return ByteTrie(std::move(keys));
}

Result<NormalizerPtr> sentencePieceNormalizer(const SentencePieceFile& file) {
    TRIMTAB_TRY(Charsmap map, Charsmap::parse(file.charsmap, "normalizer_spec.precompiled_charsmap"));
    return std::make_unique<SentencePieceNormalizer>(file, std::move(map));
}

DecoderPtr sentencePieceDecoder(const SentencePieceFile& file) { return std::make_unique<SentencePieceDecoder>(file); }

}  // namespace trimtab::dataset::tokenizers
