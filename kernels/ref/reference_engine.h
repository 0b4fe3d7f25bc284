#pragma once
// Engine "reference": runs every node with its reference kernel, in order, in fp32. Slow on purpose; quantised weights are dequantised
// first, integer products (activationBits 8) imitate DynamicQuantizeLinear exactly. Every treatment is emulated except the untouched one.
#include <memory>

#include "core/runtime/engine.h"

namespace trimtab::ref {

std::unique_ptr<runtime::Engine> makeReferenceEngine();

}  // namespace trimtab::ref
