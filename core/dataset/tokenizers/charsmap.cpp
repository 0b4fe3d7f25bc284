#include "core/dataset/tokenizers/charsmap.h"

#include <fmt/format.h>

#include "core/dataset/tokenizers/normalizer.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

constexpr std::size_t kMostReplacementBytes = 4096;

std::uint32_t unitAt(std::string_view bytes, std::size_t at) {
    std::uint32_t unit = 0;
    for (std::size_t i = 4; i-- > 0;) unit = (unit << 8) | static_cast<unsigned char>(bytes[at + i]);
    return unit;
}
// A unit's fields: label with the mark of a leaf, the mark that a leaf hangs below, the distance to the children.
std::uint32_t labelOf(std::uint32_t unit) { return unit & ((1U << 31) | 0xffU); }
bool hasLeaf(std::uint32_t unit) { return ((unit >> 8) & 1U) != 0; }
std::uint32_t offsetOf(std::uint32_t unit) { return (unit >> 10) << ((unit & (1U << 9)) >> 6); }
std::uint32_t valueOf(std::uint32_t unit) { return unit & ((1U << 31) - 1); }

// The reference looks a grapheme up as a whole if it is short, by its shortest prefix in the trie, else each character alone.
class Precompiled final : public Normalizer {
public:
    explicit Precompiled(Charsmap map) : m_map(std::move(map)) {}

    Status apply(Piece& piece) const override {
        const std::string_view text = piece.text;
        std::string result;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = firstGrapheme(text.substr(at));
            const std::string_view grapheme = text.substr(at, length);
            const auto whole = length < 6 ? m_map.shortest(grapheme) : std::nullopt;
            if (whole) {
                if (at == 0 && whole->by.empty()) piece.isAtStart = false;
                result += whole->by;
            } else {
                eachCharacter(grapheme, result, at == 0, piece);
            }
            at += length;
            if (result.size() > (std::size_t{1} << 30))
                return fail(ErrorCode::Refused, "normalizer: replacements make the text longer than 1 GiB");
        }
        piece.text = std::move(result);
        return {};
    }

private:
    void eachCharacter(std::string_view grapheme, std::string& result, bool isFirst, Piece& piece) const {
        for (std::size_t at = 0; at < grapheme.size();) {
            const std::string_view character = grapheme.substr(at, lengthOf(grapheme[at]));
            const auto found = m_map.shortest(character);
            if (found && found->by.empty() && isFirst && at == 0) piece.isAtStart = false;
            result += found ? found->by : character;
            at += character.size();
        }
    }
    Charsmap m_map;
};

}  // namespace

Result<Charsmap> Charsmap::parse(std::string_view blob, std::string_view field) {
    Charsmap map;
    if (blob.empty()) return map;
    const auto broken = [&](std::string_view why) { return fail(ErrorCode::Refused, fmt::format("{} {}", field, why)); };
    if (blob.size() < 4) return broken("is cut off");
    const std::size_t size = unitAt(blob, 0);
    if (size > blob.size() - 4 || size % 4 != 0 || size == 0) return broken("declares a trie that is not there");
    for (std::size_t at = 4; at < 4 + size; at += 4) map.m_units.push_back(unitAt(blob, at));
    map.m_texts = blob.substr(4 + size);
    if (repaired(map.m_texts) != map.m_texts) return broken("holds replacements that are no UTF-8");
    std::size_t start = 0;
    for (std::size_t end = map.m_texts.find('\0'); end != std::string::npos; start = end + 1, end = map.m_texts.find('\0', start))
        if (end - start > kMostReplacementBytes)
            return broken(fmt::format("holds a replacement longer than {} bytes", kMostReplacementBytes));
    if (start != map.m_texts.size()) return broken("does not end its last replacement");
    return map;
}

std::optional<Replacement> Charsmap::find(std::string_view text, bool longest) const {
    if (m_units.empty()) return std::nullopt;
    std::optional<Replacement> found;
    std::size_t node = offsetOf(m_units[0]);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        node ^= byte;
        if (byte == 0 || node >= m_units.size() || labelOf(m_units[node]) != byte) break;
        const bool isWord = hasLeaf(m_units[node]);
        node ^= offsetOf(m_units[node]);
        if (!isWord || node >= m_units.size()) continue;
        const std::size_t start = valueOf(m_units[node]);
        if (start >= m_texts.size() || (start > 0 && (static_cast<unsigned char>(m_texts[start]) & 0xc0) == 0x80)) continue;
        found = Replacement{i + 1, std::string_view(m_texts).substr(start, m_texts.find('\0', start) - start)};
        if (!longest) break;
    }
    return found;
}

std::optional<std::string> fromBase64(std::string_view text) {
    static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char letter : text) {
        const std::size_t value = kLetters.find(letter);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        if ((count += 6) >= 8) bytes.push_back(static_cast<char>(bits >> (count -= 8)));
    }
    return bytes;
}

Result<NormalizerPtr> readPrecompiled(const Section& section) {
    TRIMTAB_TRY(const std::string text, section.text("precompiled_charsmap", ""));
    const auto blob = fromBase64(text);
    if (!blob) return fail(ErrorCode::Refused, section.under("precompiled_charsmap") + " is not Base64");
    TRIMTAB_TRY(Charsmap map, Charsmap::parse(*blob, section.under("precompiled_charsmap")));
    return std::make_unique<Precompiled>(std::move(map));
}

}  // namespace trimtab::dataset::tokenizers
