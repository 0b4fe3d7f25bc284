// SentencePiece's two models. Byte pairs: neighbours merge while the two together are a piece, the highest score first; a piece that is out
// of use is taken apart again. Unigram: the most probable cut. What is no piece is unknown, or the tokens of its bytes.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "core/dataset/tokenizers/lattice.h"
#include "core/dataset/tokenizers/merge_queue.h"
#include "core/dataset/tokenizers/sentencepiece_models.h"
#include "core/dataset/tokenizers/sentencepiece_text.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

bool isSearched(PieceKind kind) { return kind == PieceKind::Normal || kind == PieceKind::UserDefined || kind == PieceKind::Unused; }

// What both have: turning parts into ids.
class PieceModel : public Model {
public:
    PieceModel(Vocabulary vocabulary, const SentencePieceFile& file)
        : Model(std::move(vocabulary)), m_byteFallback(file.byteFallback), m_bytes(byteTokens(this->vocabulary())) {
        for (const SentencePiece& piece : file.pieces) m_kinds.push_back(piece.kind);
        const auto unknown = std::find(m_kinds.begin(), m_kinds.end(), PieceKind::Unknown);
        if (unknown != m_kinds.end()) m_unknown = static_cast<std::int32_t>(unknown - m_kinds.begin());
    }

protected:
    PieceKind kindOf(std::int32_t id) const { return m_kinds[static_cast<std::size_t>(id)]; }
    /// The id of a part that may be a piece of a text; -1: none.
    std::int32_t pieceOf(std::string_view part) const {
        const auto id = vocabulary().idOf(part);
        return id && isSearched(kindOf(*id)) ? *id : -1;
    }
    /// Appends one part; neighbouring unknown ones are one.
    Status put(std::string_view part, std::int32_t id, bool& afterUnknown, Ids& ids) const {
        const bool isUnknown = id < 0;
        if (!isUnknown) ids.push_back(id);
        else if (m_byteFallback)
            for (const char byte : part) ids.push_back(m_bytes[static_cast<unsigned char>(byte)]);
        else if (m_unknown < 0)
            return fail(ErrorCode::Refused, "The text holds a character that no piece stands for, and the model has no unknown piece");
        else if (!afterUnknown) ids.push_back(m_unknown);
        afterUnknown = isUnknown;
        return {};
    }

private:
    bool m_byteFallback;
    std::vector<std::int32_t> m_bytes;
    std::vector<PieceKind> m_kinds;
    std::int32_t m_unknown = -1;
};

class ScoredPairs final : public PieceModel {
public:
    ScoredPairs(Vocabulary vocabulary, const SentencePieceFile& file) : PieceModel(std::move(vocabulary), file), m_user(userPieces(file)) {
        for (const SentencePiece& piece : file.pieces) {
            m_scores.push_back(piece.score);
            m_longest = std::max(m_longest, piece.text.size());
        }
    }

    Status encode(std::string_view word, Ids& ids) const override {
        std::vector<Symbol> symbols = start(word);
        if (symbols.empty()) return {};
        std::unordered_map<std::string_view, std::size_t> cuts;  // of pieces out of use: the length of their left part
        mergeAll<float>(
            symbols,
            [&](const Symbol& left, const Symbol& right, Candidate<float>& candidate) {
                if (left.id >= 0 || right.id >= 0 || candidate.length > m_longest) return false;
                const std::string_view both = word.substr(left.begin, candidate.length);
                const std::int32_t id = pieceOf(both);
                if (id < 0) return false;
                candidate.priority = -m_scores[static_cast<std::size_t>(id)];
                if (kindOf(id) == PieceKind::Unused) cuts[both] = left.length;
                return true;
            },
            false);
        bool afterUnknown = false;
        for (std::int32_t i = 0; i >= 0; i = symbols[static_cast<std::size_t>(i)].after) {
            const Symbol& symbol = symbols[static_cast<std::size_t>(i)];
            TRIMTAB_REQUIRE(resolve(word.substr(symbol.begin, symbol.length), cuts, afterUnknown, ids));
        }
        return {};
    }

private:
    // Characters; and whole user-defined pieces, which never merge: those alone have an id.
    std::vector<Symbol> start(std::string_view word) const {
        std::vector<Symbol> symbols;
        for (std::size_t at = 0; at < word.size();) {
            const auto [user, id] = m_user.longest(word.substr(at));
            const std::size_t length = user > 0 ? user : lengthOf(word[at]);
            const auto index = static_cast<std::int32_t>(symbols.size());
            symbols.push_back({id, index - 1, index + 1, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length)});
            at += length;
        }
        if (!symbols.empty()) symbols.back().after = -1;
        return symbols;
    }

    Status resolve(std::string_view part, const std::unordered_map<std::string_view, std::size_t>& cuts, bool& afterUnknown,
                   Ids& ids) const {
        std::vector<std::string_view> waiting{part};
        while (!waiting.empty()) {
            const std::string_view top = waiting.back();
            waiting.pop_back();
            const std::int32_t id = pieceOf(top);
            const auto found = id >= 0 && kindOf(id) == PieceKind::Unused ? cuts.find(top) : cuts.end();
            if (found == cuts.end()) {
                TRIMTAB_REQUIRE(put(top, id, afterUnknown, ids));
                continue;
            }
            waiting.push_back(top.substr(found->second));
            waiting.push_back(top.substr(0, found->second));
        }
        return {};
    }

    ByteTrie m_user;
    std::vector<float> m_scores;
    std::size_t m_longest = 0;
};

class ScoredCut final : public PieceModel {
public:
    ScoredCut(Vocabulary vocabulary, const SentencePieceFile& file) : PieceModel(std::move(vocabulary), file) {
        // SentencePiece looks for the highest score from the least positive number on, so that this is what it finds among negative ones.
        float least = std::numeric_limits<float>::max(), most = std::numeric_limits<float>::min();
        for (const SentencePiece& piece : file.pieces) {
            if (piece.kind != PieceKind::Normal) continue;
            least = std::min(least, piece.score);
            most = std::max(most, piece.score);
        }
        std::vector<std::pair<std::string_view, std::int32_t>> keys;
        for (std::size_t i = 0; i < file.pieces.size(); ++i) {
            const SentencePiece& piece = file.pieces[i];
            // A user-defined piece costs less than any cut of it.
            m_scores.push_back(piece.kind == PieceKind::UserDefined
                                   ? static_cast<double>(static_cast<float>(piece.text.size()) * most) - 0.1
                                   : static_cast<double>(piece.score));
            if (piece.kind == PieceKind::Normal || piece.kind == PieceKind::UserDefined)
                keys.emplace_back(piece.text, static_cast<std::int32_t>(i));
        }
        m_pieces = ByteTrie(std::move(keys));
        m_unknownScore = least - 10.0F;
    }

    Status encode(std::string_view word, Ids& ids) const override {
        bool afterUnknown = false;
        for (const Segment& segment : bestCut<float>(word, m_pieces, m_scores, m_unknownScore))
            TRIMTAB_REQUIRE(put(word.substr(segment.begin, segment.end - segment.begin), segment.id, afterUnknown, ids));
        return {};
    }

private:
    ByteTrie m_pieces;
    std::vector<double> m_scores;
    float m_unknownScore = 0;
};

}  // namespace

Result<ModelPtr> sentencePieceModel(const SentencePieceFile& file) {
    Vocabulary vocabulary;
    for (std::size_t i = 0; i < file.pieces.size(); ++i)
        TRIMTAB_REQUIRE(vocabulary.add(file.pieces[i].text, static_cast<std::int64_t>(i), "pieces"));
    if (file.byteFallback) {
        const auto bytes = byteTokens(vocabulary);
        if (std::find(bytes.begin(), bytes.end(), -1) != bytes.end())
            return fail(ErrorCode::Refused, "trainer_spec.byte_fallback is set, but pieces for some bytes are missing");
    }
    if (file.algorithm == SentencePieceFile::Algorithm::BytePair) return std::make_unique<ScoredPairs>(std::move(vocabulary), file);
    return std::make_unique<ScoredCut>(std::move(vocabulary), file);
}

}  // namespace trimtab::dataset::tokenizers
