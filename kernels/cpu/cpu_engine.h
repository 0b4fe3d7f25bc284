#pragma once
// Engine "cpu": oneDNN and our own SIMD kernels, with the reference kernel as the last implementation of every operator.
#include <memory>

#include "core/runtime/engine.h"

namespace trimtab::cpu {

/// `threads` 0: every core this process may use.
std::unique_ptr<runtime::Engine> makeCpuEngine(int threads);

/// Whether a kernel skips the zeros of this node's weight at all (it may still be denser than pays, or measured to be slower).
bool skipsZeros(const Graph& graph, const graph::Node& node);

}  // namespace trimtab::cpu
