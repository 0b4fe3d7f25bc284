#include "kernels/cuda/tools.h"

#include <fmt/format.h>

#include "kernels/cuda/kernels/movement.h"

namespace trimtab::cuda {
namespace {

/// Runs the smallest kernel: a module may have been built for other cards.
Status checkCode(Device& device) {
    TRIMTAB_TRY(const DeviceMemory word, device.allocate(4));
    Status ran = launchFill(device.stream(), 4, 1, 0, word.get());
    if (ran) ran = device.synchronize();
    if (ran) return {};
    const DeviceProperties& card = device.properties();
    return fail(ErrorCode::Unsupported, fmt::format("the CUDA module runs nothing on {} (compute capability {}.{}): {}", card.name,
                                                    card.computeCapability / 10, card.computeCapability % 10, ran.error().text()));
}

}  // namespace

Result<std::shared_ptr<Tools>> openTools(int ordinal) {
    auto tools = std::make_shared<Tools>();
    TRIMTAB_TRY(tools->device, openDevice(ordinal));
    TRIMTAB_REQUIRE(checkCode(*tools->device));
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
