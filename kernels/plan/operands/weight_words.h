#pragma once
// Weights as the reasons of engines name them.
#include <string>

#include "kernels/plan/builder.h"

namespace trimtab::plan {

/// Of input 1: "4-bit", or the format of floating codes, "nf4".
std::string weightWords(const NodeView& view);

}  // namespace trimtab::plan
