#pragma once
// The products of compression where they are formed sooner: by the study's engine, or by the processor in whose memory they lie.
#include <memory>

#include "core/compress/tensor_math.h"

namespace trimtab::worker {

/// `far` gets the products that are worth the way of their operands, and keeps sums of them; `near` all others, and those for which `far`
/// has no memory.
std::unique_ptr<compress::TensorMath> makeEitherMath(std::unique_ptr<compress::TensorMath> far, std::unique_ptr<compress::TensorMath> near);

}  // namespace trimtab::worker
