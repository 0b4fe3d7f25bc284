#include "kernels/cuda/kept_caches.h"

#include "core/graph/attention/attention_nodes.h"

namespace trimtab::cuda {

KeptCaches::KeptCaches(const Graph& graph) {
    constexpr std::size_t kPastKey = 3, kPastValue = 4;
    for (const graph::Node& node : graph.nodes) {
        if (node.integer(graph::kCachesInPlace, 0) == 0) continue;
        for (const std::size_t input : {kPastKey, kPastValue})
            if (node.input(input) != graph::kNoValue) m_inputs.insert(graph.value(node.input(input)).name);
    }
}

Result<DeviceMemory> KeptCaches::memory(const std::string& input, std::int64_t bytes, Device& device) {
    Kept& kept = m_kept[input];
    if (kept.bytes == bytes) return kept.memory;
    kept = {};
    TRIMTAB_TRY(kept.memory, device.allocate(bytes));
    TRIMTAB_REQUIRE(device.clear(kept.memory.get(), bytes));
    kept.bytes = bytes;
    return kept.memory;
}

}  // namespace trimtab::cuda
