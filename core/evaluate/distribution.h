#pragma once
// A row of scores held against the reference's for the same place.
#include <span>

namespace trimtab::evaluate {

using ScoreRow = std::span<const float>;

/// Kullback-Leibler divergence of the output's distribution from the reference's, Σ p log(p / q) with p the reference's, in nats. Rows are
/// logits, unless both are distributions already. Infinite where a score of either is no finite number. REQUIRES: as many of either, one or
/// more.
double divergence(ScoreRow output, ScoreRow reference);
/// Whether both rank the same entry first; never where the output holds what is no finite number.
bool ranksAlike(ScoreRow output, ScoreRow reference);

}  // namespace trimtab::evaluate
