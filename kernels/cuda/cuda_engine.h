#pragma once
// Engine "cuda": our own kernels, cuBLASLt and cuDNN on one GPU, with the reference kernels of the host as the last implementation of every
// operator.
#include <memory>

#include "core/runtime/engine.h"
#include "kernels/cuda/tools.h"

namespace trimtab::cuda {

std::unique_ptr<runtime::Engine> makeCudaEngine(std::shared_ptr<Tools> tools);

}  // namespace trimtab::cuda
