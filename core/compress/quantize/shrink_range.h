#pragma once
// The search for a range smaller than that of the data: what it cuts off is lost, what it keeps gets finer steps.
#include <functional>

#include "core/compress/quantize/step.h"

namespace trimtab::compress {

/// Shares of the full range that are tried: 1, 1 − stride, … down to `least`, then quarters of a stride around the best of them.
struct ShareGrid {
    double least = 0.2;
    double stride = 0.02;
};

/// The range of least error. Both ends are shrunken by one share, then the lower end alone, then the upper one; an end at zero stays there.
/// The full range is tried first and kept unless another one is strictly better. REQUIRES: 0 < stride, 0 < least ≤ 1.
Range shrinkRange(const Range& full, const ShareGrid& grid, const std::function<double(const Range&)>& error);

}  // namespace trimtab::compress
