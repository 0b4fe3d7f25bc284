#include "kernels/cpu/implementations/window.h"

namespace trimtab::cpu {

onednn::Window forOnednn(const SpatialWindow& window) {
    onednn::Window result{window.strides, window.dilations, window.padBegin, window.padEnd};
    for (auto& dilation : result.dilations) --dilation;
    return result;
}

}  // namespace trimtab::cpu
