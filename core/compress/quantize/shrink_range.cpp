#include "core/compress/quantize/shrink_range.h"

#include <cassert>
#include <cmath>

namespace trimtab::compress {
namespace {

float shrunken(float end, double share) { return static_cast<float>(end * share); }

class Search {
public:
    Search(const Range& full, const std::function<double(const Range&)>& error)
        : m_full(full), m_error(error), m_best(full), m_least(error(full)) {}

    void sweep(const ShareGrid& grid, bool lower, bool upper) {
        const Range start = m_best;
        double best = 1;
        const auto attempt = [&](double share) {
            const Range range{lower ? shrunken(m_full.low, share) : start.low, upper ? shrunken(m_full.high, share) : start.high};
            const double error = m_error(range);
            if (!(error < m_least)) return;
            m_least = error;
            m_best = range;
            best = share;
        };
        const auto strides = static_cast<int>(std::floor((1 - grid.least) / grid.stride + 1e-9));
        for (int i = 0; i <= strides; ++i) attempt(1 - i * grid.stride);
        const double centre = best;
        for (int quarter = -3; quarter <= 3; ++quarter) {
            const double share = centre + quarter * grid.stride / 4;
            if (quarter != 0 && share > 0 && share < 1) attempt(share);
        }
    }

    const Range& best() const { return m_best; }
    bool exact() const { return m_least == 0; }

private:
    Range m_full;
    const std::function<double(const Range&)>& m_error;
    Range m_best;
    double m_least;
};

}  // namespace

Range shrinkRange(const Range& full, const ShareGrid& grid, const std::function<double(const Range&)>& error) {
    assert(grid.stride > 0 && grid.least > 0 && grid.least <= 1);
    Search search(full, error);
    if (search.exact()) return full;
    search.sweep(grid, true, true);
    if (full.low < 0 && full.high > 0) {
        search.sweep(grid, true, false);
        search.sweep(grid, false, true);
    }
    return search.best();
}

}  // namespace trimtab::compress
