#pragma once
// Running sums of two versions of one value, and the figures they come to.
#include <cstdint>
#include <span>

namespace trimtab::evaluate {

/// Places where both hold the same infinity or both no number, and equal ones of 1e8 and more (the fill of masks), are not counted: they
/// would drown what can be compared. A place where only one of the two is finite is infinitely much noise.
class ValueError {
public:
    /// Elements at the same places. REQUIRES: as many of either.
    void see(std::span<const float> reference, std::span<const float> changed);

    std::int64_t count() const { return m_count; }
    /// 10·log10(Σr² / Σ(r−c)²), within ±trace::kMostDecibels; the upper end where nothing differs, the lower one where the reference is
    /// zero and the other is not, or where noise is infinite.
    double sqnrDb() const;
    /// Σrc / √(Σr²·Σc²); 1 where both are zero, 0 where one is and where noise is infinite.
    double cosine() const;
    /// max|r−c| / max|r|; 0 where nothing differs.
    double maxError() const;

private:
    double m_signal = 0, m_changed = 0, m_product = 0, m_noise = 0;
    double m_largest = 0, m_largestError = 0;
    std::int64_t m_count = 0;
};

}  // namespace trimtab::evaluate
