#include "kernels/cuda/cuda_engine.h"

#include <fmt/format.h>

#include "core/graph/passes/passes.h"
#include "kernels/cuda/compiled_model.h"
#include "kernels/cuda/device_math.h"

#ifndef TRIMTAB_VERSION
#define TRIMTAB_VERSION "development"
#endif

namespace trimtab::cuda {
namespace {

/// What the constants take as they are stored: the least that the model needs on the device.
std::int64_t storedBytes(const Graph& graph) {
    std::int64_t bytes = 0;
    for (const graph::Value& value : graph.values) {
        if (value.quantized)
            bytes += value.quantized->storedBytes();
        else if (value.constant)
            bytes += static_cast<std::int64_t>(value.constant->bytes().size());
    }
    return bytes;
}

class CudaEngine final : public runtime::Engine {
public:
    explicit CudaEngine(std::shared_ptr<Tools> tools) : m_tools(std::move(tools)), m_backend(m_tools) {}

    runtime::EngineInfo info() const override {
        const DeviceProperties& card = m_tools->device->properties();
        runtime::EngineInfo made;
        made.name = "cuda";
        made.version = fmt::format("{}, {}, {}, CUDA {}, driver for CUDA {}", TRIMTAB_VERSION, m_tools->products->version(),
                                   m_tools->convolutions->version(), card.runtime, card.driver);
        made.instructionSet = fmt::format("sm_{}", card.computeCapability);
        made.threads = 0;
        made.device = card.name;
        return made;
    }

    runtime::Support supports(const Graph& graph, const graph::Node& node) const override {
        return plan::supports(m_backend, NodeView{graph, node});
    }

    bool writesCachesInPlace() const override { return true; }
    bool keepsCaches() const override { return true; }

    Result<std::unique_ptr<runtime::CompiledModel>> compile(const Graph& graph, const recipe::RunSetting&) override {
        TRIMTAB_REQUIRE(plan::checkOperators(m_backend, graph, "cuda"));
        Graph copy = graph;
        TRIMTAB_REQUIRE(graph::fuse(copy));
        copy.removeDeadNodes();
        TRIMTAB_REQUIRE(plan::checkOperators(m_backend, copy, "cuda"));
        const std::int64_t needed = storedBytes(copy);
        const std::int64_t free = m_tools->device->freeBytes();
        if (needed > free)
            return fail(ErrorCode::OutOfMemory,
                        fmt::format("the weights take {} bytes and {} are free on {}", needed, free, m_tools->device->properties().name));
        return std::make_unique<CudaModel>(std::move(copy), m_tools);
    }

    std::unique_ptr<compress::TensorMath> tensorMath() override { return makeDeviceMath(m_tools); }

private:
    std::shared_ptr<Tools> m_tools;
    CudaBackend m_backend;
};

}  // namespace

std::unique_ptr<runtime::Engine> makeCudaEngine(std::shared_ptr<Tools> tools) { return std::make_unique<CudaEngine>(std::move(tools)); }

}  // namespace trimtab::cuda
