#include "core/explain/layer_work.h"

#include <algorithm>

namespace trimtab::explain {

// By the names of the storage forms, with which such kernels' names begin.
bool skipsZeros(const trace::LayerRecord& layer) {
    static constexpr std::string_view kForms[] = {"csr ", "coo ", "bsr ", "bitmap ", "packed "};
    return std::ranges::any_of(kForms, [&](std::string_view form) { return layer.kernel.starts_with(form); });
}

double operationsDone(const trace::LayerRecord& layer) { return layer.operations * (skipsZeros(layer) ? layer.density : 1.0); }

double bytesMoved(const trace::LayerRecord& layer) { return static_cast<double>(layer.weightBytes + layer.activationBytes); }

}  // namespace trimtab::explain
