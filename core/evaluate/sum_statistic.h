#pragma once
// A figure of sums over samples, as the scores of whole texts are: BLEU, chrF.
#include "core/evaluate/statistic.h"

namespace trimtab::evaluate {

class SumStatistic : public Statistic {
public:
    std::size_t samples() const override { return m_samples; }
    std::size_t steps() const override { return m_parts.size(); }
    double value(std::span<const std::uint32_t> counts) const override;
    /// value + Σ over the sums S of ∂figure/∂S · (n × the sample's part − S): value + n × the influence of the sample.
    std::vector<double> scores() const override;

protected:
    explicit SumStatistic(std::size_t width) : m_width(width) {}
    /// The parts of the next sample. REQUIRES: as many as the width.
    void add(std::span<const double> parts);
    virtual double figure(std::span<const double> sums) const = 0;
    virtual std::vector<double> gradient(std::span<const double> sums) const = 0;

private:
    std::vector<double> sums(std::span<const std::uint32_t> counts) const;

    std::size_t m_width, m_samples = 0;
    std::vector<double> m_parts;  // [samples, width]
};

}  // namespace trimtab::evaluate
