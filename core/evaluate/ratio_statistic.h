#pragma once
// Mean over classes of Σ top / Σ bottom, sums over samples: F1, Dice, intersection over union, error rates (one class). Classes whose
// bottom sums to nothing are not present and not averaged.
#include "core/evaluate/statistic.h"

namespace trimtab::evaluate {

class RatioStatistic final : public Statistic {
public:
    struct Part {
        std::size_t group;  // the class
        double top, bottom;
    };
    explicit RatioStatistic(std::size_t groups) : m_groups(groups) {}
    /// The next sample: one part for each class that it has to do with. REQUIRES: group < groups.
    void add(std::span<const Part> parts);

    std::size_t samples() const override { return m_ends.size(); }
    std::size_t steps() const override { return m_ends.size() + m_parts.size() + m_groups; }
    double value(std::span<const std::uint32_t> counts) const override;
    /// value + n/present · Σ over classes of (top − ratio·bottom) / Σ bottom.
    std::vector<double> scores() const override;

private:
    struct Sums {
        std::vector<double> top, bottom;
    };
    Sums sums(std::span<const std::uint32_t> counts) const;

    std::size_t m_groups;
    std::vector<Part> m_parts;        // of all samples
    std::vector<std::size_t> m_ends;  // one past each sample's last part
};

}  // namespace trimtab::evaluate
