#pragma once
// One token chosen by its logits: the rule, and the operator by which an engine chooses where the logits are.
//
//   trimtab.ChooseToken (logits, choices)   logits float32 [sequences, vocabulary]; choices float64 [sequences, 4], the members of
//       TokenChoice in their order. Result int64 [sequences]: the tokens, or what stands in their place below.
#include <array>
#include <cstdint>
#include <span>

namespace trimtab::runtime {

/// What a decoder answers with. Tokens: where an engine can, it chooses them where the logits are, and these never leave its device.
enum class Answer : std::uint8_t { Logits, Tokens };

struct TokenChoice {
    double temperature = 0;  // 0: the likeliest token, the lowest id among equals
    double topK = 0;         // of the likeliest so many, a whole number; 0: of all
    double topP = 1;         // of the likeliest that together have this probability (Holtzman et al. 2020), of those that topK leaves
    double drawn = 0;        // uniform in [0, 1): where the choice falls when the probabilities of those left stand side by side by ids
};

/// A row of ChooseToken's second input.
inline std::array<double, 4> rowOf(const TokenChoice& choice) { return {choice.temperature, choice.topK, choice.topP, choice.drawn}; }
inline TokenChoice choiceOf(std::span<const double, 4> row) { return {row[0], row[1], row[2], row[3]}; }

inline constexpr std::int64_t kNotANumber = -1;  // in place of a token: a logit is none
inline constexpr std::int64_t kInfinite = -2;    // the highest logit is infinite

/// exp((logit − top) / temperature) in float32 as a whole number of 2⁻⁴⁰: sums of them are the same in any order, so that the
/// threads of a GPU choose as one thread does, but for the last bits of exp().
inline constexpr float kWeightUnits = 0x1p40F;

/// Of more logits the sums of weights might not fit.
inline constexpr std::int64_t kMostLogits = std::int64_t{1} << 22;

/// REQUIRES: 1 to kMostLogits logits. Numbers without meaning leave their part of the rule out.
std::int64_t chooseToken(std::span<const float> logits, const TokenChoice& choice);

}  // namespace trimtab::runtime
