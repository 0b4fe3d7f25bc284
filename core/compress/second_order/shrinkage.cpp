#include "core/compress/second_order/shrinkage.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "core/base/statistics.h"

namespace trimtab::compress {
namespace {

/// 1 where the ratio is that of nothing to nothing: there is nothing to see.
double share(double chance, double seen) { return chance < seen ? chance / seen : 1; }

double shareOfSquares(const std::vector<double>& squares, double median, double rows) {
    double chance = 0, spread = 0;
    for (const double square : squares) {
        chance += 2 * square * square / rows;
        spread += (square - median) * (square - median);
    }
    return share(chance, spread);
}

/// `together`: Σ r_ij² over i ≠ j.
double shareOfCorrelations(double together, double columns, double rows) {
    const double rest = 1 - 2 / columns;
    return share(rest * (columns + together) + columns * columns, (rows + rest) * together);
}

}  // namespace

Shrinkage shrink(Hessian& hessian) {
    assert(hessian.rows > 0);
    const auto size = static_cast<std::size_t>(hessian.size);
    const auto rows = static_cast<double>(hessian.rows);
    float* const values = hessian.values.mutableData<float>().data();
    std::vector<double> living;
    std::vector<double> inverseRoots(size, 0.0);
    for (std::size_t i = 0; i < size; ++i) {
        const double square = values[i * (size + 1)];
        if (!std::isfinite(square)) return {};
        if (square <= 0) continue;
        living.push_back(square);
        inverseRoots[i] = 1 / std::sqrt(square);
    }
    if (living.empty()) return {};

    double together = 0;
    for (std::size_t i = 0; i < size; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < size; ++j) {
            const double r = values[i * size + j] * inverseRoots[j];
            sum += i == j ? 0 : r * r;
        }
        together += sum * inverseRoots[i] * inverseRoots[i];
    }
    const double median = base::median(living);
    const Shrinkage shares{shareOfCorrelations(together, static_cast<double>(living.size()), rows), shareOfSquares(living, median, rows)};

    std::vector<double> stretch(size, 0.0);  // of each column: the root of what its square is multiplied by
    for (std::size_t i = 0; i < size; ++i)
        if (inverseRoots[i] > 0) stretch[i] = std::sqrt(1 - shares.squares + shares.squares * median * inverseRoots[i] * inverseRoots[i]);
    for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t j = 0; j < size; ++j) {
            const double kept = stretch[i] * stretch[j] * (i == j ? 1 : 1 - shares.together);
            values[i * size + j] = static_cast<float>(values[i * size + j] * kept);
        }
    }
    return shares;
}

}  // namespace trimtab::compress
