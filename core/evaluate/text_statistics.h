#pragma once
// Scores of whole sets of texts against references, as shares of 1: sacreBLEU's figures over 100.
#include <string>
#include <vector>

#include "core/evaluate/sum_statistic.h"

namespace trimtab::evaluate {

/// BLEU (Papineni et al. 2002) of words up to runs of four over the whole set, against the nearest reference's length, the shorter among
/// equally near. Of runs that never match, the first kind counts half a match, the next a quarter, and so on (smoothing method 3 of Chen
/// and Cherry 2014, sacreBLEU's "exp"); 0 where nothing matches at all.
class BleuStatistic final : public SumStatistic {
public:
    BleuStatistic() : SumStatistic(kWidth) {}
    /// REQUIRES: at least one reference.
    void addText(const std::string& text, const std::vector<std::string>& references);

private:
    static constexpr std::size_t kOrders = 4, kWidth = 2 + 2 * kOrders;
    double figure(std::span<const double> sums) const override;
    std::vector<double> gradient(std::span<const double> sums) const override;
};

/// chrF2 (Popović 2015): F with recall weighted four times (beta 2) of characters in runs of one to six, white space left out, precision
/// and recall averaged over the lengths that occur on both sides. Of several references the one that scores a text best counts.
class ChrfStatistic final : public SumStatistic {
public:
    ChrfStatistic() : SumStatistic(kWidth) {}
    /// REQUIRES: at least one reference.
    void addText(const std::string& text, const std::vector<std::string>& references);

private:
    static constexpr std::size_t kOrders = 6, kWidth = 3 * kOrders;
    double figure(std::span<const double> sums) const override;
    std::vector<double> gradient(std::span<const double> sums) const override;
};

}  // namespace trimtab::evaluate
