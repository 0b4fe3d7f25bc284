#include "kernels/cuda/tools.h"

namespace trimtab::cuda {

Result<std::shared_ptr<Tools>> openTools(int ordinal) {
    auto tools = std::make_shared<Tools>();
    TRIMTAB_TRY(tools->device, openDevice(ordinal));
    if (auto products = openCublasLt(tools->device)) {
        tools->products = std::move(*products);
    } else {
        tools->missing = products.error().text();
        tools->products = ownMatrixLibrary(tools->device);
    }
    if (auto convolutions = openCudnn(tools->device)) {
        tools->convolutions = std::move(*convolutions);
    } else {
        tools->missing += (tools->missing.empty() ? "" : "; ") + convolutions.error().text();
        tools->convolutions = ownConvolutionLibrary(tools->device);
    }
    return tools;
}

}  // namespace trimtab::cuda
