#pragma once
// How each calibrator reads the histogram: makeCalibrator() puts them behind one interface. [0, 0] for nothing but zeros.
#include "core/compress/calibrate/histogram.h"

namespace trimtab::compress {

/// share: of the values, in (0, 1].
Range percentileRange(const Histogram& histogram, bool symmetric, double share);
Range entropyRange(const Histogram& histogram, int bits, bool symmetric);
Range meanSquareRange(const Histogram& histogram, int bits, bool symmetric);

}  // namespace trimtab::compress
