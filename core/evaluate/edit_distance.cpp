#include "core/evaluate/edit_distance.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace trimtab::evaluate {

std::int64_t editDistance(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
    std::vector<std::int64_t> above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        row[0] = static_cast<std::int64_t>(i) + 1;
        for (std::size_t j = 0; j < b.size(); ++j)
            row[j + 1] = std::min({above[j] + (a[i] != b[j]), above[j + 1] + 1, row[j] + 1});
        std::swap(above, row);
    }
    return above.back();
}

}  // namespace trimtab::evaluate
