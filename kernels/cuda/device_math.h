#pragma once
// The matrix products of compression on the GPU: operands go up packed, the matrix library forms float32 products, results come down. Sums
// of products over calibration data stay on the device until they are read.
#include <memory>

#include "core/compress/tensor_math.h"
#include "kernels/cuda/tools.h"

namespace trimtab::cuda {

std::unique_ptr<compress::TensorMath> makeDeviceMath(std::shared_ptr<Tools> tools);

}  // namespace trimtab::cuda
