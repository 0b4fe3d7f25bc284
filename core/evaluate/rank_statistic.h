#pragma once
// Figures of a ranking of positives and negatives, averaged over classes: the area under the ROC curve and the average precision. Each
// class is sorted once; a resample is one walk down the ranking.
//   Auc  share of pairs in which the positive stands higher, ties half (Mann and Whitney 1947).
//   AveragePrecision  Σ over distinct scores of (recall − recall before) × precision.
#include "core/evaluate/statistic.h"

namespace trimtab::evaluate {

enum class Ranking : std::uint8_t { Auc, AveragePrecision };

class RankStatistic final : public Statistic {
public:
    RankStatistic(Ranking ranking, std::size_t samples) : m_ranking(ranking), m_samples(samples) {}
    /// One class: a score and a label of each sample; positive labels are 1 and up, negative 0, samples with labels below 0 are not
    /// counted. A positive without a number ranks below everything, a negative without one above. REQUIRES: as many as samples.
    void add(std::span<const float> scores, std::span<const std::int8_t> labels);

    std::size_t samples() const override { return m_samples; }
    std::size_t steps() const override;
    double value(std::span<const std::uint32_t> counts) const override;
    std::vector<double> scores() const override;

private:
    struct Entry {
        std::uint32_t sample;
        bool isPositive;
        bool endsTie;  // the last of equal scores
    };
    using Ranked = std::vector<Entry>;  // highest first

    double valueOfClass(const Ranked& ranked, std::span<const std::uint32_t> counts) const;
    void addScores(const Ranked& ranked, double share, std::vector<double>& scores) const;

    Ranking m_ranking;
    std::size_t m_samples;
    std::vector<Ranked> m_classes;
};

}  // namespace trimtab::evaluate
