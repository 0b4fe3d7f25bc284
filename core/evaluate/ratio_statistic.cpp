#include "core/evaluate/ratio_statistic.h"

#include <limits>

namespace trimtab::evaluate {

void RatioStatistic::add(std::span<const Part> parts) {
    m_parts.insert(m_parts.end(), parts.begin(), parts.end());
    m_ends.push_back(m_parts.size());
}

RatioStatistic::Sums RatioStatistic::sums(std::span<const std::uint32_t> counts) const {
    Sums sums{std::vector<double>(m_groups), std::vector<double>(m_groups)};
    std::size_t at = 0;
    for (std::size_t sample = 0; sample < m_ends.size(); ++sample)
        for (; at < m_ends[sample]; ++at) {
            sums.top[m_parts[at].group] += counts[sample] * m_parts[at].top;
            sums.bottom[m_parts[at].group] += counts[sample] * m_parts[at].bottom;
        }
    return sums;
}

double RatioStatistic::value(std::span<const std::uint32_t> counts) const {
    const Sums all = sums(counts);
    double sum = 0;
    std::size_t present = 0;
    for (std::size_t group = 0; group < m_groups; ++group) {
        if (all.bottom[group] <= 0) continue;
        sum += all.top[group] / all.bottom[group];
        ++present;
    }
    return present > 0 ? sum / static_cast<double>(present) : std::numeric_limits<double>::quiet_NaN();
}

std::vector<double> RatioStatistic::scores() const {
    const Sums all = sums(std::vector<std::uint32_t>(m_ends.size(), 1));
    std::size_t present = 0;
    for (const double bottom : all.bottom) present += bottom > 0;
    const double scale = static_cast<double>(m_ends.size()) / static_cast<double>(present);
    std::vector<double> scores(m_ends.size(), valueOf(*this));
    std::size_t at = 0;
    for (std::size_t sample = 0; sample < m_ends.size(); ++sample)
        for (; at < m_ends[sample]; ++at) {
            const Part& part = m_parts[at];
            const double bottom = all.bottom[part.group];
            if (bottom > 0) scores[sample] += scale * (part.top - all.top[part.group] / bottom * part.bottom) / bottom;
        }
    return scores;
}

}  // namespace trimtab::evaluate
