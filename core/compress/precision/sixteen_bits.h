#pragma once
// Storage in 16 bits: values are rounded to what bfloat16 or float16 can hold; the arithmetic is another matter (ComputeType).
#include <span>

#include "core/base/result.h"

namespace trimtab::compress {

/// Rounds in place, to nearest even. Infinities stay. Refused when a finite value is beyond the format's range (65504 for fp16).
Status roundToSixteenBits(std::span<float> values, bool bfloat);

}  // namespace trimtab::compress
