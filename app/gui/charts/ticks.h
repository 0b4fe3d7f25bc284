// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Round positions for the ticks of a linear axis (Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990).
#include <vector>

namespace trimtab::gui {

struct Ticks {
    double low = 0, high = 1;    // multiples of step that enclose the data
    double step = 1;
    std::vector<double> positions;
};

/// About `count` ticks, at least two. REQUIRES: low and high finite; equal ends are widened.
Ticks niceTicks(double low, double high, int count);

}  // namespace trimtab::gui
