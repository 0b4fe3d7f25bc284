#include "core/evaluate/sum_statistic.h"

#include <cassert>

namespace trimtab::evaluate {

void SumStatistic::add(std::span<const double> parts) {
    assert(parts.size() == m_width);
    m_parts.insert(m_parts.end(), parts.begin(), parts.end());
    ++m_samples;
}

std::vector<double> SumStatistic::sums(std::span<const std::uint32_t> counts) const {
    std::vector<double> sums(m_width);
    for (std::size_t i = 0; i < m_parts.size(); ++i) sums[i % m_width] += counts[i / m_width] * m_parts[i];
    return sums;
}

double SumStatistic::value(std::span<const std::uint32_t> counts) const { return figure(sums(counts)); }

std::vector<double> SumStatistic::scores() const {
    const std::vector<double> all = sums(std::vector<std::uint32_t>(m_samples, 1));
    const std::vector<double> slope = gradient(all);
    const auto n = static_cast<double>(m_samples);
    std::vector<double> scores(m_samples, figure(all));
    for (std::size_t i = 0; i < m_parts.size(); ++i) scores[i / m_width] += slope[i % m_width] * (n * m_parts[i] - all[i % m_width]);
    return scores;
}

}  // namespace trimtab::evaluate
