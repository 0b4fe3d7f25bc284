#pragma once
// The matrix products of compression on the GPU: operands go up packed, the matrix library forms float32 products, results come down. Sums
// of products over calibration data stay on the device until they are read.
#include <cstdint>
#include <memory>

#include "core/compress/tensor_math.h"
#include "kernels/cuda/tools.h"

namespace trimtab::cuda {

/// Products are cut to them.
struct DeviceMathLimits {
    std::int64_t stagingBytes = 32 << 20;  // of page-locked host memory that copies go through
    std::int64_t operandBytes = 64 << 20;  // of device memory for the rows that one product takes and makes; its other operand is whole
};

std::unique_ptr<compress::TensorMath> makeDeviceMath(std::shared_ptr<Tools> tools, const DeviceMathLimits& limits = {});

}  // namespace trimtab::cuda
