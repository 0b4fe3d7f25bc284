#pragma once
// How long a primitive takes here, on memory of zeros.
#include "kernels/cpu/onednn/adapter.h"

namespace trimtab::cpu::onednn {

/// Seconds of the fastest of `runs` runs. Memory is taken from the budget and given back.
Result<double> fastestRun(const Primitive& primitive, int runs);

}  // namespace trimtab::cpu::onednn
