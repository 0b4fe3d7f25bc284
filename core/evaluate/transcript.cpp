#include "core/evaluate/transcript.h"

#include <algorithm>
#include <cmath>

namespace trimtab::evaluate {

std::vector<std::int64_t> greedyTokens(std::span<const float> scores, std::int64_t classes, std::int64_t blank) {
    std::vector<std::int64_t> tokens;
    std::int64_t before = blank;
    for (; !scores.empty(); scores = scores.subspan(static_cast<std::size_t>(classes))) {
        const auto step = scores.first(static_cast<std::size_t>(classes));
        const bool isReadable = std::ranges::none_of(step, [](float score) { return std::isnan(score); });
        const std::int64_t token = isReadable ? std::ranges::max_element(step) - step.begin() : kNoToken;
        if (token != before && token != blank) tokens.push_back(token);
        before = token;
    }
    return tokens;
}

std::vector<std::int64_t> WordNumbers::of(std::span<const std::int64_t> tokens, std::int64_t separator) {
    std::vector<std::int64_t> numbers, word;
    const auto close = [&] {
        if (!word.empty()) numbers.push_back(m_numbers.emplace(word, static_cast<std::int64_t>(m_numbers.size())).first->second);
        word.clear();
    };
    for (const std::int64_t token : tokens) {
        if (token == separator) close();
        else word.push_back(token);
    }
    close();
    return numbers;
}

}  // namespace trimtab::evaluate
