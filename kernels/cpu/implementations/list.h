#pragma once
// The lists: for each operator its implementations, best first, the reference kernel last.
#include <span>

#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

/// Empty: nothing executes it.
std::span<const Implementation> implementationsOf(const graph::Node& node);

}  // namespace trimtab::cpu
