#pragma once
// The products that compression needs, by oneDNN on every processor that this process may use.
#include <memory>

#include "core/compress/tensor_math.h"

namespace trimtab::cpu {

/// Its threads live as long as a product and wait for nothing but its end: beside other work it loses no more than its share of the
/// processors, where OpenMP's threads would spin at each other's barriers.
std::unique_ptr<compress::TensorMath> makeTensorMath();

}  // namespace trimtab::cpu
