#pragma once
// The k lowest of some scores, of equal ones the first: what every method that prunes to a number takes.
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <span>

namespace trimtab::compress {

template <class T>
class Lowest {
public:
    /// Reorders `scores`. REQUIRES: 0 ≤ count ≤ scores.size(), no NaN.
    Lowest(std::span<T> scores, std::int64_t count) : m_isEmpty(count == 0) {
        assert(count >= 0 && static_cast<std::size_t>(count) <= scores.size());
        if (m_isEmpty) return;
        const auto nth = scores.begin() + (count - 1);
        std::nth_element(scores.begin(), nth, scores.end());
        m_threshold = *nth;
        m_atThreshold = count - std::count_if(scores.begin(), nth, [&](T score) { return score < m_threshold; });
    }

    /// To be asked once for each score, in order: whether it is one of them.
    bool takes(T score) {
        if (m_isEmpty) return false;
        return score < m_threshold || (score == m_threshold && m_atThreshold-- > 0);
    }

private:
    bool m_isEmpty;
    T m_threshold{};
    std::int64_t m_atThreshold = 0;  // of those equal to it, how many still go
};

}  // namespace trimtab::compress
