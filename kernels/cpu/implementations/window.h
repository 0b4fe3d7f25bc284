#pragma once
// A settled window in oneDNN's words.
#include "kernels/cpu/onednn/adapter.h"
#include "kernels/plan/operands/window.h"

namespace trimtab::cpu {

using plan::SpatialWindow;
using plan::windowOf;

onednn::Window forOnednn(const SpatialWindow& window);

}  // namespace trimtab::cpu
