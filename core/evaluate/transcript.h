#pragma once
// From what a recogniser gives to the tokens and words that are compared. Targets are ids [n, length] padded with negative numbers. The
// model gives
//   ids [n, time] of an integer type, negative ones not counted; or
//   CTC scores [n, time, classes], decoded greedily: the highest class of each step, runs of one class once, the blank left out
//   (Graves et al. 2006, 3.2, best path). A step with a NaN gives a token that no target has.
// wer compares words: the ids between separators. It wants the manifest's "separator"; where every id is a word already, cer is the figure
// to ask for.
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace trimtab::evaluate {

inline constexpr std::int64_t kNoToken = -2;  // of a step whose scores are no numbers

/// scores [steps, classes].
std::vector<std::int64_t> greedyTokens(std::span<const float> scores, std::int64_t classes, std::int64_t blank);

/// Numbers the words as they come up, so that equal words get equal numbers.
class WordNumbers {
public:
    std::vector<std::int64_t> of(std::span<const std::int64_t> tokens, std::int64_t separator);

private:
    std::map<std::vector<std::int64_t>, std::int64_t> m_numbers;
};

}  // namespace trimtab::evaluate
