#include "core/dataset/tokenizers/piece.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace trimtab::dataset::tokenizers {
namespace {

// Each match joins the part before it, but not another match.
std::vector<Span> joinedWithPrevious(const std::vector<Span>& spans) {
    std::vector<Span> joined;
    bool wasMatch = false;
    for (const Span& span : spans) {
        if (span.isMatch && !wasMatch && !joined.empty()) joined.back().end = span.end;
        else joined.push_back(span);
        wasMatch = span.isMatch;
    }
    return joined;
}

std::vector<Span> joinedWithNext(const std::vector<Span>& spans) {
    std::vector<Span> joined;
    bool wasMatch = false;
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
        if (span->isMatch && !wasMatch && !joined.empty()) joined.back().begin = span->begin;
        else joined.push_back(*span);
        wasMatch = span->isMatch;
    }
    std::reverse(joined.begin(), joined.end());
    return joined;
}

std::vector<Span> joinedRuns(const std::vector<Span>& spans) {
    std::vector<Span> joined;
    for (const Span& span : spans) {
        if (!joined.empty() && joined.back().isMatch == span.isMatch) joined.back().end = span.end;
        else joined.push_back(span);
    }
    return joined;
}

}  // namespace

Result<Behavior> behaviorNamed(const std::string& word, std::string_view field) {
    static constexpr std::array<std::pair<std::string_view, Behavior>, 5> kWords{{{"Removed", Behavior::Removed},
                                                                                  {"Isolated", Behavior::Isolated},
                                                                                  {"MergedWithPrevious", Behavior::MergedWithPrevious},
                                                                                  {"MergedWithNext", Behavior::MergedWithNext},
                                                                                  {"Contiguous", Behavior::Contiguous}}};
    for (const auto& [known, behavior] : kWords)
        if (known == word) return behavior;
    return fail(ErrorCode::Unsupported, fmt::format("{}.behavior '{:.40}' is not known", field, word));
}

void cut(const Piece& piece, const std::vector<Span>& spans, Behavior behavior, Pieces& out) {
    const auto put = [&](const std::vector<Span>& parts) {
        for (const Span& part : parts) {
            if (part.begin == part.end || (part.isMatch && behavior == Behavior::Removed)) continue;
            out.push_back({piece.text.substr(part.begin, part.end - part.begin), piece.isAtStart && part.begin == 0});
        }
    };
    switch (behavior) {
        case Behavior::Removed:
        case Behavior::Isolated: return put(spans);
        case Behavior::MergedWithPrevious: return put(joinedWithPrevious(spans));
        case Behavior::MergedWithNext: return put(joinedWithNext(spans));
        case Behavior::Contiguous: return put(joinedRuns(spans));
    }
}

}  // namespace trimtab::dataset::tokenizers
