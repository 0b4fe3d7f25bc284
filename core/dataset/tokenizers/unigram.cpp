// Unigram as tokenizer.json describes it: the list's index is the id. Neighbouring unknown characters are one unknown part, which becomes
// the tokens of its bytes where the file asks for that and has them all.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/dataset/tokenizers/lattice.h"
#include "core/dataset/tokenizers/model.h"

namespace trimtab::dataset::tokenizers {
namespace {

constexpr double kUnknownPenalty = 10;  // below the least score

class Unigram final : public Model {
public:
    Unigram(Vocabulary vocabulary, std::vector<double> scores, std::int32_t unknown, bool byteFallback)
        : Model(std::move(vocabulary)),
          m_scores(std::move(scores)),
          m_unknown(unknown),
          m_byteFallback(byteFallback),
          m_bytes(byteTokens(this->vocabulary())) {
        std::vector<std::pair<std::string_view, std::int32_t>> pieces;
        for (const std::string_view token : this->vocabulary().tokens()) pieces.emplace_back(token, *this->vocabulary().idOf(token));
        m_pieces = ByteTrie(std::move(pieces));
        m_price = (m_scores.empty() ? 0 : *std::min_element(m_scores.begin(), m_scores.end())) - kUnknownPenalty;
    }

    Status encode(std::string_view word, Ids& ids) const override {
        const auto segments = bestCut<double>(word, m_pieces, m_scores, m_price);
        for (std::size_t i = 0; i < segments.size();) {
            if (!isUnknown(segments[i])) {
                ids.push_back(segments[i++].id);
                continue;
            }
            const std::size_t begin = segments[i].begin;
            while (i < segments.size() && isUnknown(segments[i])) ++i;
            TRIMTAB_REQUIRE(unknown(word.substr(begin, segments[i - 1].end - begin), ids));
        }
        return {};
    }

private:
    bool isUnknown(const Segment& segment) const { return segment.id < 0 || segment.id == m_unknown; }

    Status unknown(std::string_view part, Ids& ids) const {
        if (const auto id = vocabulary().idOf(part)) {
            ids.push_back(*id);
            return {};
        }
        const auto hasToken = [this](char byte) { return m_bytes[static_cast<unsigned char>(byte)] >= 0; };
        if (m_byteFallback && std::all_of(part.begin(), part.end(), hasToken)) {
            for (const char byte : part) ids.push_back(m_bytes[static_cast<unsigned char>(byte)]);
            return {};
        }
        if (m_unknown < 0) return fail(ErrorCode::Refused, "The text holds a character that no token stands for, and model.unk_id is null");
        ids.push_back(m_unknown);
        return {};
    }

    std::vector<double> m_scores;
    std::int32_t m_unknown;
    bool m_byteFallback;
    std::vector<std::int32_t> m_bytes;
    ByteTrie m_pieces;
    double m_price = 0;
};

}  // namespace

Result<ModelPtr> readUnigram(const Section& section) {
    TRIMTAB_TRY(const Json* list, section.list("vocab"));
    Vocabulary vocabulary;
    std::vector<double> scores;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Json& entry = (*list)[i];
        const std::string at = fmt::format("{}[{}]", section.under("vocab"), i);
        if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
            return fail(ErrorCode::Refused, at + " must be a token and its score");
        const auto& token = entry[0].get_ref<const std::string&>();
        if (token.size() > kMostTokenBytes) return fail(ErrorCode::Refused, fmt::format("{} is longer than {} bytes", at, kMostTokenBytes));
        scores.push_back(entry[1].get<double>());
        if (!std::isfinite(scores.back())) return fail(ErrorCode::Refused, at + " has a score that is no number");
        TRIMTAB_REQUIRE(vocabulary.add(token, static_cast<std::int64_t>(i), section.under("vocab")));
    }
    TRIMTAB_TRY(const std::int64_t unknown, section.whole("unk_id", -1));
    if (unknown < -1 || unknown >= static_cast<std::int64_t>(list->size()))
        return fail(ErrorCode::Refused, section.under("unk_id") + " is no id of model.vocab");
    TRIMTAB_TRY(const bool byteFallback, section.flag("byte_fallback", false));
    return std::make_unique<Unigram>(std::move(vocabulary), std::move(scores), static_cast<std::int32_t>(unknown), byteFallback);
}

}  // namespace trimtab::dataset::tokenizers
