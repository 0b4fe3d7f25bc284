#include "core/dataset/tokenizers/tokenizer.h"

#include <algorithm>

#include "core/dataset/tokenizers/parts.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

constexpr std::size_t kMostTextBytes = std::size_t{1} << 30;

// One step over all pieces that are still text.
template <class Step>
Status eachText(Pieces& pieces, Step step) {
    Pieces next;
    for (Piece& piece : pieces) {
        if (piece.id >= 0) next.push_back(std::move(piece));
        else TRIMTAB_REQUIRE(step(std::move(piece), next));
    }
    pieces = std::move(next);
    return {};
}

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<const Parts> parts) : m_parts(std::move(parts)) {}

Result<std::vector<std::int32_t>> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
    if (text.size() > kMostTextBytes) return fail(ErrorCode::Refused, "The text is longer than 1 GiB");
    const Parts& parts = *m_parts;
    Pieces pieces;
    parts.added.cut({repaired(text), true}, false, pieces);
    const auto normalize = [&](Piece piece, Pieces& out) -> Status {
        if (parts.normalizer) TRIMTAB_REQUIRE(parts.normalizer->apply(piece));
        parts.added.cut(piece, true, out);
        return {};
    };
    const auto preTokenize = [&](Piece piece, Pieces& out) { return parts.preTokenizer->apply(std::move(piece), out); };
    TRIMTAB_REQUIRE(eachText(pieces, normalize));
    if (parts.preTokenizer) TRIMTAB_REQUIRE(eachText(pieces, preTokenize));
    Ids ids;
    for (const Piece& piece : pieces) {
        if (piece.id >= 0) ids.push_back(piece.id);
        else TRIMTAB_REQUIRE(parts.model->encode(piece.text, ids));
    }
    return options.addSpecialTokens ? parts.postProcessor.apply(std::move(ids)) : ids;
}

std::string Tokenizer::decodeBytes(const std::vector<std::int32_t>& ids, bool skipSpecial, bool repair) const {
    std::vector<std::string> tokens;
    for (const std::int32_t id : ids) {
        if (skipSpecial && isSpecial(id)) continue;
        const std::string* token = m_parts->added.decodedById(id);
        if (!token) token = m_parts->model->vocabulary().tokenOf(id);
        if (token) tokens.push_back(*token);
    }
    m_parts->decoder->apply(tokens, repair ? Bytes::Repaired : Bytes::Kept);
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
}

std::string Tokenizer::decode(const std::vector<std::int32_t>& ids, DecodeOptions options) const {
    return repaired(decodeBytes(ids, options.skipSpecialTokens, true));
}

std::int32_t Tokenizer::vocabularySize() const {
    std::int32_t end = m_parts->model->vocabulary().end();
    for (const AddedToken& token : m_parts->added.all()) end = std::max(end, token.id + 1);
    return end;
}

std::optional<std::int32_t> Tokenizer::idOf(std::string_view token) const {
    for (const AddedToken& added : m_parts->added.all())
        if (added.content == token) return added.id;
    return m_parts->model->vocabulary().idOf(token);
}

std::optional<std::string> Tokenizer::tokenOf(std::int32_t id) const {
    if (const AddedToken* added = m_parts->added.byId(id)) return added->content;
    const std::string* token = m_parts->model->vocabulary().tokenOf(id);
    return token ? std::optional(*token) : std::nullopt;
}

bool Tokenizer::isSpecial(std::int32_t id) const {
    const AddedToken* added = m_parts->added.byId(id);
    return added && added->isSpecial;
}

std::vector<SpecialToken> Tokenizer::specialTokens() const {
    std::vector<SpecialToken> list;
    for (const AddedToken& token : m_parts->added.all())
        if (token.isSpecial) list.push_back({token.id, token.content});
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return list;
}

// The next token's bytes are what it adds to the text of those before it. Two of them are enough: one that shows that the text has begun,
// and the last.
std::string StreamDecoder::put(std::int32_t id) {
    const bool skip = m_options.skipSpecialTokens;
    if (!m_tokenizer.tokenOf(id) || (skip && m_tokenizer.isSpecial(id))) return {};
    const std::string before = m_before.empty() ? "" : m_tokenizer.decodeBytes(m_before, skip, false);
    m_before.push_back(id);
    const std::string both = m_tokenizer.decodeBytes(m_before, skip, false);
    m_held += both.substr(std::min(before.size(), both.size()));
    if (m_before.size() > 2) m_before.erase(m_before.begin() + (m_tokenizer.decodeBytes({m_before[0]}, skip, false).empty() ? 0 : 1));
    const std::size_t whole = m_held.size() - unfinishedTail(m_held);
    std::string text = repaired(std::string_view(m_held).substr(0, whole));
    m_held.erase(0, whole);
    return text;
}

std::string StreamDecoder::finish() {
    std::string text = repaired(m_held);
    m_held.clear();
    m_before.clear();
    return text;
}

}  // namespace trimtab::dataset::tokenizers
