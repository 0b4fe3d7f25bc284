// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/ticks.h"

#include <algorithm>
#include <cmath>

namespace trimtab::gui {

namespace {

/// 1, 2 or 5 times a power of ten, near `value`.
double niceNumber(double value) {
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    const double fraction = value / power;
    if (fraction < 1.5) return power;
    if (fraction < 3) return 2 * power;
    if (fraction < 7) return 5 * power;
    return 10 * power;
}

}  // namespace

Ticks niceTicks(double low, double high, int count) {
    if (low > high) std::swap(low, high);
    if (high - low <= std::abs(high) * 1e-9) {
        const double around = high == 0 ? 1.0 : std::abs(high) * 0.1;
        low -= around;
        high += around;
    }
    Ticks ticks;
    ticks.step = niceNumber((high - low) / std::max(1, count - 1));
    const double first = std::floor(low / ticks.step + 1e-9);
    const double last = std::ceil(high / ticks.step - 1e-9);
    ticks.low = first * ticks.step;
    ticks.high = last * ticks.step;
    for (double i = first; i <= last + 0.5; ++i) ticks.positions.push_back(i * ticks.step);
    return ticks;
}

}  // namespace trimtab::gui
